/** The names of fields: which ones an object can have, which are ours, and what may become of each in a merge. */
import type { Fields, SyncKind } from "../../shared/sync/doc.ts";
import { MARKER, NOTE_PREFIX } from "../remote/remote.ts";

const NAMES: Readonly<Record<SyncKind, RegExp>> = {
  experiment: /^(?:name|tag\/.+)$/su,
  run: /^(?:name|status|start_time|end_time|user_id|run_id|(?:param|tag)\/.+|dataset\/.+\/.+|model\/(?:in|out)put\/.+|logged_model\/.+)$/su,
  registered_model: /^(?:name|description|(?:tag|alias)\/.+)$/su,
  model_version:
    /^(?:semver|number|description|stage|status|user_id|created|source|run_link|run|(?:tag|param|run_tag)\/.+)$/su,
};

/** Whether an object of that kind can have a field of that name. */
export const isField = (kind: SyncKind, field: string): boolean => NAMES[kind].test(field);

/** The marker and the notes: never shown, never merged. */
export const isOurs = (field: string): boolean => {
  const key = /^(?:run_)?tag\/(.*)$/su.exec(field)?.[1];
  return key !== undefined && (key === MARKER || key.startsWith(NOTE_PREFIX));
};

/**
 * What a merge does with a field that both sides moved:
 * - `origin`: says where and when the object came to be; what a side has it keeps, and only gaps are filled
 * - `union`: as `text`, but it is never taken away
 * - `text`: one side moved → that; both moved → a conflict
 */
export type FieldPolicy = "origin" | "union" | "text";

const OF_ORIGIN = new Set(["user_id", "created", "source", "run_link", "number", "run_id", "start_time", "run"]);

export const policyOf = (field: string): FieldPolicy => {
  if (OF_ORIGIN.has(field)) return "origin";
  return /^(?:param|dataset|model|logged_model)\//.test(field) ? "union" : "text";
};

const BORN: Readonly<Partial<Record<SyncKind, Fields>>> = {
  run: { status: "RUNNING" },
  model_version: { stage: "None", status: "READY" },
};

/** What a field says before anybody wrote it; a far side may not say it at all. */
export const bornAs = (kind: SyncKind, field: string): string | undefined => fieldOf(BORN[kind] ?? {}, field);

/** Own fields only: a field called `__proto__` or `constructor` is data like others. */
export const fieldOf = (fields: Fields, field: string): string | undefined =>
  Object.hasOwn(fields, field) ? fields[field] : undefined;

/** Without ours and without what no object of that kind has. */
export const plainFields = (kind: SyncKind, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => isField(kind, field) && !isOurs(field)));

/** All names that occur in any of them, sorted. */
export const fieldNames = (...sides: readonly Fields[]): readonly string[] =>
  [...new Set(sides.flatMap((side) => Object.keys(side)))].sort();

/** `fields` with changes made to them; null unsets. */
export const changed = (fields: Fields, changes: Readonly<Record<string, string | null>>): Fields =>
  Object.fromEntries(
    [...Object.entries(fields).filter(([field]) => !Object.hasOwn(changes, field)), ...Object.entries(changes)].filter(
      (entry): entry is [string, string] => entry[1] !== null,
    ),
  );

export const sameFields = (one: Fields, other: Fields): boolean => {
  const names = fieldNames(one, other);
  return names.every((field) => fieldOf(one, field) === fieldOf(other, field));
};
