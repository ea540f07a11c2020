/** Runs a job when it is its turn. */
export type Limit = <T>(job: () => Promise<T>) => Promise<T>;

/** At most so many jobs at once; the others wait their turn. */
export const createLimit = (most: number): Limit => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
};
