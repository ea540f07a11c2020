import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { RemoteError } from "../../electron/remote/errors.ts";
import {
  createMemoryRemote,
  createMemoryWorld,
  poorMemory,
  type MemoryCall,
  type MemoryOptions,
  type MemoryWorld,
} from "../../electron/remote/memory.ts";
import type { Remote } from "../../electron/remote/remote.ts";
import type { SyncContext } from "../../electron/sync/context.ts";
import { createPushSession } from "../../electron/sync/ensure.ts";
import type { Local } from "../../electron/sync/local.ts";
import type { PlanItem } from "../../electron/sync/plan-types.ts";
import { pushItem } from "../../electron/sync/push.ts";
import type { PushOptions } from "../../electron/sync/push-work.ts";
import { recoverAll } from "../../electron/sync/recovery.ts";
import { createSyncStore } from "../../electron/store/sync/create.ts";
import { originOf, type Fields, type LocalDoc, type Point, type SyncKind } from "../../shared/sync/doc.ts";
import { caller, setupStore } from "./store.ts";

export const WORKSTATION = "0".repeat(31) + "1";
export const uid = (n: number): string => n.toString(16).padStart(32, "0");
export const lost = (): RemoteError => new RemoteError("unavailable", "The answer did not come", { maybeDone: true });

/** The end of the process at a named step. */
export class Killed extends Error {}

/** Time that passes only while somebody sleeps; what was put off happens on the way. */
export const createVirtualClock = (start = 1_700_000_000_000) => {
  let [now, skew] = [start, 0];
  const due: { at: number; job: () => void }[] = [];
  const advance = (ms: number): void => {
    now += ms;
    for (const one of due.splice(0)) if (one.at <= now) one.job();
      else due.push(one); // prettier-ignore
  };
  return {
    now: () => now + skew,
    monotonic: () => now,
    sleep: (ms: number, signal: AbortSignal): Promise<void> => {
      signal.throwIfAborted();
      advance(ms);
      return Promise.resolve();
    },
    advance,
    /** Sets the wall clock; no time passes. */
    jump: (ms: number): void => void (skew += ms),
    later: (ms: number, job: () => void): void => void due.push({ at: now + ms, job }),
  };
};

/** This machine's side, in memory: what a test puts in. */
const createMemoryLocal = (write: <T>(job: () => T) => Promise<T>) => {
  const docs = new Map<string, LocalDoc>();
  const points = new Map<string, readonly Point[]>();
  const blobs = new Map<string, Buffer>();
  const refuse = (): never => {
    throw new Error("A push writes nothing here");
  };
  const local: Local = {
    workstation: WORKSTATION,
    read: (ref) => docs.get(ref.uid),
    findByName: () => undefined,
    *points(ref) {
      const all = points.get(ref.uid) ?? [];
      for (let at = 0; at < all.length; at += 1000) yield all.slice(at, at + 1000);
    },
    hasBytes: (sha256) => blobs.has(sha256),
    openFile: ({ sha256 }, from = 0) =>
      Readable.from([blobs.get(sha256)?.subarray(from) ?? Buffer.alloc(0)], { objectMode: false }),
    partial: refuse,
    write: (job) =>
      write(() => job({ create: refuse, set: refuse, addPoints: refuse, bindFiles: refuse, landFile: refuse })),
  };
  return { local, docs, points, blobs };
};

export interface PushSetup {
  readonly options?: MemoryOptions;
  readonly world?: MemoryWorld;
}

/** A push of objects that a test puts together, onto a far side in memory whose faults it decides. */
export const setupPush = ({ options = poorMemory, world = createMemoryWorld(options) }: PushSetup = {}) => {
  const store = setupStore();
  const state = createSyncStore(store.db);
  const row = state.remotes.add({ name: "hub", kind: "gitlab", base_url: "https://git.example" });
  const write = <T>(job: () => T): Promise<T> => store.writer.write(caller, job);
  const here = createMemoryLocal(write);
  const clock = createVirtualClock();
  const faults: { fault: (call: MemoryCall) => void; at: (step: string) => void } = { fault: () => {}, at: () => {} };
  const remote: Remote = createMemoryRemote(world, { fault: (call) => faults.fault(call) });
  const steps: string[] = [];
  const abort = new AbortController();
  const ctx: SyncContext = {
    row,
    remote,
    local: here.local,
    state,
    clock,
    random: () => 0.5,
    pace: 1,
    signal: abort.signal,
    underWay: new Map(),
    conditions: [],
    at: (step) => {
      steps.push(step);
      faults.at(step);
    },
    turn: () => Promise.resolve(),
    progress: () => {},
  };
  const session = createPushSession();

  /** Puts an object here, or changes it. */
  const put = (kind: SyncKind, n: number, fields: Fields, more: Partial<LocalDoc> = {}): LocalDoc => {
    const known = here.docs.get(uid(n));
    const doc: LocalDoc = {
      kind,
      uid: uid(n),
      origin: originOf(WORKSTATION, kind, uid(n)),
      parent: known?.parent ?? null,
      label: fields["name"] ?? fields["semver"] ?? "",
      fields,
      files: known?.files ?? [],
      points: known?.points ?? 0,
      trashed: false,
      ...more,
      rev: (known?.rev ?? 0) + 1,
    };
    here.docs.set(doc.uid, doc);
    return doc;
  };
  const file = (path: string, text: string) => {
    const bytes = Buffer.from(text);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    here.blobs.set(sha256, bytes);
    return { path, size: bytes.byteLength, sha256 };
  };
  const itemOf = (doc: LocalDoc, over: Partial<PlanItem> = {}): PlanItem => ({
    direction: "push",
    action: "create",
    kind: doc.kind,
    uid: doc.uid,
    remote_id: null,
    label: doc.label,
    counts: { fields: 0, points: 0, files: 0, bytes: 0 },
    reason: "",
    reversible: true,
    losses: [],
    expects: { rev: doc.rev, fingerprint: null },
    ...over,
  });
  const push = (doc: LocalDoc, over: Partial<PlanItem> = {}, more: Partial<PushOptions> = {}) =>
    pushItem(ctx, itemOf(doc, over), { session, ...more });
  /** A new process on the same stores: what was under way is looked for, then all is pushed again. */
  const restart = async (...docs: readonly LocalDoc[]): Promise<void> => {
    faults.at = () => {};
    faults.fault = () => {};
    state.ops.recover();
    ctx.underWay.clear();
    await recoverAll(ctx, session);
    for (const doc of docs) await push(doc);
  };
  const setPoints = (n: number, all: readonly Point[]): void => {
    here.points.set(uid(n), all);
    const doc = here.docs.get(uid(n));
    if (doc) here.docs.set(doc.uid, { ...doc, points: all.length, rev: doc.rev + 1 });
  };
  const read = (n: number): LocalDoc => {
    const doc = here.docs.get(uid(n));
    if (!doc) throw new Error(`There is no object ${n}`);
    return doc;
  };
  return { ctx, state, row, world, clock, faults, steps, session, abort, here, put, file, itemOf, push, restart, setPoints, read }; // prettier-ignore
};

export type PushTest = ReturnType<typeof setupPush>;

/** An experiment with a run of everything, and a model with a version of everything. */
export const fillPush = (test: PushTest) => {
  const experiment = test.put("experiment", 1, { name: "training", "tag/team": "vision" });
  test.put("run", 2, runFields, { parent: experiment.uid, files: [test.file("model/weights.bin", "w".repeat(50))] });
  test.setPoints(2, points(5));
  const model = test.put("registered_model", 3, { name: "classifier", description: "Cats and dogs", "tag/team": "v" });
  const version = test.put("model_version", 4, { semver: "1.0.0", description: "First", "tag/stage": "ready" }, {
    parent: model.uid,
    files: [test.file("weights.bin", "version")],
  }); // prettier-ignore
  return { experiment, run: test.read(2), model, version };
};

const runFields: Fields = {
  name: "first",
  status: "FINISHED",
  start_time: "1700000000000",
  end_time: "1700000060000",
  "param/lr": "0.1",
  "param/epochs": "3",
  "tag/note": "good",
};

export const points = (count: number, key = "loss"): readonly Point[] =>
  Array.from({ length: count }, (_, step) => ({
    key,
    step,
    timestamp: 1_700_000_000_000 + step,
    value: 1 / (step + 1),
  }));
