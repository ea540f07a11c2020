/** What lies in the trash here and is still on a remote: what a person may agree to have deleted there too. */
import type { SyncKind } from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";

export interface RemovalRow {
  readonly kind: SyncKind;
  readonly uid: string;
  readonly remote_id: string;
  readonly agreed: 0 | 1;
}

const TABLES: Readonly<Record<SyncKind, string>> = {
  registered_model: "registered_models",
  model_version: "model_versions",
  experiment: "experiments",
  run: "runs",
};

const partOf = ([kind, table]: [string, string], rank: number): string =>
  `SELECT ${rank} AS rank, '${kind}' AS kind, o.uid, o.remote_id,
     EXISTS (SELECT 1 FROM sync_consents AS c
       WHERE c.remote = o.remote AND c.kind = o.kind AND c.uid = o.uid AND c.remote_id = o.remote_id) AS agreed
   FROM ${table} AS t JOIN sync_objects AS o ON o.remote = @remote AND o.kind = '${kind}' AND o.uid = t.uid
   WHERE t.trashed_at IS NOT NULL AND o.remote_id IS NOT NULL`;

/** Models first, which take most with them; then by uid. At most `limit`. */
export const createRemovalRows = (db: Database) => {
  const parts = Object.entries(TABLES).map(partOf).join(" UNION ALL ");
  const list = db.prepare<{ remote: number; limit: number }, RemovalRow>(
    `SELECT kind, uid, remote_id, agreed FROM (${parts}) ORDER BY rank, uid LIMIT @limit`,
  );
  return (remote: number, limit: number): readonly RemovalRow[] => list.all({ remote, limit });
};
