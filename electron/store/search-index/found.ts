/** What was found, as it is now: rows for the interface, none for what is deleted. */
import type { FindRow } from "../../../shared/api/outpost/find.ts";
import type { Database } from "../database.ts";
import { fold } from "./fold.ts";
import type { EntrySource } from "./kinds.ts";
import { createSearchTexts } from "./texts.ts";

const EXCERPT = 90;
const BEFORE = 24;

const NOTHING = {
  context: null,
  experiment_id: null,
  version: null,
  semver: null,
  digest: null,
  status: null,
  time: null,
  excerpt: null,
} as const;

/** Where the first of the words stands in the parts of a text. */
const excerptOf = (parts: readonly string[], words: readonly string[]): string | null => {
  for (const part of parts) {
    const line = part.replace(/\s+/g, " ").trim();
    const folded = fold(line);
    const at = words.map((word) => folded.indexOf(word)).find((index) => index >= 0);
    if (at === undefined) continue;
    // Folding may change the length; then the place is unknown, and the beginning is shown.
    const near = folded.length === line.length ? Math.max(0, at - BEFORE) : 0;
    const from = line.lastIndexOf(" ", near) + 1 || near;
    return `${from > 0 ? "…" : ""}${line.slice(from, from + EXCERPT)}${line.length > from + EXCERPT ? "…" : ""}`;
  }
  return null;
};

const ROLES = [
  ["metric", "latest_metrics"],
  ["param", "params"],
  ["tag", "run_tags"],
] as const;

/** Rows of one entry: a key is one thing for each of its roles, anything else one or none. */
type Reader = (id: number, words: readonly string[] | undefined) => FindRow[];

export const createFoundReader = (db: Database): Record<EntrySource, Reader> => {
  const texts = createSearchTexts(db);
  type Row = Partial<FindRow> & Pick<FindRow, "id" | "title">;
  const one = (sql: string) => db.prepare<[number], Row>(sql);
  const statements = {
    experiments:
      one(`SELECT CAST(id AS TEXT) AS id, name AS title, CAST(id AS TEXT) AS experiment_id, last_update_time AS time
      FROM experiments WHERE id = ? AND lifecycle_stage = 'active' AND model IS NULL`),
    runs: one(`SELECT r.run_id AS id, r.name AS title, e.name AS context, CAST(e.id AS TEXT) AS experiment_id, r.status,
      r.start_time AS time
      FROM runs r JOIN experiments e ON e.id = r.experiment WHERE r.id = ? AND r.lifecycle_stage = 'active' AND e.model IS NULL`),
    registered_models: one(`SELECT name AS id, name AS title, last_updated_timestamp AS time
      FROM registered_models WHERE id = ? AND trashed_at IS NULL`),
    model_versions:
      one(`SELECT m.name || '/' || v.version AS id, m.name AS title, CAST(v.version AS TEXT) AS version, v.semver,
      v.last_updated_timestamp AS time
      FROM model_versions v JOIN registered_models m ON m.id = v.model
      WHERE v.id = ? AND v.trashed_at IS NULL AND m.trashed_at IS NULL`),
    logged_models:
      one(`SELECT l.model_id AS id, l.name AS title, e.name AS context, CAST(e.id AS TEXT) AS experiment_id,
      l.creation_timestamp_ms AS time
      FROM logged_models l JOIN experiments e ON e.id = l.experiment WHERE l.id = ? AND l.lifecycle_stage = 'active'`),
    datasets: one(`SELECT d.name || '/' || d.digest AS id, d.name AS title, e.name AS context,
      CAST(e.id AS TEXT) AS experiment_id, d.digest
      FROM datasets d JOIN experiments e ON e.id = d.experiment WHERE d.id = ? AND e.lifecycle_stage = 'active'`),
  };
  const kinds = {
    experiments: "experiment",
    runs: "run",
    registered_models: "registered_model",
    model_versions: "model_version",
    logged_models: "logged_model",
    datasets: "dataset",
  } as const;
  const reader =
    (source: keyof typeof kinds): Reader =>
    (id, words) => {
      const row = statements[source].get(id);
      if (!row) return [];
      const excerpt = words ? excerptOf(texts[source](id)?.parts ?? [], words) : null;
      return [{ ...NOTHING, ...row, kind: kinds[source], excerpt }];
    };

  const roles = ROLES.map(([kind, table]) => ({
    kind,
    newest: db.prepare<[number], { experiment_id: string; context: string; title: string }>(
      `SELECT CAST(e.id AS TEXT) AS experiment_id, e.name AS context, k.name AS title FROM keys k JOIN experiments e
       WHERE k.id = ? AND e.lifecycle_stage = 'active' AND e.model IS NULL
         AND EXISTS (SELECT 1 FROM ${table} t WHERE t.experiment = e.id AND t.key = k.id)
       ORDER BY e.id DESC LIMIT 1`,
    ),
  }));
  const keys: Reader = (id) =>
    roles.flatMap(({ kind, newest }) => {
      const row = newest.get(id);
      return row ? [{ ...NOTHING, ...row, id: row.title, kind }] : [];
    });

  return {
    experiments: reader("experiments"),
    runs: reader("runs"),
    registered_models: reader("registered_models"),
    model_versions: reader("model_versions"),
    logged_models: reader("logged_models"),
    datasets: reader("datasets"),
    keys,
  };
};
