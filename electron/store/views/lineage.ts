import type { Lineage, VersionRef } from "../../../shared/api/outpost/lineage.ts";
import type { Registrable } from "../../../shared/api/outpost/models.ts";
import type { Database } from "../database.ts";
import { containing } from "./values.ts";

export type LineageViews = ReturnType<typeof createLineageViews>;

interface Start {
  readonly id: number;
  readonly model: number;
  readonly name: string;
  readonly version: string;
  readonly semver: string;
  readonly source: string;
  readonly run_id: string | null;
  readonly model_id: string | null;
}
interface Run {
  readonly id: number;
  readonly run_id: string;
  readonly run_name: string;
  readonly experiment_id: string;
  readonly experiment_name: string;
  readonly deleted: number;
}
type Ref = Omit<VersionRef, "aliases"> & { id: number };
type LoggedModel = NonNullable<Lineage["logged_model"]>;

const MAX_SIBLINGS = 200;
const REF = `SELECT v.id, m.name, CAST(v.version AS TEXT) AS version, v.semver
  FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v.trashed_at IS NULL AND m.trashed_at IS NULL`;
const FROM_VERSION = /^models:\/([^/]+)\/(\d+)$/;

/** What lies behind a version, and what else was made of it. */
export const createLineageViews = (db: Database) => {
  const start = db.prepare<{ name: string; version: string }, Start>(`
    SELECT v.id, v.model, m.name, CAST(v.version AS TEXT) AS version, v.semver, v.source,
      nullif(v.run_id, '') AS run_id, v.model_id
    FROM model_versions v JOIN registered_models m ON m.id = v.model
    WHERE m.name = @name AND m.trashed_at IS NULL AND v.trashed_at IS NULL
      AND (CAST(v.version AS TEXT) = @version OR v.semver = @version)`);
  const isOwn = db.prepare<[number, string], number>(
    "SELECT 1 FROM model_versions v JOIN runs r ON r.id = v.own_run WHERE v.id = ? AND r.run_id = ?",
  );
  const run = db.prepare<[string], Run>(`
    SELECT r.id, r.run_id, r.name AS run_name, CAST(r.experiment AS TEXT) AS experiment_id, e.name AS experiment_name,
      r.lifecycle_stage = 'deleted' AS deleted
    FROM runs r JOIN experiments e ON e.id = r.experiment WHERE r.run_id = ?`);
  const datasets = db.prepare<[number], Lineage["datasets"][number]>(`
    SELECT d.name, d.digest, rd.context FROM run_datasets rd JOIN datasets d ON d.id = rd.dataset
    WHERE rd.run = ? ORDER BY d.name, d.digest`);
  const modelsRead = db.prepare<[number], LoggedModel>(`
    SELECT rm.model_id, coalesce(m.name, rm.model_id) AS name, CAST(m.experiment AS TEXT) AS experiment_id
    FROM run_models rm LEFT JOIN logged_models m ON m.model_id = rm.model_id
    WHERE rm.run = ? AND rm.direction = 'input' ORDER BY name`);
  const loggedModel = db.prepare<[string], LoggedModel>(
    "SELECT model_id, name, CAST(experiment AS TEXT) AS experiment_id FROM logged_models WHERE model_id = ?",
  );
  const one = db.prepare<[string, string], Ref>(`${REF} AND m.name = ? AND v.version = CAST(? AS INTEGER)`);
  const byLoggedModel = db.prepare<[string, number], Ref>(
    `${REF} AND v.model_id = ? AND v.id <> ? ORDER BY m.name, v.version LIMIT ${MAX_SIBLINGS}`,
  );
  const byRun = db.prepare<[string, number], Ref>(
    `${REF} AND v.run_id = ? AND v.id <> ? ORDER BY m.name, v.version LIMIT ${MAX_SIBLINGS}`,
  );
  const aliases = db.prepare<[number], string>("SELECT alias FROM aliases WHERE version = ? ORDER BY alias").pluck();

  const toRef = ({ id, name, version, semver }: Ref): VersionRef => ({
    name,
    version,
    semver,
    aliases: aliases.all(id),
  });
  const copiedFrom = ({ source }: Start): VersionRef | null => {
    const [, name, version] = FROM_VERSION.exec(source) ?? [];
    const row = name === undefined || version === undefined ? undefined : one.get(name, version);
    return row ? toRef(row) : null;
  };
  const toRun = (runId: string, row: Run | undefined): NonNullable<Lineage["run"]> =>
    row
      ? {
          run_id: row.run_id,
          run_name: row.run_name,
          experiment_id: row.experiment_id,
          experiment_name: row.experiment_name,
          deleted: row.deleted === 1,
        }
      : { run_id: runId, run_name: null, experiment_id: null, experiment_name: null, deleted: false };

  /** By MLflow's integer or by the semantic version. */
  const of = (name: string, version: string): Lineage | undefined => {
    const row = start.get({ name, version });
    if (!row) return undefined;
    const runId = row.run_id !== null && isOwn.get(row.id, row.run_id) === undefined ? row.run_id : null;
    const source = runId === null ? undefined : run.get(runId);
    const siblings =
      row.model_id !== null ? byLoggedModel.all(row.model_id, row.id) : runId === null ? [] : byRun.all(runId, row.id);
    return {
      datasets: source ? datasets.all(source.id) : [],
      models_read: source ? modelsRead.all(source.id) : [],
      run: runId === null ? null : toRun(runId, source),
      logged_model:
        row.model_id === null
          ? null
          : (loggedModel.get(row.model_id) ?? { model_id: row.model_id, name: row.model_id, experiment_id: null }),
      copied_from: copiedFrom(row),
      version: toRef(row),
      siblings: siblings.map(toRef),
    };
  };

  return { of, ...createRegistrables(db) };
};

type RegistrableRow = Omit<Registrable, "versions" | "files" | "size"> & { root: string };

/** Logged models that a version can be made of. */
const createRegistrables = (db: Database) => {
  const from = `FROM logged_models lm JOIN experiments e ON e.id = lm.experiment
    LEFT JOIN runs r ON r.run_id = lm.source_run_id
    WHERE lm.lifecycle_stage = 'active' AND (lm.name LIKE @pattern ESCAPE '\\' OR r.name LIKE @pattern ESCAPE '\\'
      OR e.name LIKE @pattern ESCAPE '\\' OR lm.model_id = @exact OR lm.source_run_id = @exact)`;
  const page = db.prepare<{ pattern: string; exact: string; limit: number }, RegistrableRow>(`
    SELECT lm.model_id, lm.name AS model_name, nullif(lm.source_run_id, '') AS run_id, r.name AS run_name,
      CAST(lm.experiment AS TEXT) AS experiment_id, e.name AS experiment_name,
      lm.creation_timestamp_ms AS creation_timestamp, coalesce(lm.home, lm.experiment) || '/models/' || lm.model_id || '/artifacts' AS root
    ${from} ORDER BY lm.creation_timestamp_ms DESC, lm.id DESC LIMIT @limit`);
  const count = db.prepare<{ pattern: string; exact: string }, number>(`SELECT count(*) ${from}`).pluck();
  const weight = db.prepare<{ from: string; to: string }, { files: number; size: number }>(
    "SELECT count(*) AS files, coalesce(sum(size), 0) AS size FROM artifacts WHERE path > @from AND path < @to",
  );
  const made = db.prepare<[string], { name: string; version: string }>(`
    SELECT m.name, CAST(v.version AS TEXT) AS version FROM model_versions v JOIN registered_models m ON m.id = v.model
    WHERE v.model_id = ? AND v.trashed_at IS NULL AND m.trashed_at IS NULL ORDER BY m.name, v.version`);

  return {
    /** The newest first. */
    registrable: (search: string, limit: number): { logged_models: Registrable[]; total: number } => {
      const wanted = { pattern: containing(search), exact: search };
      return {
        logged_models: page.all({ ...wanted, limit }).map(({ root, ...row }) => ({
          ...row,
          ...(weight.get({ from: `${root}/`, to: `${root}0` }) ?? { files: 0, size: 0 }),
          versions: made.all(row.model_id),
        })),
        total: count.get(wanted) ?? 0,
      };
    },
  };
};
