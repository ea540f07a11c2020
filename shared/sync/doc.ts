/**
 * What a sync compares: an object as plain text fields, the same on both sides. `electron/sync` merges them field by
 * field; `electron/remote` says which of them its far side can hold.
 */
import type { Int64 } from "../api/wire.ts";

/** In the order in which they are pushed and pulled: parents before children. */
export const syncKinds = ["experiment", "run", "registered_model", "model_version"] as const;
export type SyncKind = (typeof syncKinds)[number];

/**
 * By field name; a field that is not there is unset. Numbers are decimal text, structures canonical JSON.
 *
 * - experiment: `name`, `tag/<key>`
 * - run: `name`, `status`, `start_time` and `end_time` (ms), `user_id`, `run_id`, `param/<key>`, `tag/<key>`,
 *   `dataset/<name>/<digest>` (JSON), `model/<input|output>/<model_id>` (step), `logged_model/<model_id>` (JSON; its
 *   files are below `logged-models/<model_id>/`)
 * - registered_model: `name`, `description`, `tag/<key>`, `alias/<alias>` (a semantic version)
 * - model_version: `semver`, `number`, `description`, `stage`, `status`, `user_id`, `created` (ms), `source`, `run_link`,
 *   `run` (uid of the run it came from), `tag/<key>`, and of its own run `param/<key>` and `run_tag/<key>`
 */
export type Fields = Readonly<Record<string, string>>;

/** Changes to fields; null unsets. */
export type FieldChanges = Readonly<Record<string, string | null>>;

export interface FileFact {
  readonly path: string;
  readonly size: number; // bytes
  readonly sha256: string;
}

/** One metric point. NaN and infinities are values like others. */
export interface Point {
  readonly key: string;
  readonly value: number;
  readonly timestamp: Int64; // ms since epoch
  readonly step: Int64;
}

/** An object as this machine has it. */
export interface LocalDoc {
  readonly kind: SyncKind;
  readonly uid: string; // 32 hex
  /** `<workstation>/<kind>/<uid>` of where it was made. */
  readonly origin: string;
  /** uid of a run's experiment, of a version's model. */
  readonly parent: string | null;
  /** What a person calls it. */
  readonly label: string;
  readonly fields: Fields;
  readonly files: readonly FileFact[];
  /** How many distinct metric points it has; they only ever grow. */
  readonly points: number;
  /** Revision of its last change. */
  readonly rev: number;
  /** In the trash here: a tombstone. */
  readonly trashed: boolean;
}

/** What both sides held when an object was last settled. */
export interface Base {
  readonly fields: Fields;
  /** Digest by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Count of distinct points here, and the remote's mark of its own. */
  readonly points: number;
  readonly points_mark: string;
}

export const originOf = (workstation: string, kind: SyncKind, uid: string): string => `${workstation}/${kind}/${uid}`;

const ORIGIN = /^([0-9a-f]{32})\/(experiment|run|registered_model|model_version)\/([0-9a-f]{32})$/;

/** Undefined for what is no origin. */
export const parseOrigin = (text: string): { workstation: string; kind: SyncKind; uid: string } | undefined => {
  const [, workstation, kind, uid] = ORIGIN.exec(text) ?? [];
  const known = syncKinds.find((one) => one === kind);
  return workstation !== undefined && known && uid !== undefined ? { workstation, kind: known, uid } : undefined;
};

/** JSON with sorted keys and no blanks: equal values are equal texts. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  let text = "";
  for (const [key, one] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (one !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonical(one)}`;
  return `{${text}}`;
};
