/** What an answer means: a value, a file, or a RemoteError. */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { RemoteError, type RemoteTrouble } from "../errors.ts";
import { isHtml, parseJson } from "./answer.ts";
import { refused } from "./failures.ts";
import type { Arrival } from "./journey.ts";
import type { Secrets } from "./ledger.ts";

export interface Download {
  /** 200: from the first byte, whatever was asked for. */
  readonly status: 200 | 206;
  /** Bytes to come. */
  readonly length: number | undefined;
  /** Bytes of the whole file. */
  readonly total: number | undefined;
  readonly etag: string | undefined;
  /** Ends with a RemoteError when less comes than was announced. */
  readonly body: Readable;
}

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_TEXT = 2000;

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const isEncoded = ({ headers }: Arrival): boolean =>
  !["", "identity"].includes(one(headers["content-encoding"])?.trim().toLowerCase() ?? "");

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** Runs the reader of an answer and ends the answer with what came of it. */
export const ended = async <T>(arrival: Arrival, read: () => Promise<T>): Promise<T> => {
  try {
    const value = await read();
    arrival.end();
    return value;
  } catch (error) {
    arrival.end(error);
    throw error;
  }
};

/** The error of an answer that is no success. */
const refusalOf = async (arrival: Arrival, write: boolean, secrets: Secrets): Promise<RemoteError> => {
  const bytes = isEncoded(arrival) ? Buffer.alloc(0) : await arrival.some(MAX_ERROR_BYTES);
  const text = secrets.hide(bytes.toString());
  let body: unknown;
  try {
    body = parseJson(Buffer.from(text));
  } catch {
    body = text === "" ? undefined : text.slice(0, MAX_TEXT); // not JSON, as many proxies answer
  }
  const { what, status, headers } = arrival;
  return refused({ what, status, headers, body, isHtml: isHtml(headers["content-type"], bytes), write });
};

const NO_CONTENT = [204, 205];

const looksLikeJson = (headers: IncomingHttpHeaders, bytes: Buffer): boolean =>
  /json/i.test(headers["content-type"] ?? "") || /^\s*[[{]/.test(bytes.subarray(0, 100).toString("latin1"));

const tellsOfError = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (("error" in value && typeof value.error === "string") ||
    ("error_code" in value && typeof value.error_code === "string"));

export interface JsonReading {
  readonly maxBytes: number;
  readonly write: boolean;
  readonly secrets: Secrets;
  /** A success need not say anything. */
  readonly mayBeEmpty?: boolean | undefined;
}

/** The parsed answer; undefined where it has none by its status. @throws RemoteError for anything but a success in JSON */
export const jsonOf = async (arrival: Arrival, reading: JsonReading): Promise<unknown> => {
  const { maxBytes, write, secrets, mayBeEmpty = false } = reading;
  const { status, headers, what } = arrival;
  if (!isSuccess(status)) throw await refusalOf(arrival, write, secrets);
  const fail = (trouble: RemoteTrouble, message: string): RemoteError =>
    new RemoteError(trouble, `${what}: ${message}`, { status, maybeDone: write });
  if (isEncoded(arrival)) throw fail("garbled", "the answer is compressed, which was not asked for");
  const bytes = await arrival.all(maxBytes);
  if (!arrival.sentAll()) throw fail("garbled", "was answered before all was sent");
  if (NO_CONTENT.includes(status) || (mayBeEmpty && bytes.length === 0)) return undefined;
  const isPage = isHtml(headers["content-type"], bytes);
  if (!write && (isPage || (bytes.length > 0 && !looksLikeJson(headers, bytes))))
    throw fail(
      "captive",
      "answered by a page and not by an API; does this network ask to sign in, or is the address another?",
    );
  if (bytes.length === 0) throw fail("garbled", "the answer is empty");
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch {
    throw fail("garbled", isPage ? "answered by a web page" : "the answer is not JSON, or only a part of it");
  }
  if (tellsOfError(value)) throw fail("garbled", "answered with success and an error at once");
  return value;
};

export interface Understanding {
  readonly what: string;
  readonly write: boolean;
  readonly secrets: Secrets;
}

/** What the caller makes of an answer. @throws RemoteError `garbled` when it cannot, in the caller's words */
export const understood = <T>(read: () => T, { what, write, secrets }: Understanding): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof RemoteError) throw error;
    const reason = error instanceof Error ? secrets.hide(error.message).slice(0, 300) : "of another form";
    throw new RemoteError("garbled", `${what}: the answer is not understood: ${reason}`, { maybeDone: write });
  }
};

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

export interface Wanted {
  readonly from: number;
  readonly etag: string | undefined;
  readonly secrets: Secrets;
  /** What an error of the body is turned into. */
  readonly outward: (error: unknown) => unknown;
}

const streamOf = (arrival: Arrival, outward: Wanted["outward"]): Readable => {
  const read = async function* (): AsyncGenerator<Buffer, void> {
    try {
      yield* arrival.chunks();
      arrival.end();
    } catch (error) {
      arrival.end(error);
      throw outward(error);
    }
  };
  const body = Readable.from(read(), { objectMode: false });
  body.on("close", () => arrival.end()); // given up, perhaps before anything was read
  return body;
};

/** The file as a stream. @throws RemoteError when the answer is none, or another part than was asked for */
export const downloadOf = async (arrival: Arrival, { from, etag, secrets, outward }: Wanted): Promise<Download> => {
  const { status, headers, what } = arrival;
  const fail = (trouble: RemoteTrouble, message: string): RemoteError =>
    new RemoteError(trouble, `${what}: ${message}`, { status });
  if (!isSuccess(status)) throw await refusalOf(arrival, false, secrets);
  if (isEncoded(arrival)) throw fail("garbled", "the file comes compressed, which was not asked for");
  const length = numberOf(headers["content-length"]);
  const found = headers.etag;
  if (status === 200) return { status, length, total: length, etag: found, body: streamOf(arrival, outward) };
  const [, start, end, whole] = CONTENT_RANGE.exec(headers["content-range"] ?? "") ?? [];
  if (status !== 206 || from === 0) throw fail("garbled", `a file was answered with ${status}`);
  if (Number(start) !== from || (length !== undefined && length !== Number(end) - from + 1))
    throw fail("corrupt", `another part of the file than was asked for, from byte ${from} on`);
  if (etag !== undefined && found !== undefined && found !== etag)
    throw fail("corrupt", "the file has changed since its first part came");
  return {
    status,
    length: Number(end) - from + 1,
    total: numberOf(whole),
    etag: found,
    body: streamOf(arrival, outward),
  };
};
