/** A whole workstation in memory: objects that can be edited, a store that remembers, a remote that can fail. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createMemoryRemote, type MemoryCall, type MemoryWorld } from "../../electron/remote/memory.ts";
import type { SyncContext } from "../../electron/sync/context.ts";
import { createPushSession } from "../../electron/sync/ensure.ts";
import { changed } from "../../electron/sync/fields.ts";
import type { Local, LocalRef, LocalWrites, NewLocal, PartialFile, PulledFile } from "../../electron/sync/local.ts";
import { pointKey } from "../../electron/sync/note-text.ts";
import { itemPages } from "../../electron/sync/plan-items.ts";
import { planSync } from "../../electron/sync/plan.ts";
import type { PlanItem } from "../../electron/sync/plan-types.ts";
import { applyPull } from "../../electron/sync/pull.ts";
import { pushItem } from "../../electron/sync/push.ts";
import type { SyncWhat } from "../../electron/sync/report.ts";
import { conditions } from "../../electron/sync/rules.ts";
import { scan } from "../../electron/sync/scan.ts";
import { createSyncStore } from "../../electron/store/sync/create.ts";
import type { RemoteRow } from "../../electron/store/sync/rows.ts";
import { DomainError } from "../../shared/errors.ts";
import { originOf, type FieldChanges, type Fields, type LocalDoc, type Point } from "../../shared/sync/doc.ts";
import { createVirtualClock } from "./push.ts";
import { caller, setupStore } from "./store.ts";

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Rows that the store's triggers and queries want to see. */
const INSERT = {
  experiment: "INSERT INTO experiments (uid, name, creation_time, last_update_time) VALUES (@uid, @uid, 0, 0)",
  run: `INSERT INTO runs (uid, run_id, experiment, name, user_id, status)
    SELECT @uid, @uid, id, '', '', 'RUNNING' FROM experiments WHERE uid = @parent`,
  registered_model: `INSERT INTO registered_models (uid, name, creation_timestamp, last_updated_timestamp) VALUES (@uid, @uid, 0, 0)`,
  model_version: `INSERT INTO model_versions (uid, model, version, semver, source, creation_timestamp, last_updated_timestamp)
    SELECT @uid, id, abs(random()), @uid, '', 0, 0 FROM registered_models WHERE uid = @parent`,
};
const TABLE = {
  experiment: "experiments",
  run: "runs",
  registered_model: "registered_models",
  model_version: "model_versions",
};

const nameOf = (doc: Pick<LocalDoc, "kind" | "fields">): string | undefined =>
  doc.kind === "model_version" ? doc.fields["semver"] : doc.fields["name"];

const createLocal = (
  store: ReturnType<typeof setupStore>,
  state: ReturnType<typeof createSyncStore>,
  workstation: string,
) => {
  let docs = new Map<string, LocalDoc>();
  let points = new Map<string, readonly Point[]>();
  const blobs = new Map<string, Buffer>();
  const partials = new Map<string, Buffer>();
  let writes = 0;

  const find = ({ kind, uid }: LocalRef): LocalDoc => {
    const doc = docs.get(uid);
    if (doc?.kind !== kind) throw new DomainError("not_found", `No ${kind} ${uid}`);
    return doc;
  };
  const rev = store.db.prepare<[string, string], number>("SELECT rev FROM changes WHERE kind = ? AND uid = ?").pluck();
  /** As the write under way leaves it, else as of its last commit. */
  const current = (doc: LocalDoc): LocalDoc => ({
    ...doc,
    rev: store.journal.revOf(doc.kind, doc.uid) ?? rev.get(doc.kind, doc.uid) ?? 0,
  });
  const put = (doc: LocalDoc): void => {
    store.journal.mark(doc.kind, doc.uid);
    docs.set(doc.uid, { ...doc, label: nameOf(doc) ?? "" });
  };
  const findByName: Local["findByName"] = (kind, name, parent) =>
    [...docs.values()].find((doc) => doc.kind === kind && !doc.trashed && nameOf(doc) === name && (kind !== "model_version" || doc.parent === parent))?.uid; // prettier-ignore

  const create = ({ kind, uid, origin, parent, fields }: NewLocal): void => {
    if (docs.has(uid)) throw new DomainError("already_exists", `${uid} is here`);
    if (kind !== "run" && findByName(kind, nameOf({ kind, fields }) ?? "", parent) !== undefined)
      throw new DomainError("already_exists", "The name is taken");
    store.db.prepare(INSERT[kind]).run({ uid, parent });
    put({ kind, uid, origin, parent, label: "", fields, files: [], points: 0, rev: 0, trashed: false });
  };
  const set: LocalWrites["set"] = (ref, changes, over) => {
    const doc = find(ref);
    for (const [field, value] of Object.entries(over))
      if (doc.fields[field] !== value) throw new DomainError("conflict", `${field} moved`);
    const fields = changed(doc.fields, changes);
    if (JSON.stringify(Object.entries(fields).sort()) !== JSON.stringify(Object.entries(doc.fields).sort()))
      put({ ...doc, fields });
  };
  const addPoints: LocalWrites["addPoints"] = (ref, added) => {
    const doc = find(ref);
    const all = new Map([...(points.get(ref.uid) ?? []), ...added].map((point) => [pointKey(point), point]));
    if (all.size === doc.points) return 0;
    points.set(ref.uid, [...all.values()]);
    put({ ...doc, points: all.size });
    return all.size - doc.points;
  };
  const bind = (ref: LocalRef, { path, size, sha256, over }: Omit<PulledFile, "here">): boolean => {
    const doc = find(ref);
    const known = doc.files.find((file) => file.path === path);
    if (known?.sha256 === sha256) return true;
    if (known && known.sha256 !== over) return false;
    if (!blobs.has(sha256)) throw new DomainError("not_found", "no bytes");
    put({ ...doc, files: [...doc.files.filter((file) => file !== known), { path, size, sha256 }] });
    return true;
  };
  const heldBefore = (stub: LocalRef & { path: string; remote: number }): string | undefined =>
    stub.kind === "run" ? state.objects.find(stub.remote, stub)?.base?.files[stub.path] : undefined;
  const api: LocalWrites = {
    create,
    set,
    addPoints,
    bindFiles: (ref, files) => files.filter((file) => file.here && !bind(ref, file)).map(({ path }) => path),
    landFile: ({ sha256, size }) => {
      for (const stub of state.files.landed(sha256))
        if (bind(stub, { path: stub.path, sha256, size, over: heldBefore(stub) }))
          state.files.drop(stub.remote, stub, stub.path);
        else state.files.problem(stub.remote, stub, stub.path, "taken");
    },
  };
  const partial = (key: string): PartialFile => {
    const bytes = (): Buffer => partials.get(key) ?? Buffer.alloc(0);
    return {
      size: () => bytes().byteLength,
      append: async (from, body, signal, onBytes) => {
        partials.set(key, bytes().subarray(0, from));
        for await (const chunk of body) {
          signal?.throwIfAborted();
          partials.set(key, Buffer.concat([bytes(), Buffer.from(chunk)]));
          onBytes?.(bytes().byteLength);
        }
      },
      finish: ({ sha256, size }) => {
        const all = bytes();
        partials.delete(key);
        if (digestOf(all) !== sha256 || all.byteLength !== size)
          return Promise.reject(new DomainError("corrupt", "The bytes are other ones"));
        blobs.set(sha256, all);
        return Promise.resolve();
      },
      drop: () => Promise.resolve(void partials.delete(key)),
    };
  };
  const local: Local = {
    workstation,
    read: ({ kind, uid }) => {
      const doc = docs.get(uid);
      return doc?.kind === kind ? current(doc) : undefined;
    },
    findByName,
    *points({ uid }) {
      const all = points.get(uid) ?? [];
      for (let at = 0; at < all.length; at += 1000) yield all.slice(at, at + 1000);
    },
    hasBytes: (sha256) => blobs.has(sha256),
    openFile: ({ sha256 }, from = 0) =>
      Readable.from([blobs.get(sha256)?.subarray(from) ?? Buffer.alloc(0)], { objectMode: false }),
    partial,
    write: (job) =>
      store.writer.write(caller, () => {
        const before = [docs, points] as const;
        [docs, points] = [new Map(docs), new Map(points)];
        writes += 1;
        try {
          return job(api);
        } catch (error) {
          [docs, points] = before;
          throw error;
        }
      }),
  };
  return { local, put, api, blobs, all: () => [...docs.values()], doc: (id: string) => docs.get(id), counts: () => writes }; // prettier-ignore
};

/** mulberry32: the same numbers every time. */
export const createRandom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

export interface WorkstationSetup {
  readonly world: MemoryWorld;
  /** A digit: it names the workstation. */
  readonly name?: string;
  readonly row?: Partial<RemoteRow>;
}

export const setupWorkstation = ({ world, name = "1", row: rules = {} }: WorkstationSetup) => {
  const store = setupStore();
  const state = createSyncStore(store.db);
  const added = state.remotes.add({ name: "hub", kind: "gitlab", base_url: "https://git.example", ...rules });
  const workstation = name.repeat(32);
  const here = createLocal(store, state, workstation);
  const clock = createVirtualClock();
  const faults: { fault: (call: MemoryCall) => void | Promise<void> } = { fault: () => {} };
  const remote = createMemoryRemote(world, { fault: (call) => faults.fault(call) });
  const abort = new AbortController();
  const random = createRandom(name.charCodeAt(0));
  const context = (): SyncContext => ({
    row: state.remotes.byName("hub") ?? added,
    remote,
    local: here.local,
    state,
    clock,
    random,
    pace: 1,
    signal: abort.signal,
    underWay: new Map(),
    conditions,
    at: () => {},
    turn: () => Promise.resolve(),
    progress: () => {},
  });

  let made = 0;
  /** Makes an object here; its uid. */
  const make = async (kind: LocalDoc["kind"], fields: Fields, parent: string | null = null): Promise<string> => {
    made += 1;
    const uid = `${name}${made.toString(16).padStart(31, "0")}`;
    await here.local.write((writes) => writes.create({ kind, uid, origin: originOf(workstation, kind, uid), parent, fields })); // prettier-ignore
    return uid;
  };
  const edit = (uid: string, changes: FieldChanges): Promise<void> =>
    here.local.write((writes) => {
      const doc = here.doc(uid);
      if (doc) writes.set(doc, changes, {});
    });
  const trash = (uid: string): Promise<void> =>
    here.local.write(() => {
      const doc = here.doc(uid);
      if (!doc) return;
      store.db.prepare(`UPDATE ${TABLE[doc.kind]} SET trashed_at = 1 WHERE uid = ?`).run(uid);
      here.put({ ...doc, trashed: true });
    });
  const addFile = (uid: string, path: string, text: string, over?: string): Promise<unknown> => {
    const bytes = Buffer.from(text);
    const sha256 = digestOf(bytes);
    here.blobs.set(sha256, bytes);
    return here.local.write((writes) => {
      const doc = here.doc(uid);
      if (doc) writes.bindFiles(doc, [{ path, size: bytes.byteLength, sha256, here: true, over }]);
    });
  };
  /** Other bytes under a path that it has. */
  const replaceFile = (uid: string, path: string, text: string): Promise<unknown> => {
    const over = here.doc(uid)?.files.find((file) => file.path === path)?.sha256;
    return addFile(uid, path, text, over);
  };
  const removeFile = (uid: string, path: string): Promise<void> =>
    here.local.write(() => {
      const doc = here.doc(uid);
      if (doc) here.put({ ...doc, files: doc.files.filter((file) => file.path !== path) });
    });
  const addPoints = (uid: string, points: readonly Point[]): Promise<void> =>
    here.local.write((writes) => {
      const doc = here.doc(uid);
      if (doc) writes.addPoints(doc, points);
    });

  const plan = async (what: SyncWhat = "push,pull") => {
    const ctx = context();
    const planned = await planSync(ctx, { what });
    const items: PlanItem[] = [];
    if (planned.id !== undefined)
      for (const page of itemPages(ctx, planned.id)) items.push(...page.map(({ item }) => item));
    return { ...planned, items };
  };
  const pull = async (what: SyncWhat = "push,pull") => {
    const planned = await plan(what);
    const result = planned.id === undefined ? undefined : await applyPull(context(), planned.id);
    return { ...planned, result };
  };
  /** One whole sync: scan, plan, pull, push. */
  const sync = async (what: SyncWhat = "push,pull", full = false) => {
    await scan(context(), { full });
    const pulled = await pull(what);
    const session = createPushSession();
    for (const item of pulled.items)
      if (item.direction === "push") await pushItem(context(), item, { session }).catch(() => undefined);
    return pulled;
  };
  return { ...here, store, state, row: added, clock, faults, abort, remote, context, make, edit, trash, addFile, replaceFile, removeFile, addPoints, plan, pull, sync }; // prettier-ignore
};

export type Workstation = ReturnType<typeof setupWorkstation>;
