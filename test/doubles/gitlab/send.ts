/** Writes an answer to the socket, with the faults that are about the answer. */
import { createReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isRecord } from "./body.ts";
import type { Fault } from "./faults.ts";
import type { Answer } from "./http.ts";

const sizeOf = (answer: Answer): number => {
  if (typeof answer.body === "string") return Buffer.byteLength(answer.body);
  return Buffer.isBuffer(answer.body) ? answer.body.length : answer.body.end - answer.body.start;
};

async function* bytesOf(answer: Answer): AsyncGenerator<Buffer> {
  const { body } = answer;
  if (typeof body === "string") yield Buffer.from(body);
  else if (Buffer.isBuffer(body)) yield body;
  else if (body.end > body.start)
    yield* createReadStream(body.path, {
      start: body.start,
      end: body.end - 1,
      highWaterMark: 2 ** 20,
    }) as AsyncIterable<Buffer>;
}

const LOGIN =
  "<!doctype html><html><head><title>Sign in to the network</title></head><body><form></form></body></html>";

/** A copy with one value put where the path leads, which is made where it is not there. */
const withValue = (value: unknown, [name, ...rest]: readonly string[], to: unknown): unknown =>
  name === undefined ? to : { ...(isRecord(value) ? value : {}), [name]: withValue(isRecord(value) ? value[name] : undefined, rest, to) }; // prettier-ignore

const rewritten = (answer: Answer, set: Fault["set"]): Answer => {
  if (typeof answer.body !== "string") return answer;
  const all = Object.entries(set);
  const body = all.reduce<unknown>(
    (value, [path, to]) => withValue(value, path.split("."), to),
    JSON.parse(answer.body),
  );
  return { ...answer, body: JSON.stringify(body) };
};

/** The answer that the client gets instead, before its bytes are touched. */
const replaced = (answer: Answer, faults: readonly Fault[]): Answer =>
  faults.reduce((current, fault): Answer => {
    switch (fault.kind) {
      case "status":
        return {
          status: fault.status,
          headers: { "content-type": "application/json", ...fault.headers },
          body: fault.body,
        };
      case "html":
        return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: LOGIN };
      case "empty":
        return { status: 200, headers: { "content-type": "application/json" }, body: "" };
      case "garbage":
        return {
          status: 200,
          headers: { "content-type": "application/json", "content-encoding": "gzip" },
          body: Buffer.from("1f8b08000000000000ff07deadbeefdeadbeefdeadbeefdeadbeef", "hex"),
        };
      case "huge":
        return {
          status: 200,
          headers: { "content-type": "application/json" },
          body: `{"padding":"${"a".repeat(fault.bytes)}"}`,
        };
      case "rewrite":
        return rewritten(current, fault.set);
      case "change-etag":
        return { ...current, headers: { ...current.headers, etag: '"another-one"' } };
      default:
        return current;
    }
  }, answer);

interface Limits {
  /** Bytes that are sent. */
  readonly sent: number;
  /** Bytes that the headers promise. */
  readonly said: number;
  readonly corruptAt: number | null;
  readonly bytesPerSecond: number;
}

const limitsOf = (size: number, faults: readonly Fault[], hadUpload: boolean): Limits => {
  const whole: Limits = { sent: size, said: size, corruptAt: null, bytesPerSecond: Number.POSITIVE_INFINITY };
  return faults.reduce((limits, fault): Limits => {
    const part = Math.floor((size * fault.percent) / 100);
    switch (fault.kind) {
      case "truncate":
        return { ...limits, sent: part, said: part };
      case "short":
        return { ...limits, sent: Math.max(size - fault.bytes, 0), said: Math.max(size - fault.bytes, 0) };
      case "cut-at":
        return hadUpload ? limits : { ...limits, sent: Math.min(part, size - 1) };
      case "corrupt-byte":
        return { ...limits, corruptAt: Math.min(fault.at ?? Math.floor(size / 2), size - 1) };
      case "slow":
        return { ...limits, bytesPerSecond: fault.bytesPerSecond };
      default:
        return limits;
    }
  }, whole);
};

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });

const write = async (response: ServerResponse, answer: Answer, limits: Limits): Promise<void> => {
  let at = 0;
  for await (const chunk of bytesOf(answer)) {
    if (response.destroyed || at >= limits.sent) break;
    const piece = chunk.subarray(0, limits.sent - at);
    const { corruptAt } = limits;
    if (corruptAt !== null && corruptAt >= at && corruptAt < at + piece.length)
      piece[corruptAt - at] = (piece[corruptAt - at] ?? 0) ^ 0xff;
    if (limits.bytesPerSecond !== Number.POSITIVE_INFINITY) await sleep((piece.length / limits.bytesPerSecond) * 1000);
    if (!response.write(piece)) await drained(response);
    at += piece.length;
  }
};

/** Sends it; returns the status that went out. */
export const send = async (
  response: ServerResponse,
  answer: Answer,
  faults: readonly Fault[],
  about: { readonly isHead: boolean; readonly hadUpload: boolean },
): Promise<number> => {
  const final = replaced(answer, faults);
  const limits = limitsOf(sizeOf(final), faults, about.hadUpload);
  const length = final.status === 204 ? {} : { "content-length": String(limits.said) };
  response.writeHead(final.status, { ...final.headers, ...length });
  if (about.isHead || final.status === 204) {
    response.end();
    return final.status;
  }
  response.flushHeaders();
  await write(response, final, limits);
  if (limits.sent < limits.said) {
    await sleep(20); // lets what was written leave before the connection goes
    response.destroy();
  } else response.end();
  return final.status;
};
