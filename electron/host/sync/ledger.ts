/** The ledger of network calls: taken in as they end, written in batches, so that no call waits for the disk. */
import type { NetworkCallRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";

type Call = Omit<NetworkCallRow, "id">;

export interface LedgerDeps {
  readonly state: Pick<SyncStore, "network">;
  readonly write: (job: () => void) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const FLUSH_MS = 500;
const MOST_WAITING = 1000;

export const createLedger = ({ state, write, onError }: LedgerDeps) => {
  let waiting: Call[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const calls = waiting;
    waiting = [];
    if (calls.length === 0) return;
    await write(() => {
      for (const call of calls) state.network.add(call);
    });
  };

  return {
    add: (call: Call): void => {
      waiting.push(call);
      if (waiting.length >= MOST_WAITING) void flush().catch(onError);
      else timer ??= setTimeout(() => void flush().catch(onError), FLUSH_MS).unref();
    },
    flush,
  };
};
