import type { SyncKind } from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";

/** What a person calls an object, and what its page here is made of. */
export interface SyncLabel {
  readonly label: string;
  /** Below `#/`. */
  readonly page: string;
}

export type SyncLabels = ReturnType<typeof createSyncLabels>;

interface Row {
  readonly label: string;
  readonly a: string;
  readonly b: string | null;
}

/** Names and pages of objects by their uid, and uids by the ids that the page knows. */
export const createSyncLabels = (db: Database) => {
  const byUid = {
    experiment: db.prepare<[string], Row>(
      "SELECT name AS label, CAST(id AS TEXT) AS a, NULL AS b FROM experiments WHERE uid = ?",
    ),
    run: db.prepare<[string], Row>(
      "SELECT name AS label, CAST(experiment AS TEXT) AS a, run_id AS b FROM runs WHERE uid = ?",
    ),
    registered_model: db.prepare<[string], Row>(
      "SELECT name AS label, name AS a, NULL AS b FROM registered_models WHERE uid = ?",
    ),
    model_version: db.prepare<[string], Row>(
      `SELECT m.name || ' ' || v.semver AS label, m.name AS a, CAST(v.version AS TEXT) AS b
       FROM model_versions v JOIN registered_models m ON m.id = v.model WHERE v.uid = ?`,
    ),
  };
  const uidOf = {
    experiment: db.prepare<[string], string>("SELECT uid FROM experiments WHERE id = CAST(? AS INTEGER)").pluck(),
    run: db.prepare<[string], string>("SELECT uid FROM runs WHERE run_id = ?").pluck(),
    registered_model: db
      .prepare<[string], string>("SELECT uid FROM registered_models WHERE name = ? AND trashed_at IS NULL")
      .pluck(),
  };
  const versionUid = db
    .prepare<[string, string], string>(
      `SELECT v.uid FROM model_versions v JOIN registered_models m ON m.id = v.model
       WHERE m.name = ? AND m.trashed_at IS NULL AND v.version = CAST(? AS INTEGER)`,
    )
    .pluck();
  const rev = db.prepare<[string, string], number>("SELECT rev FROM changes WHERE kind = ? AND uid = ?").pluck();

  const pageOf = (kind: SyncKind, { a, b }: Row): string => {
    if (kind === "experiment") return `experiments/${a}`;
    if (kind === "run") return `experiments/${a}/runs/${b ?? ""}`;
    if (kind === "registered_model") return `models/${encodeURIComponent(a)}`;
    return `models/${encodeURIComponent(a)}/versions/${b ?? ""}`;
  };

  return {
    /** Undefined for what is gone for good. */
    find: (kind: SyncKind, uid: string): SyncLabel | undefined => {
      const row = byUid[kind].get(uid);
      return row && { label: row.label, page: pageOf(kind, row) };
    },
    /** By run id, experiment id, a model's name, `name/version`. */
    uidOf: (kind: SyncKind, id: string): string | undefined => {
      if (kind !== "model_version") return uidOf[kind].get(id);
      const cut = id.lastIndexOf("/");
      return versionUid.get(id.slice(0, cut), id.slice(cut + 1));
    },
    /** Revision of its last change, 0 for what never changed. */
    rev: (kind: SyncKind, uid: string): number => rev.get(kind, uid) ?? 0,
  };
};
