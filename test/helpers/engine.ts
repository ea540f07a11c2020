import { createMemoryRemote, type MemoryDeps } from "../../electron/remote/memory.ts";
import { createEngine } from "../../electron/sync/engine.ts";
import type { EngineDeps, SyncRequest } from "../../electron/sync/engine-types.ts";
import { setupWorkstation, type WorkstationSetup } from "./workstation.ts";

interface Setup extends WorkstationSetup {
  readonly deps?: Partial<EngineDeps>;
  readonly remote?: MemoryDeps;
  readonly accepted?: boolean;
}

/** A workstation with its engine; first contact is accepted unless a test says otherwise. */
export const setupEngine = async ({ deps = {}, remote = {}, accepted = true, ...rest }: Setup) => {
  const station = setupWorkstation({ ...rest });
  station.store.db.exec("DELETE FROM experiments"); // the default one, which is none of the objects in memory
  const abort = new AbortController();
  const at = { step: (_: string): void => {}, commit: (_: string): void | Promise<void> => {} };
  const build = () =>
    createEngine({
      remoteId: station.row.id,
      remote: createMemoryRemote(rest.world, { fault: (call) => station.faults.fault(call), ...remote }),
      local: station.local,
      state: station.state,
      clock: station.clock,
      random: () => 0.5,
      pace: 1,
      conditions: () => [],
      at: (step) => at.step(step),
      atCommit: (step) => at.commit(step),
      ...deps,
    });
  if (accepted) await station.local.write(() => station.state.remotes.update(station.row.id, { accepted_at: 1 }));
  let engine = build();
  const sync = (more: Partial<SyncRequest> = {}) =>
    engine.sync({ what: "push,pull", apply: "accepted", actor: "test", signal: abort.signal, ...more });
  const restart = (): void => {
    station.state.ops.recover();
    engine = build();
  };
  const rowNow = () => station.state.remotes.byName("hub") ?? station.row;
  return { ...station, abort, at, sync, restart, engine: () => engine, rowNow };
};
