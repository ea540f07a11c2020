/** One request and the head of its answer. Redirects, retries and bodies of answers are for others. */
import { once } from "node:events";
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { freeBytes } from "../../../shared/bytes.ts";
import { RemoteError } from "../errors.ts";
import type { Lines } from "./connect.ts";
import { broken, notConnected } from "./failures.ts";
import { createWatch } from "./watch.ts";

export interface Body {
  readonly chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
  readonly length: number;
}

export interface Sending {
  readonly method: string;
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Body | undefined;
  /** For messages: the method and the address as it may be shown. */
  readonly what: string;
  readonly write: boolean;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Waits as long as a rate limit asks; called before the bytes go. */
  readonly beforeBytes: (bytes: number) => Promise<void>;
  readonly afterBytes: (bytes: number) => void;
}

export interface Answered {
  readonly message: IncomingMessage;
  /** Whether the whole body has gone out; none goes after the answer's head has come. */
  readonly sentAll: () => boolean;
  /** Ends the connection, unless all of it was done. */
  readonly drop: () => void;
}

const wait = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

interface Pumping {
  readonly stop: AbortSignal;
  readonly progress: { sent: number };
}

/** Writes the body. @throws RemoteError `corrupt` when it is not as long as was said, or cannot be read */
const pump = async (request: ClientRequest, sending: Sending, { stop, progress }: Pumping): Promise<void> => {
  const { body, what, write, idleMs, beforeBytes, afterBytes } = sending;
  const corrupt = (reason: string, cause?: unknown): RemoteError =>
    new RemoteError("corrupt", `${what}: ${reason}`, { maybeDone: write, cause });
  const stuck = (): RemoteError =>
    new RemoteError("unavailable", `${what}: no more could be sent for ${wait(idleMs)}`, { maybeDone: write });
  const watch = createWatch(idleMs, () => request.destroy(stuck()));
  const length = body?.length ?? 0;
  try {
    await once(request, "socket", { signal: stop });
    for await (const chunk of body?.chunks ?? []) {
      if (stop.aborted) return;
      if (progress.sent + chunk.length > length) throw corrupt("the file has become longer while it was sent");
      const { length: bytes } = chunk; // none of them, once it is freed
      await beforeBytes(bytes);
      watch.start();
      const isTaken = request.write(chunk, (error) => {
        if (!error) freeBytes(chunk); // after an error the system may be reading it still
      });
      progress.sent += bytes;
      if (!isTaken) await once(request, "drain", { signal: stop });
      watch.stop();
      afterBytes(bytes);
    }
    if (progress.sent !== length) throw corrupt("the file has become shorter while it was sent");
    request.end();
    watch.start();
    if (!request.writableFinished) await once(request, "finish", { signal: stop });
  } catch (error) {
    if (stop.aborted) return;
    throw error instanceof RemoteError ? error : corrupt("what is to be sent could not be read to its end", error);
  } finally {
    watch.stop();
  }
};

/** Sends, and waits for the head of the answer. */
const perform = async (lines: Lines, sending: Sending): Promise<Answered> => {
  const { method, url, headers, what, write, headersMs, signal } = sending;
  let connected = false;
  const cancelled = (): RemoteError =>
    new RemoteError("cancelled", `${what}: cancelled`, { maybeDone: write && connected });
  if (signal.aborted) throw cancelled();
  const request = lines.request(url, { method, headers });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const stop = new AbortController();
  const progress = { sent: 0 };
  const facts = { maybeDone: write };
  const late = (): RemoteError => new RemoteError("unavailable", `${what}: no answer within ${wait(headersMs)}`, facts);
  const patience = createWatch(headersMs, () => request.destroy(late()));
  const abort = (): void => void request.destroy(cancelled());
  signal.addEventListener("abort", abort);
  request.on("socket", () => (connected = true));
  request.on("finish", patience.start);
  let answered = false;
  request.on("response", (message) => {
    answered = true;
    resolve(message);
  });
  request.on("error", (error) => reject(connected ? broken(error, what, write) : notConnected(error, url.host)));
  request.on("close", () => {
    if (!answered) reject(new RemoteError("unavailable", `${what}: the connection ended`, facts));
  });
  pump(request, sending, { stop: stop.signal, progress }).catch((error: unknown) =>
    request.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    const message = await promise;
    return {
      message,
      sentAll: () => progress.sent === (sending.body?.length ?? 0),
      drop: () => {
        if (!message.complete || !request.writableFinished) request.destroy();
      },
    };
  } finally {
    patience.stop();
    stop.abort("answered"); // a reason of its own: without one an exception with its stack is made for every call
    signal.removeEventListener("abort", abort);
  }
};

/** @throws RemoteError; `maybeDone` for a write as soon as a byte of it may have left. The body's stream is closed. */
export const exchange = async (lines: Lines, sending: Sending): Promise<Answered> => {
  try {
    return await perform(lines, sending);
  } finally {
    const chunks = sending.body?.chunks;
    if (chunks instanceof Readable) chunks.destroy(); // read to its end, or no longer wanted: a file stays open otherwise
  }
};
