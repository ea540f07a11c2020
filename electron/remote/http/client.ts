/**
 * The HTTP client of every remote: JSON calls, uploads and downloads over a network that may fail in any way. What it
 * throws is a RemoteError that says what happened and whether a write may have had its effect. It repeats what is safe
 * to repeat; a write goes out once, and again only after an answer that says it was not executed.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { RemoteError } from "../errors.ts";
import { jsonText } from "./answer.ts";
import { createLines } from "./connect.ts";
import { type Arrival, type Journey, type RoadDeps, travel } from "./journey.ts";
import { createSecrets, type NetworkEntry } from "./ledger.ts";
import { createPacer } from "./pacer.ts";
import { createProxyChoice, type Environment, proxyAuthorization } from "./proxy.ts";
import { addressOf, baseOf, bodyOf, type Query } from "./request.ts";
import { createTokenBucket } from "./token-bucket.ts";
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

interface Call {
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

const TIMEOUTS: Timeouts = { connectMs: 10_000, headersMs: 65_000, idleMs: 60_000 };
const SPARE_MS = 4000;
const SLEPT_MS = 10_000;
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const common = { "accept-encoding": "identity", "user-agent": "outpost" };
const JSON_WANTED = { accept: "application/json" };

const headerOf = (kind: AuthHeader, token: string | undefined): OutgoingHttpHeaders => {
  if (kind === "none" || token === undefined) return {};
  if (kind === "mlflow" && token.includes(":"))
    return { authorization: `Basic ${Buffer.from(token).toString("base64")}` };
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new RemoteError(
      "auth",
      "The token holds characters that no token has: blanks, line breaks or letters of a script",
    );
  return kind === "private-token" ? { "private-token": token } : { authorization: `Bearer ${token}` };
};

/** @throws RemoteError `invalid` for an address or a proxy that is none */
export const createHttpClient = (target: HttpTarget, deps: HttpDeps): HttpClient => {
  const { pace = 1, ca = [], limits = {} } = target;
  const { now, sleep, random } = deps;
  const wallClock = (): number => deps.wallClock?.() ?? Date.now();
  const base = baseOf(target.baseUrl);
  const timeouts = { ...TIMEOUTS, ...target.timeouts };
  const secrets = createSecrets();
  const chooseProxy = createProxyChoice(target, deps.env ?? process.env);
  const proxyOf = (url: URL): URL | undefined => {
    const proxy = chooseProxy(url);
    if (proxy)
      [proxy.password, proxyAuthorization(proxy)?.slice("Basic ".length)].forEach((each) => secrets.add(each ?? ""));
    return proxy;
  };
  const connectMs = timeouts.connectMs * pace;
  const lines = createLines({ ca, proxyOf, connectMs, spareMs: Math.max(SPARE_MS * pace, 1) });
  const perPace = (rate: number | undefined): number | undefined => rate && rate / pace;
  const road: RoadDeps = {
    lines,
    up: createTokenBucket(() => perPace(limits.upBytesPerSecond), deps),
    down: createTokenBucket(() => perPace(limits.downBytesPerSecond), deps),
    secrets,
    headersMs: timeouts.headersMs * pace,
    idleMs: timeouts.idleMs * pace,
    now: () => now(),
    wallClock,
    onCall: (entry) => deps.onCall?.(entry),
  };
  const pacer = createPacer({ now, sleep, random, pace });
  const closing = new AbortController();

  let awakeSince = wallClock() - now();
  /** A machine that slept has connections that only look alive: its clock went on while monotonic time stood still. */
  const noticeSleep = (): void => {
    const offset = wallClock() - now();
    if (Math.abs(offset - awakeSince) > SLEPT_MS) lines.dropSpare();
    awakeSince = offset;
  };

  const credentialsOf = async (auth: AuthHeader): Promise<OutgoingHttpHeaders> => {
    const token = auth === "none" ? undefined : await target.token?.();
    if (token !== undefined) for (const form of [token, Buffer.from(token).toString("base64")]) secrets.add(form);
    return headerOf(auth, token);
  };

  /** What leaves this client: cancelled where that was asked for, and without secrets. */
  const outward = (error: unknown, signal: AbortSignal): unknown => {
    if (!(error instanceof RemoteError)) return signal.aborted ? new RemoteError("cancelled", "Cancelled") : error;
    const message = secrets.hide(error.message);
    return message === error.message ? error : new RemoteError(error.trouble, message, error);
  };

  interface Plan {
    readonly kind: Journey["kind"];
    readonly method: string;
    readonly headers: OutgoingHttpHeaders;
    readonly body?: Journey["body"];
    readonly safe: boolean;
    /** True when not said. */
    readonly repeatable?: boolean;
    readonly onProgress?: Journey["onProgress"];
  }

  /** One call with its retries. `settle` reads the answer, and ends it. */
  const carry = async <T>(
    call: Call,
    plan: Plan,
    settle: (arrival: Arrival, signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const signal = call.signal ? AbortSignal.any([call.signal, closing.signal]) : closing.signal;
    const { kind, method, headers, body, safe, repeatable = true, onProgress } = plan;
    try {
      const url = addressOf(base, call.path, call.query);
      return await pacer.run({ safe, repeatable, address: `${method} ${url.href}`, signal }, async () => {
        if (signal.aborted) throw new RemoteError("cancelled", "Cancelled");
        noticeSleep();
        const credentials = await credentialsOf(call.auth ?? target.authHeader);
        const write = !safe;
        return settle(
          await travel({ kind, method, url, headers, credentials, body, write, signal, onProgress }, road),
          signal,
        );
      });
    } catch (error) {
      throw outward(error, signal);
    }
  };

  return {
    json: async ({ read, maxBytes = MAX_JSON_BYTES, method, body, safe = method === "GET", ...call }) => {
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
    },

    upload: async ({ method, body, length, onProgress, mayBeEmpty, ...rest }) => {
      const { contentType = "application/octet-stream", ...call } = rest;
      const headers = { ...common, ...JSON_WANTED, "content-type": contentType };
      const repeatable = Buffer.isBuffer(body) || typeof body === "function";
      const plan: Plan = {
        kind: "api",
        method,
        headers,
        safe: false,
        repeatable,
        body: bodyOf(body, length),
        onProgress,
      };
      const reading = { maxBytes: MAX_JSON_BYTES, write: true, secrets, mayBeEmpty };
      return carry(call, plan, async (arrival) => {
        const answer = await ended(arrival, () => jsonOf(arrival, reading));
        return { status: arrival.status, headers: arrival.headers, body: answer };
      });
    },

    download: async ({ from = 0, etag, ...call }) => {
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
    },

    close: () => {
      closing.abort();
      lines.close();
    },
  };
};
