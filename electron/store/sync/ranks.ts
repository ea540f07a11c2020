/** The place of each kind: parents before children. The same numbers stand in the view `sync_targets`. */
import { syncKinds, type SyncKind } from "../../../shared/sync/doc.ts";

export const rankOf = (kind: SyncKind): number => syncKinds.indexOf(kind);

/** The table of each kind. */
export const TABLES: Readonly<Record<SyncKind, string>> = {
  experiment: "experiments",
  run: "runs",
  registered_model: "registered_models",
  model_version: "model_versions",
};
