/** This machine's side of a sync, over its store: reads objects as fields, writes what is pulled like any other change. */
import { Readable } from "node:stream";
import { DomainError } from "../../shared/errors.ts";
import type { FieldChanges, Point } from "../../shared/sync/doc.ts";
import type { ModelVersionRow } from "../store/model-versions.ts";
import type { Local, LocalRef, LocalWrites } from "./local.ts";
import { pointKey } from "./note-text.ts";
import { createAliasTaker, createObjects } from "./store-create.ts";
import { createFieldWriter } from "./store-fields.ts";
import { createStoreFiles } from "./store-files.ts";
import type { StoreLocalDeps } from "./store-parts.ts";

const gone = ({ kind, uid }: LocalRef): DomainError =>
  new DomainError("not_found", `The ${kind.replace("_", " ")} ${uid} is not here any more`);

/** Fields that name others are written after those they may need. */
const inOrder = (changes: FieldChanges): [string, string | null][] =>
  Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1));

const createWrites = (deps: StoreLocalDeps, files: ReturnType<typeof createStoreFiles>): LocalWrites => {
  const { stores, docs, registry, journal } = deps;
  const fields = createFieldWriter(deps);
  const create = createObjects(deps, fields);
  const takeAliases = createAliasTaker(deps, fields);

  const only = <T>(rows: readonly T[], ref: LocalRef): T => {
    const [row] = rows;
    if (row === undefined) throw gone(ref);
    return row;
  };
  const runRow = (ref: LocalRef) => {
    const facts = docs.rows.run(ref.uid);
    return only(facts ? stores.runs.byIds([facts.id]) : [], ref);
  };
  const versionRow = (ref: LocalRef) => {
    const facts = docs.rows.version(ref.uid);
    return only(facts ? stores.versions.byIds([facts.id]) : [], ref);
  };

  const putInVersion = (row: ModelVersionRow, field: string, value: string | null): void => {
    fields.version(row, field, value);
    const parent = field === "semver" ? docs.rows.version(row.uid)?.parent : undefined;
    if (parent === undefined) return;
    journal.mark("registered_model", parent); // its aliases name the version by that
    if (value !== null) takeAliases({ id: row.model, uid: parent }, value);
  };

  const writerOf = (
    ref: LocalRef,
  ): { subject: string; put: (field: string, value: string | null, before: string | undefined) => void } => {
    const { kind, uid } = ref;
    if (kind === "run") {
      const row = runRow(ref);
      return { subject: row.run_id, put: (field, value, before) => fields.run(row, field, value, before) };
    }
    if (kind === "model_version") {
      const row = versionRow(ref);
      return { subject: `${row.name}/${row.version}`, put: (field, value) => putInVersion(row, field, value) };
    }
    const facts = kind === "experiment" ? docs.rows.experiment(uid) : docs.rows.model(uid);
    if (!facts) throw gone(ref);
    const write = kind === "experiment" ? fields.experiment : fields.model;
    return { subject: facts.name, put: (field, value) => write({ id: facts.id, uid }, field, value) };
  };

  const set: LocalWrites["set"] = (ref, changes, over) => {
    const doc = docs.read(ref.kind, ref.uid);
    if (!doc) throw gone(ref);
    const valueOf = (field: string): string | undefined =>
      Object.hasOwn(doc.fields, field) ? doc.fields[field] : undefined;
    for (const [field, expected] of Object.entries(over))
      if (valueOf(field) !== expected)
        throw new DomainError(
          "conflict",
          `'${field}' of '${doc.label}' was changed here meanwhile: nothing was written`,
        );
    const moved = inOrder(changes).filter(([field, value]) => (value ?? undefined) !== valueOf(field));
    if (moved.length === 0) return;
    const { subject, put } = writerOf(ref);
    for (const [field, value] of moved) put(field, value, valueOf(field));
    journal.record({
      action: `${ref.kind.replace("_", "-")}.pull`,
      kind: ref.kind,
      uid: ref.uid,
      subject,
      before: Object.fromEntries(moved.map(([field]) => [field, valueOf(field) ?? null])),
      after: Object.fromEntries(moved),
    });
  };

  const addPoints = (ref: LocalRef, points: readonly Point[]): number => {
    if (ref.kind !== "run" && ref.kind !== "model_version")
      throw new DomainError("invalid", `A ${ref.kind.replace("_", " ")} has no metric points`);
    const run = ref.kind === "run" ? runRow(ref) : registry.ownRuns.of(versionRow(ref));
    const added = points.filter((point) => !docs.rows.hasPoint(run.id, point));
    if (added.length === 0) return 0;
    stores.metrics.log(run.id, run.experiment, added);
    journal.mark(ref.kind, ref.uid);
    return new Set(added.map(pointKey)).size;
  };

  return { create, set, addPoints, bindFiles: files.bindFiles, landFile: files.landFile };
};

const readableOf = (content: Buffer | Readable): Readable =>
  content instanceof Readable ? content : Readable.from(content.length === 0 ? [] : [content], { objectMode: false });

export const createStoreLocal = (deps: StoreLocalDeps): Local => {
  const { docs, blobs, partials, writer, caller, workstation } = deps;
  const files = createStoreFiles(deps);
  const writes = createWrites(deps, files);

  return {
    workstation,
    read: ({ kind, uid }) => docs.read(kind, uid),
    findByName: docs.findByName,
    points: ({ kind, uid }) => docs.points(kind, uid),
    hasBytes: files.hasBytes,
    openFile: ({ sha256, size }, from = 0) => {
      if (!files.hasBytes(sha256)) throw new DomainError("not_found", `The bytes of ${sha256} are not on this machine`);
      if (from >= size) return Readable.from([], { objectMode: false });
      return readableOf(
        from === 0 ? blobs.read({ sha256, size }) : blobs.read({ sha256, size }, { start: from, end: size - 1 }),
      );
    },
    partial: partials.open,
    write: (job) => writer.write(caller, () => job(writes)),
  };
};
