/** The rows of the table as they stand below each other: pinned runs, runs with their children, groups with their runs. */
import type { RunGroup } from "../../shared/api/outpost/run-groups.ts";
import type { RunRow } from "../../shared/api/outpost/runs.ts";
import type { CellReader } from "./columns.ts";

/** A run with the reader of the columns with which it was asked for. */
export interface LoadedRun {
  readonly run: RunRow;
  readonly read: CellReader;
}

/** A part of the table that comes when its row is opened. */
export interface Part {
  readonly rows: readonly LoadedRun[];
  readonly loading: boolean;
  readonly complete: boolean;
  readonly error: Error | undefined;
}

export interface RunItem {
  readonly kind: "run";
  readonly key: string;
  readonly loaded: LoadedRun;
  readonly level: number;
  readonly expands: string | undefined; // the part that it opens
  readonly expanded: boolean;
  readonly pinned: boolean;
}
export interface GroupItem {
  readonly kind: "group";
  readonly key: string;
  readonly group: RunGroup;
  readonly level: number;
  readonly expands: string;
  readonly expanded: boolean;
}
/** What a part says instead of runs. */
export interface NoteItem {
  readonly kind: "note";
  readonly key: string;
  readonly level: number;
  readonly part: string;
  readonly note: "loading" | "more" | "failed" | "none";
}
export type Item = RunItem | GroupItem | NoteItem;

export interface ItemSource {
  readonly pinned: readonly LoadedRun[];
  readonly rows: readonly LoadedRun[];
  readonly groups: readonly RunGroup[] | undefined;
  readonly parts: ReadonlyMap<string, Part>;
  readonly expanded: ReadonlySet<string>;
  readonly tree: boolean;
}

export const childrenPart = (runId: string): string => `children/${runId}`;
export const groupPart = (values: readonly (string | null)[]): string => `group/${JSON.stringify(values)}`;

/** Deeper trees end here: a run that is its own ancestor would go on for ever. */
const MAX_LEVEL = 12;

const noteOf = (part: Part | undefined): NoteItem["note"] | undefined => {
  if (!part || (part.loading && part.rows.length === 0)) return "loading";
  if (part.error) return "failed";
  if (part.rows.length === 0) return "none";
  return part.complete ? undefined : part.loading ? "loading" : "more";
};

export const buildItems = ({ pinned, rows, groups, parts, expanded, tree }: ItemSource): Item[] => {
  const items: Item[] = [];
  const isPinned = new Set(pinned.map(({ run }) => run.run_id));

  const addPart = (name: string, level: number): void => {
    const part = parts.get(name);
    for (const loaded of part?.rows ?? []) addRun(loaded, `${name}/`, level);
    const note = noteOf(part);
    if (note) items.push({ kind: "note", key: `${name}#note`, level, part: name, note });
  };
  const addRun = (loaded: LoadedRun, prefix: string, level: number, isTop = false): void => {
    const { run_id, children } = loaded.run;
    const expands = tree && !isTop && children > 0 && level < MAX_LEVEL ? childrenPart(run_id) : undefined;
    const key = `${prefix}${run_id}`;
    const open = expands !== undefined && expanded.has(expands);
    items.push({ kind: "run", key, loaded, level, expands, expanded: open, pinned: isTop });
    if (open) addPart(expands, level + 1);
  };

  for (const loaded of pinned) addRun(loaded, "pinned/", 1, true);
  for (const group of groups ?? []) {
    const expands = groupPart(group.values);
    const open = expanded.has(expands);
    items.push({ kind: "group", key: expands, group, level: 1, expands, expanded: open });
    if (open) addPart(expands, 2);
  }
  if (!groups) for (const loaded of rows) if (!isPinned.has(loaded.run.run_id)) addRun(loaded, "", 1);
  return items;
};
