/**
 * Downloads under way. Bytes wait under their digest until they are whole, so that only one may write there: whoever wants
 * the same ones joins it, a sync and readers alike. It ends early when the last of them has gone.
 */
import type { Local } from "./local.ts";

/** Told how many bytes of a file are here by now. */
export type OnBytes = (total: number) => void;

interface Transfer {
  readonly abort: AbortController;
  readonly listeners: Set<OnBytes>;
  /** Resolves with the digest once the bytes are whole and checked. */
  readonly done: Promise<string>;
  readers: number;
}

const byLocal = new WeakMap<Local, Map<string, Transfer>>();

const transfersOf = (local: Local): Map<string, Transfer> => {
  const known = byLocal.get(local) ?? new Map<string, Transfer>();
  byLocal.set(local, known);
  return known;
};

/** `work`, or the end of whoever waits for it. */
const orLeft = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });

const join = async (transfer: Transfer, signal: AbortSignal, onBytes: OnBytes): Promise<string> => {
  transfer.readers += 1;
  transfer.listeners.add(onBytes);
  try {
    return await orLeft(transfer.done, signal);
  } finally {
    transfer.listeners.delete(onBytes);
    transfer.readers -= 1;
    if (transfer.readers === 0) {
      transfer.abort.abort(signal.reason);
      await transfer.done.catch(() => undefined); // whoever comes next finds the file closed
    }
  }
};

export interface Sharing {
  /** What the bytes wait under. */
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onBytes: OnBytes;
}

/**
 * Runs `fetch`, or joins it where it is under way. The last one to leave stops it.
 * @throws what `fetch` throws; the signal's reason when it aborts.
 */
export const shareTransfer = async (
  local: Local,
  { key, signal, onBytes }: Sharing,
  fetch: (signal: AbortSignal, onBytes: OnBytes) => Promise<string>,
): Promise<string> => {
  const transfers = transfersOf(local);
  for (;;) {
    signal.throwIfAborted();
    const known = transfers.get(key);
    if (known && !known.abort.signal.aborted) return join(known, signal, onBytes);
    if (!known) break;
    await orLeft(
      known.done.then(
        () => undefined,
        () => undefined,
      ),
      signal,
    );
  }
  const abort = new AbortController();
  const listeners = new Set<OnBytes>();
  const tell: OnBytes = (total) => {
    for (const listener of listeners) listener(total);
  };
  const done = fetch(abort.signal, tell).finally(() => transfers.delete(key));
  const transfer: Transfer = { abort, listeners, done, readers: 0 };
  transfers.set(key, transfer);
  return join(transfer, signal, onBytes);
};
