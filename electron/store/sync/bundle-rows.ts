/** What a bundle can be made of: uids of active objects, in pages by uid. */
import type { SyncKind } from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";

export interface BundleRows {
  /** Uids of a kind, of one parent (uid) or of all, after `after`. */
  page(kind: SyncKind, parent: string | null, after: string, limit: number): readonly string[];
  /** Uid of the active run with this MLflow id. */
  runOf(runId: string): string | undefined;
  /** Uid of the version with this number of a model. */
  versionOf(model: string, number: number): string | undefined;
  /** The last row of the audit chain. */
  auditHead(): { readonly seq: number; readonly hash: string } | undefined;
}

const SQL: Readonly<Record<SyncKind, string>> = {
  experiment:
    "SELECT uid FROM experiments WHERE model IS NULL AND trashed_at IS NULL AND @parent IS NULL AND uid > @after",
  run: `SELECT r.uid FROM runs AS r JOIN experiments AS e ON e.id = r.experiment
    WHERE e.model IS NULL AND r.trashed_at IS NULL AND e.trashed_at IS NULL AND (@parent IS NULL OR e.uid = @parent) AND r.uid > @after`,
  registered_model: "SELECT uid FROM registered_models WHERE trashed_at IS NULL AND @parent IS NULL AND uid > @after",
  model_version: `SELECT v.uid FROM model_versions AS v JOIN registered_models AS m ON m.id = v.model
    WHERE v.trashed_at IS NULL AND m.trashed_at IS NULL AND (@parent IS NULL OR m.uid = @parent) AND v.uid > @after`,
};

export const createBundleRows = (db: Database): BundleRows => {
  type Ask = { parent: string | null; after: string; limit: number };
  const prepare = (kind: SyncKind) => db.prepare<Ask, string>(`${SQL[kind]} ORDER BY 1 LIMIT @limit`).pluck();
  const pages = {
    experiment: prepare("experiment"),
    run: prepare("run"),
    registered_model: prepare("registered_model"),
    model_version: prepare("model_version"),
  };
  const runOf = db
    .prepare<[string], string>(
      `SELECT r.uid FROM runs AS r JOIN experiments AS e ON e.id = r.experiment
       WHERE r.run_id = ? AND e.model IS NULL AND r.trashed_at IS NULL AND e.trashed_at IS NULL`,
    )
    .pluck();
  const versionOf = db
    .prepare<[string, number], string>(
      `SELECT v.uid FROM model_versions AS v JOIN registered_models AS m ON m.id = v.model
       WHERE m.uid = ? AND v.version = ? AND v.trashed_at IS NULL`,
    )
    .pluck();
  const head = db.prepare<[], { seq: number; hash: string }>("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
  return {
    page: (kind, parent, after, limit) => pages[kind].all({ parent, after, limit }),
    runOf: (runId) => runOf.get(runId),
    versionOf: (model, number) => versionOf.get(model, number),
    auditHead: () => head.get(),
  };
};
