/** One call on its way: signed, sent, redirected where that is allowed, its answer read. Every leg is told to the ledger. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { RemoteError } from "../errors.ts";
import { bytesOf, type Reading, readAll, readSome } from "./answer.ts";
import type { Lines } from "./connect.ts";
import { type Answered, type Body, exchange } from "./exchange.ts";
import { type NetworkEntry, type Secrets, shownUrl } from "./ledger.ts";
import { type CallKind, isRedirect, nextHop } from "./redirect.ts";
import type { TokenBucket } from "./token-bucket.ts";

export interface Journey {
  readonly kind: CallKind;
  readonly method: string;
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  /** The header that says who asks: it stays with the remote's own origin. */
  readonly credentials: OutgoingHttpHeaders;
  /** Made anew for each leg; undefined from the second one on when it can be read once only. */
  readonly body: (() => Body | undefined) | undefined;
  readonly write: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: ((sentBytes: number) => void) | undefined;
}

export interface Arrival {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** For messages. */
  readonly what: string;
  /** Whether the answer came after the whole body had gone out. */
  readonly sentAll: () => boolean;
  /** One of these reads the body, once. */
  readonly chunks: () => AsyncGenerator<Buffer, void>;
  readonly all: (maxBytes: number) => Promise<Buffer>;
  readonly some: (maxBytes: number) => Promise<Buffer>;
  /** Has to be called in the end, with what went wrong, if anything did. */
  readonly end: (error?: unknown) => void;
}

export interface RoadDeps {
  readonly lines: Lines;
  readonly up: TokenBucket;
  readonly down: TokenBucket;
  readonly secrets: Secrets;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly now: () => number;
  readonly wallClock: () => number;
  readonly onCall?: ((entry: NetworkEntry) => void) | undefined;
}

interface Leg {
  up: number;
  down: number;
  status: number | undefined;
  readonly end: (error?: unknown) => void;
}

const startLeg = (method: string, url: string, { now, wallClock, onCall }: RoadDeps): Leg => {
  const [startedAt, begin] = [wallClock(), now()];
  let ended = false;
  const leg: Leg = {
    up: 0,
    down: 0,
    status: undefined,
    end: (error) => {
      if (ended) return;
      ended = true;
      const trouble = error instanceof RemoteError ? error.trouble : undefined;
      const { up: bytesUp, down: bytesDown, status } = leg;
      onCall?.({ method, url, status, trouble, bytesUp, bytesDown, ms: now() - begin, startedAt });
    },
  };
  return leg;
};

/** One request and its answer's head. */
interface Reached {
  readonly answered: Answered;
  readonly leg: Leg;
  /** For messages. */
  readonly what: string;
}

/** Sends the request to this address. To a foreign one it goes without saying who asks. */
const go = async (journey: Journey, deps: RoadDeps, url: URL, isForeign: boolean): Promise<Reached> => {
  const { method, headers, credentials, write, signal, onProgress } = journey;
  const { lines, up, secrets, headersMs, idleMs } = deps;
  const shown = secrets.hide(shownUrl(url, isForeign));
  const what = `${method} ${shown}`;
  const leg = startLeg(method, shown, deps);
  try {
    const body = journey.body?.();
    if (journey.body && !body)
      throw new RemoteError("garbled", `${what}: redirected, and what was sent cannot be read a second time`);
    const answered = await exchange(lines, {
      method,
      url,
      headers: {
        ...headers,
        ...(isForeign ? {} : credentials),
        ...(body ? { "content-length": body.length } : {}),
      },
      body,
      what,
      write,
      headersMs,
      idleMs,
      signal,
      beforeBytes: (bytes) => up.take(bytes, signal),
      afterBytes: (bytes) => {
        leg.up += bytes;
        onProgress?.(leg.up);
      },
    });
    leg.status = answered.message.statusCode;
    return { answered, leg, what };
  } catch (error) {
    leg.end(error);
    throw error;
  }
};

const arrivalOf = (
  { answered, leg, what }: Reached,
  { write, signal }: Journey,
  { idleMs, down }: RoadDeps,
): Arrival => {
  const { message, sentAll, drop } = answered;
  const reading: Reading = {
    what,
    write,
    idleMs,
    signal,
    onBytes: async (bytes) => {
      leg.down += bytes;
      await down.take(bytes, signal);
    },
  };
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    what,
    sentAll,
    chunks: () => bytesOf(message, reading),
    all: (maxBytes) => readAll(message, maxBytes, reading),
    some: (maxBytes) => readSome(message, maxBytes, reading),
    end: (error) => {
      drop();
      leg.end(error);
    },
  };
};

/** Where an answer sends us; its leg is over. @throws RemoteError when that is not followed */
const redirected = ({ answered, leg, what }: Reached, { kind, write }: Journey, from: URL, hops: number): URL => {
  const { message, drop } = answered;
  drop();
  try {
    const { location } = message.headers;
    const next = nextHop({ kind, what, from, status: message.statusCode ?? 0, location, write, hops });
    leg.end();
    return next;
  } catch (error) {
    leg.end(error);
    throw error;
  }
};

/** Goes there, and where it is sent on. @throws RemoteError when no answer came, or a redirect is not followed */
export const travel = async (journey: Journey, deps: RoadDeps): Promise<Arrival> => {
  const home = journey.url.origin;
  let url = journey.url;
  let isForeign = false;
  for (let hops = 0; ; hops += 1) {
    const reached = await go(journey, deps, url, isForeign);
    if (!isRedirect(reached.answered.message.statusCode ?? 0)) return arrivalOf(reached, journey, deps);
    url = redirected(reached, journey, url, hops);
    isForeign ||= url.origin !== home;
  }
};
