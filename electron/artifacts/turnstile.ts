/**
 * Lets jobs through in groups. Those that come while a group is under way go together in the next one, and a group is
 * answered as a whole: short uploads then share the journal commits of the file system and the commit of their rows.
 */
interface Waiting {
  readonly run: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export const createTurnstile = () => {
  let waiting: Waiting[] = [];
  let underWay = false;

  const next = async (): Promise<void> => {
    const group = waiting;
    waiting = [];
    const results = await Promise.allSettled(group.map((job) => job.run()));
    for (const [i, job] of group.entries()) {
      const result = results[i];
      if (result?.status === "rejected") job.reject(result.reason);
      else job.resolve();
    }
    underWay = waiting.length > 0;
    if (underWay) setImmediate(() => void next());
  };

  /** Runs `job` with the next group; settles as the job does, once its whole group is done. */
  return (run: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ run, resolve, reject });
      if (underWay) return;
      underWay = true;
      setImmediate(() => void next());
    });
};
