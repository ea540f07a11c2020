/** Counts wrong tokens by who sent them. A right token is never asked about here. */

const MAX_WRONG = 10;
const WINDOW_MS = 60_000;
const MAX_KEYS = 4096;

export type Throttle = ReturnType<typeof createThrottle>;

export const createThrottle = (now: () => number) => {
  const wrongs = new Map<string, number[]>();

  const forgetOld = (at: number): void => {
    for (const [key, times] of wrongs) if ((times.at(-1) ?? 0) <= at - WINDOW_MS) wrongs.delete(key);
  };

  /** Notes a wrong token of `key`; false once there were more than ten within a minute. */
  const allowsWrong = (key: string): boolean => {
    const at = now();
    if (wrongs.size >= MAX_KEYS) forgetOld(at);
    const recent = (wrongs.get(key) ?? []).filter((time) => time > at - WINDOW_MS);
    if (recent.length >= MAX_WRONG) return false; // refused tries do not prolong the wait
    wrongs.set(key, [...recent, at]);
    return true;
  };

  return { allowsWrong };
};
