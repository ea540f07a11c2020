import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../sync/context.ts";

/** The machine's own clock. Backoff and deadlines run on the monotonic one: the other may be set while they wait. */
export const machineClock = (now: () => number): Clock => ({
  now,
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal });
  },
});
