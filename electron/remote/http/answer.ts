/** Reads what came back: bounded, in time, and as JSON whose integers keep their value. */
import type { IncomingMessage } from "node:http";
import { RemoteError } from "../errors.ts";
import { broken } from "./failures.ts";
import { createWatch } from "./watch.ts";

export interface Reading {
  /** For messages: the call's method and address. */
  readonly what: string;
  readonly write: boolean;
  readonly idleMs: number;
  /** Waits as long as a rate limit asks, and counts. */
  readonly onBytes: (bytes: number) => Promise<void>;
  readonly signal: AbortSignal;
}

const cancelled = (what: string, write: boolean): RemoteError =>
  new RemoteError("cancelled", `${what}: cancelled`, { maybeDone: write });

/** The bytes as they come; ends with a RemoteError when they stop coming, or come to less than was announced. */
export const bytesOf = async function* (message: IncomingMessage, reading: Reading): AsyncGenerator<Buffer, void> {
  const { what, write, idleMs, onBytes, signal } = reading;
  const late = (): RemoteError =>
    new RemoteError("unavailable", `${what}: no more came for ${Math.ceil(idleMs / 1000)} s`, { maybeDone: write });
  const watch = createWatch(idleMs, () => message.destroy(late()));
  const stop = (): void => void message.destroy(cancelled(what, write));
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) throw cancelled(what, write);
    watch.start();
    const chunks: AsyncIterable<Buffer> = message;
    for await (const bytes of chunks) {
      watch.stop(); // time that the reader takes is not the remote's
      await onBytes(bytes.length);
      yield bytes;
      watch.start();
    }
  } catch (error) {
    throw signal.aborted ? cancelled(what, write) : broken(error, what, write);
  } finally {
    watch.stop();
    signal.removeEventListener("abort", stop);
    message.destroy();
  }
};

/** All bytes, up to a limit. @throws RemoteError `too_large` beyond it */
export const readAll = async (message: IncomingMessage, maxBytes: number, reading: Reading): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytesOf(message, reading)) {
    size += chunk.length;
    if (size > maxBytes) {
      const facts = { maybeDone: reading.write, status: message.statusCode };
      throw new RemoteError("too_large", `${reading.what}: the answer is longer than ${maxBytes} bytes`, facts);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

/** The beginning of a body that tells of an error; what breaks it off is no second error. */
export const readSome = async (message: IncomingMessage, maxBytes: number, reading: Reading): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of bytesOf(message, reading)) {
      chunks.push(chunk.subarray(0, maxBytes - size));
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch (error) {
    if (reading.signal.aborted) throw error;
  }
  return Buffer.concat(chunks);
};

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** Rare enough to look for first: a reviver makes parsing several times slower. */
const LONG_INTEGER = /[[:,\s]-?\d{16,}\s*[,}\]]/;

const keepInteger = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
  const source = context?.source;
  if (typeof value !== "number" || Number.isSafeInteger(value) || !source || !/^-?\d+$/.test(source)) return value;
  const exact = BigInt(source);
  return exact > INT64_MAX || exact < INT64_MIN ? value : exact;
};

/**
 * JSON as its value; an integer of 64 bits that no number holds exactly is a bigint, as `Int64` of `shared/api/wire.ts`.
 * @throws SyntaxError, TypeError for bytes that are no UTF-8, RangeError for depths that no answer has
 */
export const parseJson = (bytes: Buffer): unknown => {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  return LONG_INTEGER.test(text) || /^-?\d{16,}$/.test(text) ? JSON.parse(text, keepInteger) : JSON.parse(text);
};

/** JSON text of a request; bigints are written as the integers they are. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? JSON.rawJSON(String(each)) : each));

export const isHtml = (contentType: string | undefined, bytes: Buffer): boolean =>
  /\b(?:text\/html|application\/xhtml)/i.test(contentType ?? "") ||
  /^\s*<(?:!doctype\s+html|html|head|body|meta|script)\b/i.test(bytes.subarray(0, 200).toString("latin1"));
