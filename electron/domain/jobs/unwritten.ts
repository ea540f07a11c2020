/** Ends of jobs that could not be written, as on a full disk: shown as they are, and tried again until they are written. */

interface Kept<End> {
  readonly end: End;
  readonly timer: NodeJS.Timeout;
}

export const createUnwritten = <End>(retryMs: number) => {
  const kept = new Map<string, Kept<End>>();

  const keep = (uid: string, end: End, put: () => Promise<void>): void => {
    const again = (): void =>
      void put().then(
        () => kept.delete(uid),
        () => void (kept.has(uid) && keep(uid, end, put)),
      );
    kept.set(uid, { end, timer: setTimeout(again, retryMs).unref() });
  };

  return {
    /** `put` writes it. */
    keep,
    of: (uid: string): End | undefined => kept.get(uid)?.end,
    /** At a stop: what is not written by now is listed as interrupted by the next start. */
    close: (): void => {
      for (const { timer } of kept.values()) clearTimeout(timer);
      kept.clear();
    },
  };
};
