/** What the processes that tests start say goes to no file: it is looked through as it comes. */
import { ChildProcess } from "node:child_process";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { formIn, OVERLAP } from "./marks.ts";

/** Calls `onForm` with the form of each secret in what the stream gives, also where it comes in two pieces. */
const listen = (stream: Readable, onForm: (form: string) => void): void => {
  let last = "";
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (Buffer.isBuffer(chunk) || typeof chunk === "string") {
      const text = last + (typeof chunk === "string" ? chunk : chunk.toString("latin1"));
      const form = formIn(text);
      if (form !== undefined) onForm(form);
      last = form === undefined ? text.slice(-OVERLAP) : "";
    }
    return push(chunk, encoding);
  };
};

/** The program and the script, if one is named: other arguments may be anything. */
const nameOf = ({ spawnargs }: ChildProcess): string =>
  spawnargs
    .filter((word, at) => at === 0 || /\.[cm]?[jt]s$/.test(word))
    .slice(0, 2)
    .map((word) => basename(word))
    .join(" ");

/** From now on `onLeaks` is told of secrets in the output of every process that is started. */
export const watchChildren = (onLeaks: (leaks: readonly string[]) => void): void => {
  const start: unknown = Reflect.get(ChildProcess.prototype, "spawn");
  if (typeof start !== "function") throw new Error("this Node starts its processes in another way");
  Reflect.set(ChildProcess.prototype, "spawn", function (this: ChildProcess, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(start, this, args);
    const { stdout, stderr } = this;
    for (const [name, stream] of Object.entries({ stdout, stderr }))
      if (stream) listen(stream, (form) => onLeaks([`${name} of ${nameOf(this)}: ${form}`]));
    return result;
  });
};
