/** What of each thing can be found: its name first, then what people write about it. */
import type { Database } from "../database.ts";
import type { EntrySource } from "./kinds.ts";

/** The text of one thing, as people see it. */
export interface EntryText {
  readonly title: string;
  readonly parts: readonly string[];
}

const MAX_PART = 400;
const MAX_NOTE = 1000;
const MAX_TAGS = 100;
const NOTE = "mlflow.note.content";
/** MLflow's own tags that people look for; the others are for machines. */
const FOUND_TAGS: ReadonlySet<string> = new Set(["mlflow.source.name", "mlflow.source.git.branch", "mlflow.user"]);

interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Values of tags; of those that MLflow sets only the telling ones, the note whole. */
const tagParts = (tags: readonly Tag[]): string[] =>
  tags.flatMap(({ key, value }) => {
    if (key === NOTE) return [value.slice(0, MAX_NOTE)];
    return key.startsWith("mlflow.") && !FOUND_TAGS.has(key) ? [] : [value.slice(0, MAX_PART)];
  });

const present = (...parts: readonly (string | null)[]): string[] => parts.filter((part) => part !== null);

/** One reader for each table, by the row's id; undefined where there is no such row (any more). */
export const createSearchTexts = (db: Database): Record<EntrySource, (id: number) => EntryText | undefined> => {
  const tagsOf = (table: string, owner: string) =>
    db.prepare<[number], Tag>(
      `SELECT key, substr(value, 1, ${MAX_NOTE}) AS value FROM ${table} WHERE ${owner} = ? LIMIT ${MAX_TAGS}`,
    );
  const experiment = db.prepare<[number], string>("SELECT name FROM experiments WHERE id = ?").pluck();
  const experimentTags = tagsOf("experiment_tags", "experiment");
  const run = db.prepare<[number], { name: string; user_id: string }>("SELECT name, user_id FROM runs WHERE id = ?");
  const runTags = db.prepare<[number], Tag>(
    `SELECT keys.name AS key, substr(t.value, 1, ${MAX_NOTE}) AS value
     FROM run_tags t JOIN keys ON keys.id = t.key WHERE t.run = ? LIMIT ${MAX_TAGS}`,
  );
  const model = db.prepare<[number], { name: string; description: string | null }>(
    `SELECT name, substr(description, 1, ${MAX_NOTE}) AS description FROM registered_models WHERE id = ?`,
  );
  const modelTags = tagsOf("registered_model_tags", "model");
  const version = db.prepare<
    [number],
    { name: string; version: number; semver: string; description: string | null; user_id: string | null }
  >(
    `SELECT m.name, v.version, v.semver, substr(v.description, 1, ${MAX_NOTE}) AS description, v.user_id
     FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v.id = ?`,
  );
  const versionTags = tagsOf("model_version_tags", "version");
  const aliases = db.prepare<[number], string>("SELECT alias FROM aliases WHERE version = ?").pluck();
  const loggedModel = db.prepare<[number], { name: string; model_id: string; model_type: string | null }>(
    "SELECT name, model_id, model_type FROM logged_models WHERE id = ?",
  );
  const loggedModelTags = tagsOf("logged_model_tags", "model");
  const dataset = db.prepare<[number], { name: string; digest: string }>(
    "SELECT name, digest FROM datasets WHERE id = ?",
  );
  const key = db.prepare<[number], string>("SELECT name FROM keys WHERE id = ?").pluck();

  return {
    experiments: (id) => {
      const name = experiment.get(id);
      return name === undefined ? undefined : { title: name, parts: tagParts(experimentTags.all(id)) };
    },
    runs: (id) => {
      const row = run.get(id);
      return row && { title: row.name, parts: [row.user_id, ...tagParts(runTags.all(id))] };
    },
    registered_models: (id) => {
      const row = model.get(id);
      return row && { title: row.name, parts: [...present(row.description), ...tagParts(modelTags.all(id))] };
    },
    model_versions: (id) => {
      const row = version.get(id);
      if (!row) return undefined;
      const names = [row.semver, `v${row.version}`, ...aliases.all(id).map((alias) => `@${alias}`)];
      const about = [...present(row.description, row.user_id), ...tagParts(versionTags.all(id))];
      return { title: row.name, parts: [...names, ...about] };
    },
    logged_models: (id) => {
      const row = loggedModel.get(id);
      return (
        row && {
          title: row.name,
          parts: [row.model_id, ...present(row.model_type), ...tagParts(loggedModelTags.all(id))],
        }
      );
    },
    datasets: (id) => {
      const row = dataset.get(id);
      return row && { title: row.name, parts: [row.digest] };
    },
    keys: (id) => {
      const name = key.get(id);
      return name === undefined ? undefined : { title: name, parts: [] };
    },
  };
};
