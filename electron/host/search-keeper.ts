/**
 * Keeps the search index up to date without logging ever waiting for it: a few milliseconds at a time, more often while
 * nothing else is written, and right before somebody searches.
 */
import type { SearchIndex } from "../store/search-index/search-index.ts";
import type { Writer } from "../store/writer.ts";

export interface SearchKeeperDeps {
  readonly index: SearchIndex;
  readonly write: Writer["write"];
  /** Calls its listener after each commit that changed something; returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly onError: (error: unknown) => void;
}

const CALLER = { actor: "outpost", surface: "search-index" };
/** How long one step may hold the writer's thread. */
const STEP_MS = 8;
/** How long a search waits for the index at most; what is not in it by then is told. */
const SEARCH_MS = 150;
const START_MS = 2000;
const QUIET_MS = 500;
/** Between steps: while nobody writes, and while somebody does. */
const PAUSE_MS = 30;
const BUSY_PAUSE_MS = 1000;

export const createSearchKeeper = ({ index, write, subscribe, onError }: SearchKeeperDeps) => {
  let lastCommit = -Infinity;

  const step = (): Promise<boolean> => {
    return write(CALLER, () => {
      const end = performance.now() + STEP_MS;
      return index.step(() => performance.now() < end);
    });
  };

  /** Takes in what has changed, for a moment at most; gives about how much is left. */
  const catchUp = async (): Promise<number> => {
    const end = performance.now() + SEARCH_MS;
    try {
      while ((await step()) && performance.now() < end);
    } catch (error) {
      onError(error); // a store that takes no writes is searched as it was indexed last
    }
    return index.behind();
  };

  /** From now on follows changes by itself; returns how to stop. */
  const start = (): (() => void) => {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const plan = (ms: number): void => {
      if (stopped || timer) return;
      timer = setTimeout(() => void run(), ms);
      timer.unref();
    };
    const run = async (): Promise<void> => {
      try {
        const more = await step();
        timer = undefined;
        if (more) plan(performance.now() - lastCommit < QUIET_MS ? BUSY_PAUSE_MS : PAUSE_MS);
      } catch (error) {
        timer = undefined;
        if (!stopped) onError(error);
      }
    };
    const unsubscribe = subscribe(() => {
      lastCommit = performance.now();
      plan(BUSY_PAUSE_MS);
    });
    plan(START_MS);
    return () => {
      stopped = true;
      unsubscribe();
      clearTimeout(timer);
    };
  };

  return { catchUp, start };
};
