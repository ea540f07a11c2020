/** The far side in memory: what is stored there, and how a test looks at it and changes it behind a sync's back. */
import { createHash } from "node:crypto";
import { nextSemver } from "../../shared/semver/semver.ts";
import { type FieldChanges, type Fields, type Point, type SyncKind, canonical } from "../../shared/sync/doc.ts";
import { RemoteError } from "./errors.ts";
import type { MemoryOptions } from "./memory-rules.ts";
import type { NewObject, Ref, RemoteObject } from "./remote.ts";

export interface StoredFile {
  readonly bytes: Buffer;
  readonly sha256: string;
}

export interface Stored {
  readonly kind: SyncKind;
  readonly id: string;
  readonly seq: number; // counts up over all objects
  readonly parent: string | null;
  readonly fields: Map<string, string>;
  readonly points: Point[];
  /** Uploads of a path, the oldest first. */
  readonly files: Map<string, StoredFile[]>;
  updatedAt: number;
}

/** One world for any number of adapters: each is a workstation of its own. */
export interface MemoryWorld {
  readonly options: MemoryOptions;
  /** Everything there is, the oldest first. */
  objects(kind?: SyncKind): readonly Stored[];
  get(ref: Ref): Stored | undefined;
  /** As an adapter shows it. */
  view(ref: Ref): RemoteObject | undefined;
  /** Calls that had their effect since the world began, or since `resetCounts`. */
  counts(): { readonly reads: number; readonly writes: number; readonly by: Readonly<Record<string, number>> };
  resetCounts(): void;
  // What somebody else does there; no rule of `options` stands in the way, and nothing is counted.
  add(input: NewObject): Stored;
  edit(ref: Ref, changes: FieldChanges): void;
  putBytes(ref: Ref, path: string, bytes: Uint8Array): void;
  addPoints(ref: Ref, points: readonly Point[]): void;
  drop(ref: Ref): void;
  /** Of the adapters: notes a call. */
  count(method: string, isWrite: boolean): void;
}

const nameField = (kind: SyncKind): string => (kind === "model_version" ? "semver" : "name");
export const nameOf = (stored: Stored): string => stored.fields.get(nameField(stored.kind)) ?? "";

/** Equal for equal points; NaN equals itself. */
const pointKey = (point: Point): string => `${point.key}\n${point.step}\n${point.timestamp}\n${String(point.value)}`;

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The object with what a listing shows. */
export const viewOf = (stored: Stored): RemoteObject => {
  const fields: Fields = Object.fromEntries(stored.fields);
  const pointsMark = stored.points.length === 0 ? "" : String(stored.points.length);
  return {
    kind: stored.kind,
    id: stored.id,
    name: nameOf(stored),
    parent: stored.parent,
    fields,
    fingerprint: digestOf(Buffer.from(canonical([fields, pointsMark]))),
    pointsMark,
    updatedAt: stored.updatedAt,
    webUrl: `memory:/${stored.kind}/${stored.id}`,
  };
};

/** Ids count up, time is `now`'s: the same calls make the same world. */
export const createMemoryWorld = (options: MemoryOptions, deps: { readonly now?: () => number } = {}): MemoryWorld => {
  const stored = new Map<string, Stored>();
  const calls = new Map<string, number>();
  let [seq, writes, reads] = [0, 0, 0];
  const now = deps.now ?? (() => 1_700_000_000_000 + seq);
  const keyOf = (ref: Ref): string => `${ref.kind}/${ref.id}`;
  const get = (ref: Ref): Stored | undefined => stored.get(keyOf(ref));

  const must = (ref: Ref): Stored => {
    const found = get(ref);
    if (!found) throw new RemoteError("gone", `There is no ${ref.kind} ${ref.id} any more.`);
    return found;
  };
  const objects = (kind?: SyncKind): readonly Stored[] =>
    [...stored.values()].filter((each) => kind === undefined || each.kind === kind);
  const childrenOf = (parent: Stored): readonly Stored[] =>
    objects(parent.kind === "experiment" ? "run" : "model_version").filter((each) => each.parent === parent.id);

  const nameFor = (input: NewObject): string => {
    if (input.kind !== "model_version" || input.fields["semver"] !== undefined || input.name !== "") return input.name;
    const last = objects("model_version").findLast((each) => each.parent === input.parent);
    return nextSemver(last && nameOf(last));
  };

  const add = (input: NewObject): Stored => {
    seq += 1;
    const { run_id: given, ...rest } = input.fields;
    const isGiven = options.clientIds && input.kind === "run" && given !== undefined;
    const fields = new Map(Object.entries(isGiven ? input.fields : rest));
    const name = nameFor(input);
    if (name !== "") fields.set(nameField(input.kind), name);
    const id = isGiven ? given : `${input.kind.slice(0, 1)}${seq}`;
    const made: Stored = { ...input, id, seq, fields, points: [], files: new Map(), updatedAt: now() };
    stored.set(keyOf(made), made);
    return made;
  };

  return {
    options,
    objects,
    get,
    view: (ref) => {
      const found = get(ref);
      return found && viewOf(found);
    },
    counts: () => ({ reads, writes, by: Object.fromEntries(calls) }),
    resetCounts: () => {
      [writes, reads] = [0, 0];
      calls.clear();
    },
    count: (method, isWrite) => {
      calls.set(method, (calls.get(method) ?? 0) + 1);
      if (isWrite) writes += 1;
      else reads += 1;
    },
    add,
    edit: (ref, changes) => {
      const found = must(ref);
      for (const [field, value] of Object.entries(changes))
        if (value === null) found.fields.delete(field);
        else found.fields.set(field, value);
      found.updatedAt = now();
    },
    putBytes: (ref, path, bytes) => {
      const { files } = must(ref);
      const uploads = options.keepsDuplicates ? (files.get(path) ?? []) : [];
      files.set(path, [...uploads, { bytes: Buffer.from(bytes), sha256: digestOf(bytes) }]);
    },
    addPoints: (ref, points) => {
      const found = must(ref);
      const known = options.keepsDuplicates ? undefined : new Set(found.points.map(pointKey));
      for (const point of points) {
        if (known?.has(pointKey(point))) continue;
        known?.add(pointKey(point));
        found.points.push(point);
      }
    },
    drop: (ref) => {
      const found = must(ref);
      if (found.kind === "experiment" || found.kind === "registered_model")
        for (const child of childrenOf(found)) stored.delete(keyOf(child));
      stored.delete(keyOf(found));
    },
  };
};
