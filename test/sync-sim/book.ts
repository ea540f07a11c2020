/** What people did, as told by them and by nobody else: what the two sides hold in the end is held against it. */
import type { FieldChanges, Point, SyncKind } from "../../shared/sync/doc.ts";

/** Who did something: a workstation's number, or somebody else on the far side. */
export type Who = number | "far";

export interface Deed {
  readonly who: Who;
  readonly kind: SyncKind;
  /** uid on a workstation, id on the far side. */
  readonly id: string;
}

export interface Edit extends Deed {
  readonly field: string;
  readonly value: string | null;
}

export const factOf = (point: Point): string =>
  `${point.key} ${point.step} ${point.timestamp} ${point.value === 0 ? 0 : point.value}`;

export const createBook = () => {
  const edits: Edit[] = [];
  const points: (Deed & { readonly fact: string; readonly after: number })[] = [];
  const files: (Deed & { readonly path: string; readonly sha256: string })[] = [];
  const dropped = new Set<string>();
  const names = new Map<string, ReadonlyMap<Who, ReadonlySet<string>>>();
  const trashed = new Set<string>();
  return {
    edits,
    /** `after`: how many edits there were before. */
    points,
    files,
    /** Remote ids that somebody deleted there, with what was in them. */
    dropped,
    /** Under which uid each workstation had what was deleted there, by its kind and id there. */
    names,
    /** uids that were in the trash of a workstation at any time. */
    trashed,
    edit: (deed: Deed, changes: FieldChanges): void => {
      for (const [field, value] of Object.entries(changes)) edits.push({ ...deed, field, value });
    },
    addPoints: (deed: Deed, all: readonly Point[]): void => {
      for (const point of all) points.push({ ...deed, fact: factOf(point), after: edits.length });
    },
    addFile: (deed: Deed, path: string, sha256: string): void => void files.push({ ...deed, path, sha256 }),
  };
};
export type Book = ReturnType<typeof createBook>;
