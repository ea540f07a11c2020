/**
 * The HTTP client of every remote: JSON calls, uploads and downloads over a network that may fail in any way. What it
 * throws is a RemoteError that says what happened and whether a write may have had its effect. It repeats what is safe
 * to repeat; a write goes out once, and again only after an answer that says it was not executed.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { jsonText } from "./answer.ts";
import { type Carrier, createCarrier, type Plan } from "./carry.ts";
import type { NetworkEntry } from "./ledger.ts";
import type { Environment } from "./proxy.ts";
import { bodyOf, type Query } from "./request.ts";
import { type Download, downloadOf, ended, jsonOf, understood } from "./verdict.ts";

export type { NetworkEntry } from "./ledger.ts";
export type { Query } from "./request.ts";
export type { Download } from "./verdict.ts";

/** `mlflow`: as MLflow's own client, `name:password` is basic authentication, anything else a bearer token. */
export type AuthHeader = "bearer" | "mlflow" | "private-token" | "none";

/** In milliseconds, before `pace`. */
export interface Timeouts {
  /** Until TLS is done, proxy included. */
  readonly connectMs: number;
  /** From the last byte sent to the answer's head. */
  readonly headersMs: number;
  /** Without any byte moving, either way. */
  readonly idleMs: number;
}

export interface HttpTarget {
  /** With or without a path; `path` of a call is added to it. */
  readonly baseUrl: string;
  /** Asked before each call. */
  readonly token?: () => Promise<string | undefined>;
  readonly authHeader: AuthHeader;
  /** PEM texts, trusted beside Node's and the system's certificates. */
  readonly ca?: readonly string[];
  /** Instead of the environment's; "" is none. */
  readonly proxy?: string;
  readonly noProxy?: string;
  /** Read at each chunk, so that a change counts at once. */
  readonly limits?: { readonly upBytesPerSecond?: number; readonly downBytesPerSecond?: number };
  /** Scales every wait and timeout; 1 in production. */
  readonly pace?: number;
  readonly timeouts?: Partial<Timeouts>;
}

export interface HttpDeps {
  /** Monotonic milliseconds. */
  now(): number;
  /** Rejects when the signal aborts. Waits between tries and for rate limits; timeouts run on real timers. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 ≤ x < 1 */
  random(): number;
  /** The network ledger: each request with its answer, redirects singly. */
  onCall?(entry: NetworkEntry): void;
  /** For the ledger, and to notice that the machine slept. `Date.now` when not given. */
  wallClock?(): number;
  /** For proxies. `process.env` when not given. */
  readonly env?: Environment;
}

/** What every call says. */
export interface Call {
  /** Below the base address, beginning with "/"; every part encoded by the caller. */
  readonly path: string;
  readonly query?: Query;
  readonly signal?: AbortSignal;
  /** Instead of the target's. */
  readonly auth?: AuthHeader;
}

export interface JsonRequest<T> extends Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON; bigints as integers. */
  readonly body?: unknown;
  /** Makes of the parsed answer (undefined for 204) what is wanted; what it throws is a garbled answer. Integers that
   * no number holds exactly come as bigint. */
  readonly read: (raw: unknown) => T;
  /** Changes nothing, so it may be sent again: true for GET when not said. */
  readonly safe?: boolean;
  /** Of the answer; 64 MiB when not said. */
  readonly maxBytes?: number;
}

export interface UploadRequest extends Call {
  readonly method: "PUT" | "POST";
  /** A function is asked anew each time the body has to be sent; a Readable can be sent once. */
  readonly body: Buffer | Readable | (() => Readable);
  readonly length: number;
  readonly contentType?: string;
  /** A success need not say anything; it is garbled otherwise. */
  readonly mayBeEmpty?: boolean;
  readonly onProgress?: (sentBytes: number) => void;
}

export interface DownloadRequest extends Call {
  /** The first byte wanted. */
  readonly from?: number;
  /** Of the bytes before `from`: when the file has another one now, it comes from the beginning (200). */
  readonly etag?: string;
}

export interface JsonAnswer<T> {
  readonly value: T;
  readonly headers: IncomingHttpHeaders;
}

export interface UploadAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined for none. */
  readonly body: unknown;
}

export interface HttpClient {
  /** @throws RemoteError */
  json<T>(request: JsonRequest<T>): Promise<JsonAnswer<T>>;
  /** @throws RemoteError */
  upload(request: UploadRequest): Promise<UploadAnswer>;
  /** @throws RemoteError */
  download(request: DownloadRequest): Promise<Download>;
  /** Ends all calls under way as cancelled, and all connections. */
  close(): void;
}

const MAX_JSON_BYTES = 64 * 1024 * 1024;
const common = { "accept-encoding": "identity", "user-agent": "outpost" };
const JSON_WANTED = { accept: "application/json" };

const askJson = async <T>(
  { carry, secrets }: Carrier,
  { read, maxBytes = MAX_JSON_BYTES, method, body, safe = method === "GET", ...call }: JsonRequest<T>,
): Promise<JsonAnswer<T>> => {
  const bytes = body === undefined ? undefined : Buffer.from(jsonText(body));
  const sent = bytes && { body: bodyOf(bytes, bytes.length) };
  const type = bytes && { "content-type": "application/json" };
  const plan: Plan = { kind: "api", method, headers: { ...common, ...JSON_WANTED, ...type }, safe, ...sent };
  const reading = { maxBytes, write: !safe, secrets };
  const { raw, headers, what } = await carry(call, plan, async (arrival) => {
    const raw = await ended(arrival, () => jsonOf(arrival, reading));
    return { raw, headers: arrival.headers, what: arrival.what };
  });
  return { value: understood(() => read(raw), { what, write: !safe, secrets }), headers };
};

const sendFile = (
  { carry, secrets }: Carrier,
  { method, body, length, onProgress, mayBeEmpty, contentType, ...call }: UploadRequest,
): Promise<UploadAnswer> => {
  const plan: Plan = {
    kind: "api",
    method,
    headers: { ...common, ...JSON_WANTED, "content-type": contentType ?? "application/octet-stream" },
    safe: false,
    repeatable: Buffer.isBuffer(body) || typeof body === "function",
    body: bodyOf(body, length),
    onProgress,
  };
  const reading = { maxBytes: MAX_JSON_BYTES, write: true, secrets, mayBeEmpty };
  return carry(call, plan, async (arrival) => {
    const answer = await ended(arrival, () => jsonOf(arrival, reading));
    return { status: arrival.status, headers: arrival.headers, body: answer };
  });
};

const fetchFile = (
  { carry, secrets, outward }: Carrier,
  { from = 0, etag, ...call }: DownloadRequest,
): Promise<Download> => {
  const range = from > 0 && { range: `bytes=${from}-` };
  const ifRange = from > 0 && etag !== undefined && !etag.startsWith("W/") && { "if-range": etag };
  const plan: Plan = { kind: "file", method: "GET", headers: { ...common, ...range, ...ifRange }, safe: true };
  return carry(call, plan, async (arrival, signal) => {
    const wanted = { from, etag, secrets, outward: (error: unknown) => outward(error, signal) };
    try {
      return await downloadOf(arrival, wanted); // which ends the answer when its body ends
    } catch (error) {
      arrival.end(error);
      throw error;
    }
  });
};

/** @throws RemoteError `invalid` for an address or a proxy that is none */
export const createHttpClient = (target: HttpTarget, deps: HttpDeps): HttpClient => {
  const carrier = createCarrier(target, deps);
  return {
    json: (request) => askJson(carrier, request),
    upload: (request) => sendFile(carrier, request),
    download: (request) => fetchFile(carrier, request),
    close: () => carrier.close(),
  };
};
