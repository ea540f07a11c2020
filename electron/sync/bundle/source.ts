/**
 * A checked bundle as a far side that can only be read. In memory is where each object lies; the object itself is read
 * from the file when it is asked for.
 */
import { createReadStream } from "node:fs";
import { BundleError } from "../../remote/bundle/errors.ts";
import type { VerifiedBag } from "../../remote/bundle/open.ts";
import { objectsPath } from "../../remote/bundle/pack.ts";
import { RemoteError } from "../../remote/errors.ts";
import { MARKER, type Page, type Ref, type Remote, type RemoteObject, type Stream } from "../../remote/remote.ts";
import type { Fields, SyncKind } from "../../../shared/sync/doc.ts";
import { createPointsMark, digestOf, fingerprintOf, readLine, type Heading, type ObjectLine } from "./lines.ts";
import { readLines } from "./line-reader.ts";

/** What is known of an object without reading it. */
export interface Place {
  readonly kind: SyncKind;
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly rev: number;
  readonly fingerprint: string;
  readonly at: readonly [from: number, to: number];
  pointsMark: string;
  pointsEnd: number;
}

export interface BundleSource extends Remote {
  readonly heading: Heading;
  /** In the order of the bundle. */
  readonly places: ReadonlyMap<string, Place>;
  readonly place: (kind: SyncKind, id: string) => Place | undefined;
  /** Every object, one at a time. */
  readonly objects: (
    signal?: AbortSignal,
  ) => AsyncIterable<{ readonly object: RemoteObject; readonly line: ObjectLine }>;
}

type Bag = Pick<VerifiedBag, "objectsFile" | "blobs" | "name">;

const PAGE = 500;
const NEVER = 0;
const keyOf = (kind: SyncKind, id: string): string => `${kind}/${id}`;

const nameOf = ({ kind, fields, label }: ObjectLine): string =>
  (kind === "model_version" ? fields["semver"] : fields["name"]) ?? label;

const bad = (what: string): BundleError => new BundleError("format", objectsPath, `${objectsPath} ${what}: refused.`);

/** What a bundle says of itself as notes or marks is not a field of the object. */
const fieldsOf = ({ fields, origin }: ObjectLine): Fields => ({ ...fields, [`tag/${MARKER}`]: origin });

const checkFiles = (object: ObjectLine, blobs: Bag["blobs"]): void => {
  for (const { path, size, sha256 } of object.files) {
    const blob = blobs.get(sha256);
    if (blob && blob.size !== size)
      throw bad(
        `says that '${path.slice(0, 80)}' of '${object.label.slice(0, 80)}' has ${size} bytes, and it has ${blob.size}`,
      );
  }
};

/** Reads all lines once: each is checked, and where it lies is kept. */
const index = async (bag: Bag, signal?: AbortSignal): Promise<{ heading: Heading; places: Map<string, Place> }> => {
  const places = new Map<string, Place>();
  let heading: Heading | undefined;
  let last: { place: Place; points: number; mark: ReturnType<typeof createPointsMark> } | undefined;
  let number = 0;
  const close = (): void => {
    if (!last) return;
    if (last.points !== 0) throw bad(`does not say how many points '${last.place.name.slice(0, 80)}' has`);
    last.place.pointsMark = last.mark.end();
    last = undefined;
  };
  for await (const { text, from, to } of readLines(bag.objectsFile)) {
    signal?.throwIfAborted();
    number += 1;
    const line = readLine(text, number);
    if ((line.is === "heading") !== (number === 1)) throw bad("does not begin with its heading");
    if (line.is === "heading") heading = line.heading;
    else if (line.is === "object") {
      close();
      const { object } = line;
      const { kind, uid, rev, parent } = object;
      if (places.has(keyOf(kind, uid))) throw bad(`has '${object.label.slice(0, 80)}' twice`);
      checkFiles(object, bag.blobs);
      const place: Place = { kind, id: uid, name: nameOf(object), parent, rev, fingerprint: fingerprintOf(rev, digestOf(object)), at: [from, to], pointsMark: "", pointsEnd: to }; // prettier-ignore
      places.set(keyOf(kind, uid), place);
      last = { place, points: 0, mark: createPointsMark() };
    } else if (line.is === "points") {
      if (!last) throw bad("has points of nothing");
      last.mark.add(line.points);
      last.points += line.points.length;
      last.place.pointsEnd = to;
    } else if (line.is === "sum") {
      if (last?.points !== line.points)
        throw bad(`lacks points of '${last?.place.name.slice(0, 80) ?? ""}', or has too many`);
      last.points = 0;
    } else close();
  }
  close();
  if (!heading) throw bad("is empty");
  return { heading, places };
};

const cut = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw new RemoteError("cancelled", "Cancelled.");
};

const readOnly = (): Promise<never> => Promise.reject(new RemoteError("forbidden", "A bundle can only be read."));
const notHeld = (): string => "A bundle can only be read";

/** @throws BundleError for the first line that is wrong. */
export const openSource = async (bag: Bag, signal?: AbortSignal): Promise<BundleSource> => {
  const { heading, places } = await index(bag, signal);
  const place = (kind: SyncKind, id: string): Place | undefined => places.get(keyOf(kind, id));
  const must = ({ kind, id }: Ref): Place => {
    const found = place(kind, id);
    if (!found) throw new RemoteError("gone", `The bundle has no ${kind} ${id}`);
    return found;
  };

  const lineOf = async ({ at: [from, to] }: Place): Promise<ObjectLine> => {
    for await (const { text } of readLines(bag.objectsFile, { from, to })) {
      const line = readLine(text, 0);
      if (line.is === "object") return line.object;
    }
    throw new RemoteError("corrupt", "The bundle was changed while it was read");
  };
  const toObject = (
    { kind, id, name, parent, rev, fingerprint, pointsMark }: Place,
    line: ObjectLine,
  ): RemoteObject => ({
    kind,
    id,
    name,
    parent,
    fields: fieldsOf(line),
    fingerprint,
    pointsMark,
    updatedAt: rev,
  });
  const view = async (found: Place): Promise<RemoteObject> => toObject(found, await lineOf(found));

  const inStream = (stream: Stream): readonly Place[] => {
    const all = [...places.values()];
    if (stream.of === "experiments") return all.filter(({ kind }) => kind === "experiment").reverse();
    if (stream.of === "runs")
      return all.filter(({ kind, parent }) => kind === "run" && parent === stream.experiment).reverse();
    const models = all.filter(({ kind }) => kind === "registered_model").reverse();
    const versions = Map.groupBy(all.filter(({ kind }) => kind === "model_version").reverse(), ({ parent }) => parent);
    const without = [...versions].flatMap(([parent, some]) => (place("registered_model", parent ?? "") ? [] : some));
    return [...models.flatMap((model) => [model, ...(versions.get(model.id) ?? [])]), ...without];
  };

  const list = async (stream: Stream, cursor: string | undefined, signal?: AbortSignal): Promise<Page> => {
    cut(signal);
    if (
      stream.of === "runs" &&
      ![...places.values()].some(({ kind, parent }) => kind === "run" && parent === stream.experiment)
    )
      must({ kind: "experiment", id: stream.experiment });
    const all = inStream(stream);
    const from = cursor === undefined ? 0 : Number(cursor);
    const objects = await Promise.all(all.slice(from, from + PAGE).map(view));
    return { objects, next: from + PAGE < all.length ? String(from + PAGE) : undefined, total: all.length };
  };

  async function* objects(signal?: AbortSignal) {
    for (const found of places.values()) {
      cut(signal);
      const line = await lineOf(found);
      yield { object: toObject(found, line), line };
    }
  }

  async function* points(ref: Ref, signal?: AbortSignal) {
    const { at, pointsEnd } = must(ref);
    for await (const { text } of readLines(bag.objectsFile, { from: at[1], to: pointsEnd })) {
      cut(signal);
      const line = readLine(text, 0);
      if (line.is === "points") yield line.points;
    }
  }

  const named = (kind: SyncKind, name: string, parent: string | null): Place | undefined =>
    places
      .values()
      .find((one) => one.kind === kind && one.name === name && (kind !== "model_version" || one.parent === parent));

  return {
    kind: "bundle",
    heading,
    places,
    place,
    objects,
    limits: { fileBytes: Number.MAX_SAFE_INTEGER, batch: 1, pointBatch: 1, noteBytes: 0, settleMs: NEVER },
    holds: notHeld,
    holdsPoint: notHeld,
    holdsFile: notHeld,
    list,
    points,
    probe: (signal) => {
      cut(signal);
      return Promise.resolve({
        identity: heading.workstation,
        title: bag.name,
        serverVersion: "1",
        user: "",
        rights: ["read", "search"],
        missing: [{ right: "write", why: notHeld() }],
        tokenExpires: undefined,
        capabilities: { file_sha256: true, metric_history: true },
        clockOffsetMs: 0,
      });
    },
    find: async (kind, name, parent, signal) => {
      cut(signal);
      const found = named(kind, name, parent);
      return found && view(found);
    },
    look: async ({ kind, marker }, signal) => {
      const found: RemoteObject[] = [];
      for await (const { object } of objects(signal))
        if (object.kind === kind && object.fields[`tag/${MARKER}`] === marker) found.push(object);
      return found;
    },
    read: async ({ kind, id }, signal) => {
      cut(signal);
      const found = place(kind, id);
      return found && view(found);
    },
    files: async (ref, signal) => {
      cut(signal);
      const { files } = await lineOf(must(ref));
      return files.map(({ path, size, sha256 }) => ({ path, size, sha256, twins: 0 }));
    },
    getFile: async (ref, path, { from }, signal) => {
      cut(signal);
      const { files } = await lineOf(must(ref));
      const blob = bag.blobs.get(files.find((file) => file.path === path)?.sha256 ?? "");
      if (!blob) throw new RemoteError("gone", `The bundle does not bring '${path}'`);
      const start = Math.min(from, blob.size);
      return { from: start, total: blob.size, etag: undefined, body: createReadStream(blob.path, { start }) };
    },
    create: readOnly,
    write: readOnly,
    logPoints: readOnly,
    putFile: readOnly,
    remove: readOnly,
    close: () => {},
  };
};
