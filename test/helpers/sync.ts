import { createSyncStore } from "../../electron/store/sync/create.ts";
import type { Base } from "../../shared/sync/doc.ts";
import type { Kind } from "../../electron/store/journal.ts";
import { caller, setupStore } from "./store.ts";

export const noBase: Base = { fields: {}, files: {}, points: 0, points_mark: "" };

/** An in-memory store with one remote, `hub`; `change` marks an object as a domain would. */
export const setupSync = () => {
  const store = setupStore();
  const sync = createSyncStore(store.db, () => 1_700_000_000_000);
  const remote = sync.remotes.add({ name: "hub", kind: "gitlab", base_url: "https://git.example" });
  const write = <T>(job: () => T): Promise<T> => store.writer.write(caller, job);
  const uidOf = (table: string, id: number): string =>
    store.db.prepare<[number], string>(`SELECT uid FROM ${table} WHERE id = ?`).pluck().get(id) ?? "";
  const revOf = (kind: Kind, uid: string): number =>
    store.db
      .prepare<[string, string], number>("SELECT rev FROM changes WHERE kind = ? AND uid = ?")
      .pluck()
      .get(kind, uid) ?? 0;
  return {
    ...store,
    sync,
    remote: remote.id,
    write,
    uidOf,
    revOf,
    change: (kind: Kind, uid: string) => write(() => store.journal.mark(kind, uid)),
    candidates: () =>
      sync.candidates.page(remote.id, undefined, 100).items.map(({ kind, uid, remote_id }) => [kind, uid, remote_id]),
    /** A run of the default experiment, as its domain would make it. */
    newRun: (runId: string) =>
      write(() => {
        const uid = uidOf("runs", store.run(runId));
        store.journal.mark("run", uid);
        return uid;
      }),
    settle: (
      kind: "experiment" | "run" | "registered_model" | "model_version",
      uid: string,
      rev: number,
      remote_id: string,
    ) =>
      write(() =>
        sync.objects.settle(
          remote.id,
          { kind, uid },
          { base: noBase, rev, fingerprint: `f-${remote_id}`, note: 0, remote_id },
        ),
      ),
  };
};
