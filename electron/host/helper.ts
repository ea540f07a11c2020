/**
 * Somebody to do one chore beside the host: a child process, which a stop can kill in the middle of a statement. In the
 * desktop app a thread: its program cannot be run as a Node, on purpose, so it cannot be its own child either.
 */
import { fork } from "node:child_process";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { LOADED } from "./protocol.ts";

export interface Helper {
  /** Hands over plain data; `onAnswer` gets what comes back. */
  readonly ask: (order: object) => void;
  /** Ends it, whatever it is at; a thread ends after the statement that it is in. */
  readonly kill: () => void;
}

export interface HelperEvents {
  readonly onAnswer: (answer: unknown) => void;
  readonly onError: (error: unknown) => void;
  readonly onEnd: () => void;
}

/** What a thread of `reader.ts` is told it is for. */
export const CHORE = { chore: true } as const;

/** Below everything a person waits for. */
const PRIORITY = 10;

const startChild = (entry: URL, { onAnswer, onError, onEnd }: HelperEvents): Helper => {
  const child = fork(fileURLToPath(entry), [], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  if (child.pid !== undefined) setPriority(child.pid, PRIORITY);
  child.once("message", onAnswer);
  child.once("error", onError);
  child.once("exit", onEnd);
  return { ask: (order) => void child.send(order), kill: () => void child.kill("SIGKILL") };
};

const startThread = (entry: URL, { onAnswer, onError, onEnd }: HelperEvents): Helper => {
  const thread = new Worker(entry, { workerData: CHORE, name: "chore" });
  const loaded = Promise.withResolvers<void>();
  thread.on("message", (message: unknown) => (message === LOADED ? loaded.resolve() : onAnswer(message)));
  thread.once("error", onError);
  thread.once("exit", onEnd);
  return {
    ask: (order) => thread.postMessage(order),
    kill: () => void loaded.promise.then(() => thread.terminate()),
  };
};

const isElectron = new Map(Object.entries(process.versions)).has("electron");

/** Starts one, in the way of this program. */
export const startHelper = (entry: URL, events: HelperEvents, inThread = isElectron): Helper =>
  inThread ? startThread(entry, events) : startChild(entry, events);
