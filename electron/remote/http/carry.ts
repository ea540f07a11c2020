/** What all calls of a client share: the road, who asks, retries, and that nothing secret leaves. */
import type { OutgoingHttpHeaders } from "node:http";
import { RemoteError } from "../errors.ts";
import type { AuthHeader, Call, HttpDeps, HttpTarget, Timeouts } from "./client.ts";
import { createLines } from "./connect.ts";
import { type Arrival, type Journey, type RoadDeps, travel } from "./journey.ts";
import { createSecrets, type Secrets } from "./ledger.ts";
import { createPacer } from "./pacer.ts";
import { createProxyChoice, proxyAuthorization } from "./proxy.ts";
import { addressOf, baseOf } from "./request.ts";
import { createTokenBucket } from "./token-bucket.ts";

const TIMEOUTS: Timeouts = { connectMs: 10_000, headersMs: 65_000, idleMs: 60_000 };
const SPARE_MS = 4000;
const SLEPT_MS = 10_000;

/** How one call is made, whatever its answer means. */
export interface Plan {
  readonly kind: Journey["kind"];
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Journey["body"];
  readonly safe: boolean;
  /** True when not said. */
  readonly repeatable?: boolean;
  readonly onProgress?: Journey["onProgress"];
}

export interface Carrier {
  readonly secrets: Secrets;
  /** One call with its retries. `settle` reads the answer, and ends it. @throws RemoteError */
  carry<T>(call: Call, plan: Plan, settle: (arrival: Arrival, signal: AbortSignal) => Promise<T>): Promise<T>;
  /** What leaves the client: cancelled where that was asked for, and without secrets. */
  outward(error: unknown, signal: AbortSignal): unknown;
  close(): void;
}

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

/** Each form in which an answer could give a token back; of `name:password` the password alone, too. */
const formsOf = (token: string): readonly string[] => [
  token,
  Buffer.from(token).toString("base64"),
  token.slice(token.indexOf(":") + 1),
];

/** Asks for the token before each call, and remembers it. */
const createCredentials =
  (target: HttpTarget, secrets: Secrets) =>
  async (auth: AuthHeader = target.authHeader): Promise<OutgoingHttpHeaders> => {
    const token = auth === "none" ? undefined : await target.token?.();
    if (token !== undefined) for (const form of formsOf(token)) secrets.add(form);
    return headerOf(auth, token);
  };

/** The proxy of an address; its password is remembered. */
const createProxyOf = (target: HttpTarget, deps: HttpDeps, secrets: Secrets) => {
  const choose = createProxyChoice(target, deps.env ?? process.env);
  return (url: URL): URL | undefined => {
    const proxy = choose(url);
    if (proxy)
      for (const each of [proxy.password, proxyAuthorization(proxy)?.slice("Basic ".length)]) secrets.add(each ?? "");
    return proxy;
  };
};

const createRoad = (target: HttpTarget, deps: HttpDeps, secrets: Secrets): RoadDeps => {
  const { pace = 1, ca = [], limits = {} } = target;
  const timeouts = { ...TIMEOUTS, ...target.timeouts };
  const perPace = (rate: number | undefined): number | undefined => rate && rate / pace;
  return {
    lines: createLines({
      ca,
      proxyOf: createProxyOf(target, deps, secrets),
      connectMs: timeouts.connectMs * pace,
      spareMs: Math.max(SPARE_MS * pace, 1),
    }),
    up: createTokenBucket(() => perPace(limits.upBytesPerSecond), deps),
    down: createTokenBucket(() => perPace(limits.downBytesPerSecond), deps),
    secrets,
    headersMs: timeouts.headersMs * pace,
    idleMs: timeouts.idleMs * pace,
    now: () => deps.now(),
    wallClock: () => deps.wallClock?.() ?? Date.now(),
    onCall: (entry) => deps.onCall?.(entry),
  };
};

/** A machine that slept has connections that only look alive: its clock went on while monotonic time stood still. */
const createSleepWatch = ({ lines, now, wallClock }: Pick<RoadDeps, "lines" | "now" | "wallClock">): (() => void) => {
  let awakeSince = wallClock() - now();
  return () => {
    const offset = wallClock() - now();
    if (Math.abs(offset - awakeSince) > SLEPT_MS) lines.dropSpare();
    awakeSince = offset;
  };
};

/** @throws RemoteError `invalid` for an address or a proxy that is none */
export const createCarrier = (target: HttpTarget, deps: HttpDeps): Carrier => {
  const base = baseOf(target.baseUrl);
  const secrets = createSecrets();
  const road = createRoad(target, deps, secrets);
  const pacer = createPacer({ now: deps.now, sleep: deps.sleep, random: deps.random, pace: target.pace ?? 1 });
  const credentialsOf = createCredentials(target, secrets);
  const noticeSleep = createSleepWatch(road);
  const closing = new AbortController();

  const outward: Carrier["outward"] = (error, signal) => {
    if (!(error instanceof RemoteError)) return signal.aborted ? new RemoteError("cancelled", "Cancelled") : error;
    const message = secrets.hide(error.message);
    return message === error.message ? error : new RemoteError(error.trouble, message, error);
  };

  const carry: Carrier["carry"] = async (call, plan, settle) => {
    const signal = call.signal ? AbortSignal.any([call.signal, closing.signal]) : closing.signal;
    const { kind, method, headers, body, safe, repeatable = true, onProgress } = plan;
    try {
      const url = addressOf(base, call.path, call.query);
      return await pacer.run({ safe, repeatable, address: `${method} ${url.href}`, signal }, async () => {
        if (signal.aborted) throw new RemoteError("cancelled", "Cancelled");
        noticeSleep();
        const credentials = await credentialsOf(call.auth);
        const journey: Journey = { kind, method, url, headers, credentials, body, write: !safe, signal, onProgress };
        return settle(await travel(journey, road), signal);
      });
    } catch (error) {
      throw outward(error, signal);
    }
  };

  const close = (): void => {
    closing.abort();
    road.lines.close();
  };
  return { secrets, carry, outward, close };
};
