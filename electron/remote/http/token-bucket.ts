/** How fast bytes may go: each taker reserves its place in time, so that several share the rate first come, first served. */

export interface BucketDeps {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface TokenBucket {
  /** Resolves when so many bytes may go. Rejects as `sleep` does when the signal aborts. */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
}

/** What may go at once after a rest. */
const BURST_MS = 250;

/** `rate` in bytes per second is asked at each take, so a change counts at once; undefined or 0 is no limit. */
export const createTokenBucket = (rate: () => number | undefined, { now, sleep }: BucketDeps): TokenBucket => {
  let paidUntil = -Infinity;
  return {
    take: async (bytes, signal) => {
      const perSecond = rate() ?? 0;
      if (perSecond <= 0) {
        paidUntil = -Infinity;
        return;
      }
      const at = now();
      const start = Math.max(paidUntil, at - BURST_MS);
      paidUntil = start + (bytes * 1000) / perSecond;
      if (start > at) await sleep(start - at, signal);
    },
  };
};
