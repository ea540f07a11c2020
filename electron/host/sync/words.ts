/** Rows of the engine's memory, as the page and the command line get them. */
import type { SyncRun } from "../../../shared/api/outpost/remotes.ts";
import type { SyncRunRow } from "../../store/sync/rows.ts";

export const toRun = (row: SyncRunRow & { readonly remote: string }): SyncRun => ({
  ...row,
  counts: Object.entries(row.counts).map(([name, count]) => ({ name, count })),
});
