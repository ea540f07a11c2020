/** A timer that can be started over and over: for "nothing has come for so long". */
export interface Watch {
  /** Starts, or starts again. */
  start(): void;
  stop(): void;
}

export const createWatch = (ms: number, onLate: () => void): Watch => {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  return {
    stop,
    start: () => {
      stop();
      timer = setTimeout(onLate, ms);
    },
  };
};
