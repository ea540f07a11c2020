/**
 * When a call may go out, and when again: backoff, what a remote asks for, and a breaker for a remote that is down.
 * Only what is safe to repeat is repeated, and what the remote surely did not execute. All waits scale by `pace`.
 */
import type { IncomingHttpHeaders } from "node:http";
import { RemoteError } from "../errors.ts";

export const MAX_WAIT_MS = 15 * 60_000;
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 60_000;
const MAX_TRIES = 6; // of one call
const RETRIES_PER_HOUR = 11; // of one address, over all calls
const HOUR_MS = 3_600_000;
const ADDRESSES_KEPT = 1000;
const FAILURES_TO_OPEN = 8;
const PROBE_EVERY_MS = 60_000;

const one = (value: string | string[] | undefined): string => (Array.isArray(value) ? (value[0] ?? "") : (value ?? ""));

const clamp = (ms: number): number | undefined =>
  Number.isFinite(ms) && ms >= 0 ? Math.min(Math.max(ms, 0), MAX_WAIT_MS) : undefined;

/** A number of seconds; what is none is NaN. */
const seconds = (text: string): number => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) * 1000 : NaN);

/**
 * How long the remote asks to be left alone: Retry-After (seconds or a date) before RateLimit-Reset (seconds from now,
 * or since 1970). A moment is measured against the answer's own Date, so that no clock of ours matters. At most 15
 * minutes; undefined where nothing usable is said.
 */
export const retryAfterMs = (headers: IncomingHttpHeaders): number | undefined => {
  const sentAt = Date.parse(one(headers.date));
  const after = one(headers["retry-after"]);
  const asked = clamp(seconds(after)) ?? (after === "" ? undefined : clamp(Math.max(Date.parse(after) - sentAt, 0)));
  if (asked !== undefined) return asked;
  const reset = seconds(one(headers["ratelimit-reset"]));
  return clamp(reset > 1e12 ? Math.max(reset - sentAt, 0) : reset); // 1e12 ms: 2001, or 31 years from now
};

/** Full jitter: anything up to a bound that doubles with each try, from 1 s to 60 s. */
export const backoffMs = (tries: number, random: () => number): number =>
  random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (tries - 1));

/** What an outcome says about the remote's health. */
export type Health = "up" | "down" | "unknown";

export const healthOf = (error: unknown): Health => {
  if (!(error instanceof RemoteError)) return "unknown";
  switch (error.trouble) {
    case "unavailable":
    case "garbled":
      return "down";
    case "offline": // says something of this machine's network; trying costs the remote nothing
    case "captive":
    case "insecure":
    case "cancelled":
    case "rate_limited":
    case "corrupt":
      return "unknown";
    case "auth":
    case "forbidden":
    case "gone":
    case "invalid":
    case "exists":
    case "too_large":
      return error.status === undefined ? "unknown" : "up";
    default:
      return error.trouble satisfies never;
  }
};

export interface Breaker {
  /** @throws RemoteError `unavailable` while the remote counts as down; else the caller reports how it went, once. */
  enter(): (health: Health) => void;
  isOpen(): boolean;
}

/** Opens after 8 failures in a row; then one call each minute finds out whether the remote is back. */
export const createBreaker = (now: () => number, probeEveryMs = PROBE_EVERY_MS): Breaker => {
  let failures = 0;
  let nextProbe = 0;
  let probing = false;
  const isOpen = (): boolean => failures >= FAILURES_TO_OPEN;
  const refuse = (): never => {
    const waitMs = Math.max(nextProbe - now(), 0);
    const message = `The remote failed ${failures} times in a row; it is asked again in ${Math.ceil(waitMs / 1000)} s`;
    throw new RemoteError("unavailable", message, { retryAfterMs: waitMs });
  };
  return {
    isOpen,
    enter: () => {
      const isProbe = isOpen();
      if (isProbe && (probing || now() < nextProbe)) return refuse();
      probing = isProbe;
      return (health) => {
        if (isProbe) probing = false;
        if (health === "up") failures = 0;
        if (health === "down") {
          failures += 1;
          nextProbe = now() + probeEveryMs;
        }
      };
    },
  };
};

/** Whether one more retry of an address is within what an hour allows; says so only as often. */
export const createRetryBudget = (now: () => number, hourMs = HOUR_MS): ((address: string) => boolean) => {
  const spent = new Map<string, readonly number[]>();
  return (address) => {
    const recent = (spent.get(address) ?? []).filter((at) => at > now() - hourMs);
    if (recent.length >= RETRIES_PER_HOUR) return false;
    spent.delete(address); // and set again: the order of a map is by first use
    spent.set(address, [...recent, now()]);
    const [oldest] = spent.keys();
    if (spent.size > ADDRESSES_KEPT && oldest !== undefined) spent.delete(oldest);
    return true;
  };
};

export interface PacerDeps {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  random(): number;
  readonly pace: number;
}

export interface Pacing {
  /** May be sent again after any failure that passes. */
  readonly safe: boolean;
  /** Can be sent twice at all: false for a body that is read only once. */
  readonly repeatable: boolean;
  /** What counts as the same call. */
  readonly address: string;
  readonly signal: AbortSignal;
}

export interface Pacer {
  /** Runs one call with its retries. @throws RemoteError of the last try */
  run<T>(pacing: Pacing, attempt: () => Promise<T>): Promise<T>;
}

const passes = (error: RemoteError, safe: boolean): boolean =>
  error.trouble === "rate_limited" || (safe && (error.trouble === "unavailable" || error.trouble === "garbled"));

/** One per remote: calls beside each other share its breaker and the pause that a 429 asks for. */
export const createPacer = ({ now, sleep, random, pace }: PacerDeps): Pacer => {
  const breaker = createBreaker(now, PROBE_EVERY_MS * pace);
  const mayRetry = createRetryBudget(now, HOUR_MS * pace);
  let quietUntil = -Infinity;
  const tryOnce = async <T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    if (quietUntil > now()) await sleep(quietUntil - now(), signal);
    const report = breaker.enter();
    let health: Health = "unknown";
    try {
      const value = await attempt();
      health = "up";
      return value;
    } catch (error) {
      health = healthOf(error);
      throw error;
    } finally {
      report(health);
    }
  };
  const rest = async (error: RemoteError, tries: number, signal: AbortSignal): Promise<void> => {
    const waitMs = Math.max(backoffMs(tries, random), error.retryAfterMs ?? 0) * pace;
    if (error.trouble === "rate_limited") quietUntil = Math.max(quietUntil, now() + waitMs);
    else await sleep(waitMs, signal);
  };
  return {
    run: async ({ safe, repeatable, address, signal }, attempt) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await tryOnce(attempt, signal);
        } catch (error) {
          if (!(error instanceof RemoteError) || !passes(error, safe)) throw error;
          if (!repeatable || tries >= MAX_TRIES || breaker.isOpen() || !mayRetry(address)) throw error;
          await rest(error, tries, signal);
        }
      }
    },
  };
};
