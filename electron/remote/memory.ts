/** A far side in memory, complete and without a network: for the simulator and for tests of what stands on `Remote`. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { FieldChanges, Point, SyncKind } from "../../shared/sync/doc.ts";
import { RemoteError } from "./errors.ts";
import { holdsFileIn, holdsIn, holdsPointIn, isLater } from "./memory-rules.ts";
import { type MemoryWorld, type Stored, nameOf, viewOf } from "./memory-world.ts";
import {
  MARKER,
  type Download,
  type FileSource,
  type NewObject,
  type Page,
  type Probe,
  type Ref,
  type Remote,
  type RemoteFile,
  type RemoteObject,
  type Right,
  type Search,
  type Stream,
  groupOf,
} from "./remote.ts";

export { type FieldRule, type MemoryOptions, poorMemory, richMemory } from "./memory-rules.ts";
export { type MemoryWorld, type Stored, createMemoryWorld } from "./memory-world.ts";

/** A call on its way: `before` it has its effect, and `after`, before it is answered. What it throws, the call throws. */
export interface MemoryCall {
  readonly method: keyof Remote;
  readonly args: readonly unknown[];
  readonly phase: "before" | "after";
}

export interface MemoryDeps {
  readonly fault?: (call: MemoryCall) => void | Promise<void>;
  /** What the token may; all when not said. */
  readonly rights?: readonly Right[];
  readonly identity?: string;
  readonly user?: string;
}

const rights: readonly Right[] = ["read", "search", "write", "upload", "delete"];
const writing: ReadonlySet<keyof Remote> = new Set(["create", "write", "logPoints", "putFile", "remove"]);
const rightFor: Partial<Record<keyof Remote, Right>> = {
  look: "search",
  create: "write",
  write: "write",
  logPoints: "write",
  putFile: "upload",
  remove: "delete",
};

const cut = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw new RemoteError("cancelled", "Cancelled.");
};

const invalid = (why: string): never => {
  throw new RemoteError("invalid", why, { status: 400 });
};

const taken = (kind: SyncKind, name: string): RemoteError =>
  new RemoteError("exists", `There is a ${kind} '${name}' already.`, { status: 400 });

/** Pages newest first: objects that come meanwhile move nothing, a cursor is the number of the last one shown. */
const pageOf = (found: readonly Stored[], cursor: string | undefined, size: number): readonly Stored[] =>
  found
    .filter((each) => cursor === undefined || each.seq < Number(cursor))
    .sort((a, b) => b.seq - a.seq)
    .slice(0, size);

const probeOf = (deps: MemoryDeps): Probe => {
  const has = deps.rights ?? rights;
  return {
    identity: deps.identity ?? "memory",
    title: "memory",
    serverVersion: "1",
    user: deps.user ?? "somebody",
    rights: has,
    missing: rights.filter((right) => !has.includes(right)).map((right) => ({ right, why: `No right to ${right}.` })),
    tokenExpires: undefined,
    capabilities: {},
    clockOffsetMs: 0,
  };
};

/** One workstation's way to `world`. */
export const createMemoryRemote = (world: MemoryWorld, deps: MemoryDeps = {}): Remote => {
  const { options } = world;
  const [holds, holdsPoint, holdsFile] = [holdsIn(options), holdsPointIn(options), holdsFileIn(options)];

  const call = async <T>(
    method: keyof Remote,
    args: readonly unknown[],
    signal: AbortSignal | undefined,
    effect: () => T | Promise<T>,
  ): Promise<T> => {
    cut(signal);
    await deps.fault?.({ method, args, phase: "before" });
    cut(signal);
    const right = rightFor[method] ?? "read";
    if (deps.rights && !deps.rights.includes(right))
      throw new RemoteError("forbidden", `No right to ${right}.`, { status: 403 });
    const result = await effect();
    world.count(method, writing.has(method));
    await deps.fault?.({ method, args, phase: "after" });
    return result;
  };

  const must = (ref: Ref): Stored => {
    const found = world.get(ref);
    if (!found) throw new RemoteError("gone", `There is no ${ref.kind} ${ref.id}.`, { status: 404 });
    return found;
  };
  const named = (kind: SyncKind, name: string, parent: string | null): Stored | undefined =>
    kind === "run"
      ? undefined
      : world
          .objects(kind)
          .find((each) => nameOf(each) === name && (kind !== "model_version" || each.parent === parent));

  const registry = (cursor: string | undefined): { shown: Stored[]; models: readonly Stored[] } => {
    const models = pageOf(world.objects("registered_model"), cursor, options.pageSize);
    const versions = world.objects("model_version").toReversed();
    return {
      models,
      shown: models.flatMap((model) => [model, ...versions.filter((each) => each.parent === model.id)]),
    };
  };

  const listed = (stream: Stream, cursor: string | undefined): Page => {
    if (stream.of === "registry") {
      const { models, shown } = registry(cursor);
      return { objects: shown.map(viewOf), next: nextOf(models, world.objects("registered_model")) };
    }
    if (stream.of === "runs") must({ kind: "experiment", id: stream.experiment });
    const all =
      stream.of === "runs"
        ? world.objects("run").filter((each) => each.parent === stream.experiment)
        : world.objects("experiment");
    const shown = pageOf(all, cursor, options.pageSize);
    return { objects: shown.map(viewOf), next: nextOf(shown, all), total: all.length };
  };
  const nextOf = (shown: readonly Stored[], all: readonly Stored[]): string | undefined => {
    const last = shown.at(-1);
    return last && all.some((each) => each.seq < last.seq) ? String(last.seq) : undefined;
  };

  const looked = (search: Search): readonly RemoteObject[] => {
    const until = search.until === undefined ? undefined : world.get({ kind: search.kind, id: search.until });
    return world
      .objects(search.kind)
      .filter((each) => each.parent === search.parent && (search.kind !== "run" || each.seq > (until?.seq ?? 0)))
      .filter((each) => {
        const marker = each.fields.get(`tag/${MARKER}`);
        const { kind, name, startTime } = search;
        if (marker !== undefined || kind !== "run") return marker === search.marker;
        return nameOf(each) === name && each.fields.get("start_time") === startTime;
      })
      .map(viewOf);
  };

  const create = (input: NewObject): RemoteObject => {
    if (input.parent !== null)
      must({ kind: input.kind === "run" ? "experiment" : "registered_model", id: input.parent });
    for (const [field, value] of Object.entries(input.fields)) {
      const answer = holds(input.kind, field, value, undefined);
      if (answer !== true) invalid(answer);
    }
    if (input.name.trim() === "" && input.kind !== "model_version") invalid("A name is missing.");
    if (named(input.kind, input.name, input.parent)) throw taken(input.kind, input.name);
    return viewOf(world.add(input));
  };

  const write = (ref: Ref, changes: FieldChanges): void => {
    const found = must(ref);
    const fields = Object.entries(changes);
    if (fields.length > options.limits.batch) invalid(`More than ${options.limits.batch} fields in one call.`);
    if (new Set(fields.map(([field]) => groupOf(field))).size > 1)
      invalid("Fields of more than one group in one call.");
    for (const [field, value] of fields) {
      const now = found.fields.get(field);
      const answer = holds(ref.kind, field, value, now);
      if (answer !== true) invalid(answer);
      if (value !== (now ?? null) && !isLater(options, ref.kind, field))
        invalid(`${field} is set at the creation only.`);
    }
    const renamed = changes["name"];
    const other = typeof renamed === "string" ? named(ref.kind, renamed, found.parent) : undefined;
    if (other && other !== found) throw taken(ref.kind, nameOf(other));
    world.edit(ref, changes);
  };

  const logPoints = (ref: Ref, points: readonly Point[]): void => {
    must(ref);
    if (points.length > options.limits.pointBatch)
      invalid(`More than ${options.limits.pointBatch} points in one call.`);
    for (const point of points) {
      const answer = holdsPoint(point);
      if (answer !== true) invalid(answer);
    }
    world.addPoints(ref, points);
  };

  const files = (ref: Ref): readonly RemoteFile[] =>
    [...must(ref).files].flatMap(([path, uploads]) => {
      const last = uploads.at(-1);
      const sha256 = options.digests ? last?.sha256 : undefined;
      return last ? [{ path, size: last.bytes.byteLength, sha256, twins: uploads.length - 1 }] : [];
    });

  const putFile = async (ref: Ref, file: FileSource, onBytes?: (sent: number) => void): Promise<void> => {
    must(ref);
    const answer = holdsFile(file.path);
    if (answer !== true) invalid(answer);
    if (file.size > options.limits.fileBytes)
      throw new RemoteError("too_large", `${file.path} has more than ${options.limits.fileBytes} bytes.`, {
        status: 413,
      });
    const bytes = await buffer(file.open());
    onBytes?.(bytes.byteLength);
    world.putBytes(ref, file.path, bytes);
  };

  const getFile = (ref: Ref, path: string, range: { from: number; etag: string | undefined }): Download => {
    const last = must(ref).files.get(path)?.at(-1);
    if (!last) throw new RemoteError("gone", `${path} is not there.`, { status: 404 });
    const etag = `"${last.sha256}"`;
    const isRange = options.ranges && (range.etag === undefined || range.etag === etag);
    const from = isRange ? Math.min(range.from, last.bytes.byteLength) : 0;
    const body = Readable.from([last.bytes.subarray(from)], { objectMode: false });
    return { from, total: last.bytes.byteLength, etag: options.ranges ? etag : undefined, body };
  };

  async function* points(ref: Ref, signal?: AbortSignal): AsyncIterable<readonly Point[]> {
    const all = await call("points", [ref], signal, () => [...must(ref).points]);
    for (let at = 0; at < all.length; at += options.limits.pointBatch) {
      cut(signal);
      yield all.slice(at, at + options.limits.pointBatch);
    }
  }

  return {
    kind: "memory",
    limits: options.limits,
    holds,
    holdsPoint,
    holdsFile,
    points,
    probe: (signal) => call("probe", [], signal, () => probeOf(deps)),
    list: (stream, cursor, signal) => call("list", [stream, cursor], signal, () => listed(stream, cursor)),
    find: (kind, name, parent, signal) =>
      call("find", [kind, name, parent], signal, () => {
        const found = named(kind, name, parent);
        return found && viewOf(found);
      }),
    look: (search, signal) => call("look", [search], signal, () => looked(search)),
    read: (ref, signal) => call("read", [ref], signal, () => world.view(ref)),
    create: (input, signal) => call("create", [input], signal, () => create(input)),
    write: (ref, changes, signal) => call("write", [ref, changes], signal, () => write(ref, changes)),
    logPoints: (ref, all, signal) => call("logPoints", [ref, all], signal, () => logPoints(ref, all)),
    files: (ref, signal) => call("files", [ref], signal, () => files(ref)),
    putFile: (ref, file, signal, onBytes) => call("putFile", [ref, file], signal, () => putFile(ref, file, onBytes)),
    getFile: (ref, path, range, signal) => call("getFile", [ref, path, range], signal, () => getFile(ref, path, range)),
    remove: (ref, signal) =>
      call("remove", [ref], signal, () => {
        must(ref);
        world.drop(ref);
      }),
    close: () => {},
  };
};
