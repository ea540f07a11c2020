/** What a person sees of long work at a terminal: one line that is written over; nothing in a pipe, nothing with --json. */
import type { CommonOptions } from "./command.ts";

export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  readonly isShown: boolean;
  /** `of`: how far it is, in words. */
  readonly show: (what: string, of: string) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

export const createProgress = ({ json }: Pick<CommonOptions, "json">, screen: Screen = process.stderr): Progress => {
  const isShown = screen.isTTY === true && json !== true;
  let written = false;
  return {
    isShown,
    show: (what, of) => {
      if (!isShown) return;
      written = true;
      screen.write(`\r${what}: ${of}\u001b[K`);
    },
    end: () => {
      if (written) screen.write("\r\u001b[K");
      written = false;
    },
  };
};

/** Aborted by Ctrl-C for as long as `work` runs, which then ends by itself; without it the process would be gone at once. */
export const interruptible = async <T>(work: (interrupt: AbortSignal) => Promise<T>): Promise<T> => {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.on("SIGINT", stop);
  try {
    return await work(interrupt.signal);
  } finally {
    process.off("SIGINT", stop);
  }
};
