/** Objects as sync compares them: rows to plain text fields, in the names of shared/sync/doc.ts. */
import { loggedModelRoot, runRoot } from "../../../shared/artifact-path.ts";
import {
  originOf,
  type Fields,
  type FileFact,
  type LocalDoc,
  type Point,
  type SyncKind,
} from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";
import { steady } from "../steady.ts";
import {
  createDocRows,
  type DatasetFacts,
  type DocRows,
  type LoggedModelFacts,
  type PendingRev,
  type VersionFacts,
} from "./doc-rows.ts";
import { datasetText, loggedModelText, parseTags, type ModelMetric } from "./parts.ts";
import type { SyncStore } from "./sync-store.ts";

/** A version's own run has this tag from its version; it says nothing of its own. */
const OWN_NAME_TAG = "mlflow.runName";

/** Files of a logged model are below this folder of its run's. */
export const modelFolder = (modelId: string): string => `logged-models/${modelId}/`;

type Entry = readonly [field: string, value: string | null];
type Body = Pick<LocalDoc, "parent" | "label" | "fields" | "files" | "points" | "trashed">;

/** What is null or empty is unset, but for values that people give: there "" is a value. */
const toFields = (columns: readonly Entry[], values: readonly Entry[]): Fields => {
  const fields: Record<string, string> = {};
  for (const [field, value] of columns) if (value !== null && value !== "") fields[field] = value;
  for (const [field, value] of values) if (value !== null) fields[field] = value;
  return fields;
};

const under = (prefix: string, pairs: readonly (readonly [string, string])[]): Entry[] =>
  pairs.map(([key, value]) => [`${prefix}/${key}`, value]);

const datasetEntry = ({ tags, schema, profile, ...rest }: DatasetFacts): Entry => [
  `dataset/${rest.name}/${rest.digest}`,
  datasetText({
    ...rest,
    ...(schema === null ? {} : { schema }),
    ...(profile === null ? {} : { profile }),
    tags: parseTags(tags),
  }),
];

const loggedModelEntry = (rows: DocRows, runId: string, model: LoggedModelFacts): Entry => {
  const metrics = rows
    .loggedModelMetrics(model.id)
    .map(({ value, is_nan, run, dataset_name, dataset_digest, ...rest }): ModelMetric => ({
      ...rest,
      value: is_nan ? "NaN" : String(value),
      run: run === runId ? "" : run,
      ...(dataset_name === null ? {} : { dataset_name }),
      ...(dataset_digest === null ? {} : { dataset_digest }),
    }));
  return [
    `logged_model/${model.model_id}`,
    loggedModelText({
      name: model.name,
      ...(model.model_type ? { model_type: model.model_type } : {}),
      status: model.status,
      ...(model.status_message ? { status_message: model.status_message } : {}),
      created: model.creation_timestamp_ms,
      params: Object.fromEntries(rows.loggedModelParams(model.id)),
      tags: Object.fromEntries(rows.loggedModelTags(model.id)),
      metrics,
    }),
  ];
};

const createReaders = (rows: DocRows) => {
  const experiment = (uid: string): Body | undefined => {
    const row = rows.experiment(uid);
    return (
      row && {
        parent: null,
        label: row.name,
        fields: toFields([["name", row.name]], under("tag", rows.experimentTags(row.id))),
        files: [],
        points: 0,
        trashed: row.trashed_at !== null,
      }
    );
  };

  const run = (uid: string): Body | undefined => {
    const row = rows.run(uid);
    if (!row) return undefined;
    const models = rows.loggedModels(row.run_id);
    const files = models.flatMap((model): FileFact[] =>
      rows
        .filesBelow(loggedModelRoot(model.home, model.model_id))
        .map((file) => ({ ...file, path: modelFolder(model.model_id) + file.path })),
    );
    return {
      parent: row.parent,
      label: row.name || row.run_id,
      fields: toFields(
        [
          ["name", row.name],
          ["status", row.status],
          ["start_time", row.start_time],
          ["end_time", row.end_time],
          ["user_id", row.user_id],
          ["run_id", row.run_id],
        ],
        [
          ...rows.links("run", uid), // logged models that are in the trash here and on the far side
          ...under("param", rows.params(row.id)),
          ...under("tag", rows.runTags(row.id)),
          ...rows.datasets(row.id).map(datasetEntry),
          ...rows
            .models(row.id)
            .map(({ direction, model_id, step }): Entry => [`model/${direction}/${model_id}`, step]),
          ...models.map((model) => loggedModelEntry(rows, row.run_id, model)),
        ],
      ),
      files: [...rows.filesBelow(runRoot(row.home, row.run_id)), ...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
      points: rows.countPoints(row.id),
      trashed: row.trashed_at !== null,
    };
  };

  const registeredModel = (uid: string): Body | undefined => {
    const row = rows.model(uid);
    return (
      row && {
        parent: null,
        label: row.name,
        // An alias that is here counts; one that waits for its version is what it is there.
        fields: toFields(
          [
            ["name", row.name],
            ["description", row.description],
          ],
          [
            ...under("tag", rows.modelTags(row.id)),
            ...rows.links("registered_model", uid),
            ...under("alias", rows.aliases(row.id)),
          ],
        ),
        files: [],
        points: 0,
        trashed: row.trashed_at !== null,
      }
    );
  };

  const versionFields = (uid: string, row: VersionFacts): Fields => {
    const own = row.own_run;
    const runTags = own === null ? [] : rows.runTags(own).filter(([key]) => key !== OWN_NAME_TAG);
    return toFields(
      [
        ["semver", row.semver],
        ["number", String(row.version)],
        ["description", row.description],
        ["stage", row.current_stage],
        ["status", row.status],
        ["user_id", row.user_id],
        ["created", String(row.creation_timestamp)],
        ["source", row.source],
        ["run_link", row.run_link],
        ...rows.links("model_version", uid),
        ["run", row.run],
      ],
      [
        ...under("tag", rows.versionTags(row.id)),
        ...under("param", own === null ? [] : rows.params(own)),
        ...under("run_tag", runTags),
      ],
    );
  };

  const modelVersion = (uid: string): Body | undefined => {
    const row = rows.version(uid);
    return (
      row && {
        parent: row.parent,
        label: `${row.name} ${row.semver}`,
        fields: versionFields(uid, row),
        files: rows.versionFiles(row.id),
        points: row.own_run === null ? 0 : rows.countPoints(row.own_run),
        trashed: row.trashed_at !== null,
      }
    );
  };

  return { experiment, run, registered_model: registeredModel, model_version: modelVersion };
};

export type DocStore = ReturnType<typeof createDocStore>;

/** `workstation`: of this folder; what was pulled from another one keeps that one's name in its origin. */
export const createDocStore = (
  db: Database,
  origins: SyncStore["origins"],
  workstation: string,
  pendingRev: PendingRev = () => undefined,
) => {
  const rows = createDocRows(steady(db), pendingRev);
  const readers = createReaders(rows);

  return {
    rows,
    /** Undefined for what is unknown, gone for good, or part of another object (a version's own run). */
    read: (kind: SyncKind, uid: string): LocalDoc | undefined => {
      const body = readers[kind](uid);
      if (!body) return undefined;
      const origin = originOf(origins.workstationOf({ kind, uid }) ?? workstation, kind, uid);
      return { kind, uid, origin, ...body, rev: rows.rev(kind, uid) };
    },
    /** Pages of points of a run, or of a version's own run. */
    points: (kind: SyncKind, uid: string): Iterable<readonly Point[]> => {
      const run =
        kind === "run" ? rows.run(uid)?.id : kind === "model_version" ? rows.version(uid)?.own_run : undefined;
      return run === undefined || run === null ? [] : rows.points(run);
    },
    findByName: (kind: Exclude<SyncKind, "run">, name: string, parent: string | null): string | undefined => {
      if (kind === "experiment") return rows.experimentNamed(name);
      if (kind === "registered_model") return rows.modelNamed(name);
      return parent === null ? undefined : rows.versionNamed(parent, name);
    },
  };
};
