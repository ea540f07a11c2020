/** Fetches one file because somebody opened it: now, beside whatever sync runs, and with little patience. */
import type { SyncFileRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { bringFile, type BringOptions } from "./download.ts";
import type { EngineDeps } from "./engine-types.ts";
import { rowOf } from "./sync-run.ts";

/** Somebody waits: what two tries do not bring is for the next time. */
const ATTEMPTS = 2;

export type OpenDeps = Pick<EngineDeps, "remoteId" | "remote" | "local" | "state" | "clock" | "random" | "pace">;

/**
 * Brings a file here, as its digest says, and gives it its name; at most once, however many wait for it.
 * @throws RemoteError, DomainError; the signal's reason.
 */
export const openFile = async (
  deps: OpenDeps,
  file: SyncFileRow,
  signal: AbortSignal,
  options: Omit<BringOptions, "attempts">,
): Promise<void> => {
  const { remote, local, state, clock, random, pace } = deps;
  const ctx: SyncContext = {
    row: rowOf(deps),
    remote,
    local,
    state,
    clock,
    random,
    pace,
    signal,
    underWay: new Map(),
    conditions: [],
    at: () => {},
    turn: () => Promise.resolve(),
    progress: () => {},
  };
  await bringFile(ctx, file, { ...options, attempts: ATTEMPTS });
};
