/** Lets others have the thread: what reads a whole store does it in small pieces, since people log meanwhile. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Between two pieces of work. Throws when it was cancelled. */
export type Turn = () => Promise<void>;

const PIECES = 100;

export const createTurn = (signal?: AbortSignal): Turn => {
  let count = 0;
  return async () => {
    signal?.throwIfAborted();
    count += 1;
    if (count % PIECES === 0) await nextTurn();
  };
};
