/** Page sizes that follow the answers: as many objects as fit about 8 MB, whatever they weigh. */
import { RemoteError } from "../errors.ts";

const WANTED_BYTES = 8 * 1024 * 1024;
/** A single object may be as long as this: a run comes with every point it ever logged. */
const LONGEST_BYTES = 256 * 1024 * 1024;
const MOST = 1000; // what GitLab clamps to

export interface Adaptive {
  /** Calls `fetch` with a size, and again with half of it when the answer is too long. `weigh`: bytes, about. */
  page<T>(fetch: (size: number, maxBytes: number) => Promise<T>, weigh: (page: T) => number): Promise<T>;
}

export const createAdaptive = (first: number): Adaptive => {
  let size = first;
  return {
    page: async (fetch, weigh) => {
      for (;;) {
        const asked = size;
        try {
          const page = await fetch(asked, asked > 1 ? WANTED_BYTES : LONGEST_BYTES);
          const bytes = weigh(page);
          if (bytes < WANTED_BYTES / 4) size = Math.min(asked * 2, MOST);
          else if (bytes > WANTED_BYTES / 2) size = Math.max(Math.floor(asked / 2), 1);
          return page;
        } catch (error) {
          if (!(error instanceof RemoteError) || error.trouble !== "too_large" || asked === 1) throw error;
          size = Math.max(Math.floor(asked / 2), 1);
        }
      }
    },
  };
};

/** Runs `work` on all items, a few at a time, and gives the results in their order. */
export const inParallel = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return results;
};
