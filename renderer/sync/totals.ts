/** Counts of plans and syncs as people say them. */
import type { SyncRun } from "../../shared/api/outpost/remotes.ts";
import type { SyncPlan } from "../../shared/api/outpost/sync.ts";
import { m } from "../i18n/messages.ts";
import { formatBytes, formatCount } from "../lib/format.ts";

interface Counts {
  readonly objects?: number;
  readonly fields: number;
  readonly points: number;
  readonly files: number;
  readonly bytes: number;
}

type Say = (inputs: { count: number; n: string }) => string;
const said = (count: number, say: Say): string[] => (count > 0 ? [say({ count, n: formatCount(count) })] : []);

/** "12 objects, 340 fields, 4 files (3.2 GB)"; what is none is left out. */
export const wordsOf = ({ objects = 0, fields, points, files, bytes }: Counts): string =>
  [
    ...said(objects, m.sync_count_objects),
    ...said(fields, m.sync_count_fields),
    ...said(points, m.sync_count_points),
    ...said(files, m.common_count_files).map((text) => (bytes > 0 ? `${text} (${formatBytes(bytes)})` : text)),
  ].join(", ");

/** What of a plan waits for a person, most urgent first. */
export const attentionOf = (totals: SyncPlan["totals"]): string =>
  [
    ...said(totals.conflicts, m.sync_count_conflicts),
    ...said(totals.blocked, m.sync_count_blocked),
    ...said(totals.gone, m.sync_count_gone),
    ...said(totals.excluded, m.sync_count_excluded),
  ].join(", ");

/** Whether applying a plan would do anything. */
export const doesNothing = ({ push, pull }: SyncPlan["totals"]): boolean => push.objects + pull.objects === 0;

const SHOWN: readonly (readonly [string, Say])[] = [
  ["pushed", m.sync_count_pushed],
  ["pulled", m.sync_count_pulled],
  ["files_up", m.sync_count_files_up],
  ["files_down", m.sync_count_files_down],
  ["conflicts", m.sync_count_conflicts],
  ["blocked", m.sync_count_blocked],
  ["gone", m.sync_count_gone],
  ["excluded", m.sync_count_excluded],
  ["duplicates", m.sync_count_duplicates],
];

/** What a past sync did: "12 sent, 3 fetched, 1 conflict". */
export const runWords = (counts: SyncRun["counts"]): string => {
  const byName = new Map(counts.map(({ name, count }) => [name, count]));
  const parts = SHOWN.flatMap(([name, say]) => said(byName.get(name) ?? 0, say));
  return parts.length > 0 ? parts.join(", ") : m.sync_count_nothing();
};
