/**
 * The far side of a sync. An adapter speaks its server's language and knows nothing of merging: it lists, finds, creates
 * and writes native objects, one call's effect at a time, so that the engine can look before it sends again.
 *
 * Every function throws RemoteError (`errors.ts`) only. Retrying of what cannot have had an effect is done inside.
 */
import type { Readable } from "node:stream";
import type { FieldChanges, Fields, Point, SyncKind } from "../../shared/sync/doc.ts";

/** An object as the far side has it, with all its tags, ours (`outpost.…`) among them. */
export interface RemoteObject {
  readonly kind: SyncKind;
  /** Stable as long as it lives there, unique within its kind; made of whatever the adapter needs to find it again. */
  readonly id: string;
  /** Name of an experiment, run or model; semantic version of a version. */
  readonly name: string;
  /** Id of a run's experiment, of a version's model. */
  readonly parent: string | null;
  /** As native fields, in the names of `shared/sync/doc.ts`; without constants that the server puts where it has nothing. */
  readonly fields: Fields;
  /** Changes when anything that a listing shows has changed. */
  readonly fingerprint: string;
  /** Changes when its metric points do; empty for what has none. */
  readonly pointsMark: string;
  /** ms since epoch, as far as the server tells; for the order of listings only. */
  readonly updatedAt: number;
  /** Where a person sees it, if the server has pages. */
  readonly webUrl?: string;
}

/** One page of a listing. */
export interface Page {
  readonly objects: readonly RemoteObject[];
  readonly next: string | undefined; // a cursor for the next page
  readonly total?: number;
}

/** What can be listed, newest first. `registry`: models, each before its versions. */
export type Stream =
  { readonly of: "experiments" } | { readonly of: "runs"; readonly experiment: string } | { readonly of: "registry" };

export interface RemoteFile {
  readonly path: string;
  readonly size: number; // bytes
  /** Undefined where the server has none: then only sizes can be compared. */
  readonly sha256: string | undefined;
  /** Older uploads under the same path that are still there. */
  readonly twins: number;
}

export interface FileSource {
  readonly path: string;
  readonly size: number; // bytes
  readonly sha256: string;
  readonly open: () => Readable;
}

export interface Download {
  /** Where the body begins: the asked-for offset, or 0 when the server sends all of it. */
  readonly from: number;
  readonly total: number | undefined;
  readonly etag: string | undefined;
  readonly body: Readable;
}

export type Right = "read" | "search" | "write" | "upload" | "delete";

/** What one look at the far side found. */
export interface Probe {
  /** Identifies the far side: another identity under the same address is another remote. */
  readonly identity: string;
  readonly title: string; // "group/project on gitlab.example.com"
  readonly serverVersion: string;
  readonly user: string;
  /** Rights this token has, and for each one missing the sentence that says which scope or role it takes. */
  readonly rights: readonly Right[];
  readonly missing: readonly { readonly right: Right; readonly why: string }[];
  /** Date of expiry of the token, if it is known. */
  readonly tokenExpires: string | undefined;
  /** What the server was found to have, by name: "metric_history": true, "file_sha256": false … */
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** Server's clock minus ours, ms: for display only. */
  readonly clockOffsetMs: number;
}

export interface NewObject {
  readonly kind: SyncKind;
  readonly name: string;
  readonly parent: string | null; // remote id
  /** Fields to set with the creation, as far as `holds` said yes, the marker tag among them. */
  readonly fields: Fields;
}

/** How to recognise an object whose creation was not answered. */
export interface Search {
  readonly kind: SyncKind;
  readonly name: string;
  readonly parent: string | null; // remote id
  /** Value of the marker tag `outpost.origin`. */
  readonly marker: string;
  readonly startTime: string | undefined; // of a run
  /** Id of the newest object known before the attempt: no need to look behind it. */
  readonly until: string | undefined;
}

export interface Ref {
  readonly kind: SyncKind;
  readonly id: string;
}

export interface Limits {
  /** Largest file in one piece, bytes. */
  readonly fileBytes: number;
  /** Items of one `write`, points of one `logPoints`. */
  readonly batch: number;
  readonly pointBatch: number;
  /** Bytes of a note in a tag; longer ones become files. */
  readonly noteBytes: number;
  /** The longest time, ms, that the server works on a request whose asker has gone. */
  readonly settleMs: number;
}

export interface Remote {
  readonly kind: "gitlab" | "mlflow" | "bundle" | "memory";
  readonly limits: Limits;
  probe(signal?: AbortSignal): Promise<Probe>;
  /**
   * Whether the far side can hold `value` (null: unset) in a field that holds `now` there (undefined: nothing; on a
   * creation too). A text is the reason why not, for the plan.
   */
  holds(kind: SyncKind, field: string, value: string | null, now: string | undefined): true | string;
  /** Whether it can hold this point. */
  holdsPoint(point: Point): true | string;
  /** Whether a file of that path can be kept there. */
  holdsFile(path: string): true | string;
  /** What a file of that path is called there, where that may be something else; for the plan to say. */
  nameOfFile?(path: string): string;
  list(stream: Stream, cursor: string | undefined, signal?: AbortSignal): Promise<Page>;
  /** By unique name; a run has none and is never found. Undefined: it is not there, said by a server that can be read. */
  find(
    kind: Exclude<SyncKind, "run">,
    name: string,
    parent: string | null,
    signal?: AbortSignal,
  ): Promise<RemoteObject | undefined>;
  /** All that carry the marker, the oldest first; for a run also marker-less ones of that name and start time. */
  look(search: Search, signal?: AbortSignal): Promise<readonly RemoteObject[]>;
  read(ref: Ref, signal?: AbortSignal): Promise<RemoteObject | undefined>;
  /** Not idempotent. `exists` when the unique name is taken. */
  create(input: NewObject, signal?: AbortSignal): Promise<RemoteObject>;
  /** Fields of one group in one call: params, tags, aliases, or all others. At most `limits.batch`. */
  write(ref: Ref, changes: FieldChanges, signal?: AbortSignal): Promise<void>;
  /** Every point, in pages; duplicates as the server keeps them. */
  points(ref: Ref, signal?: AbortSignal): AsyncIterable<readonly Point[]>;
  logPoints(ref: Ref, points: readonly Point[], signal?: AbortSignal): Promise<void>;
  files(ref: Ref, signal?: AbortSignal): Promise<readonly RemoteFile[]>;
  /** One piece. What was stored is for `files` to say. `onBytes` is told how many have been sent so far. */
  putFile(ref: Ref, file: FileSource, signal?: AbortSignal, onBytes?: (sent: number) => void): Promise<void>;
  getFile(
    ref: Ref,
    path: string,
    range: { readonly from: number; readonly etag: string | undefined },
    signal?: AbortSignal,
  ): Promise<Download>;
  /** Deletes for good. Only ever called with a person's consent for this very object. */
  remove(ref: Ref, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Tags of ours. */
export const MARKER = "outpost.origin";
/** `outpost.t.<n>.<first 8 of the workstation>`: a note (electron/sync/notes.ts). */
export const NOTE_PREFIX = "outpost.t.";
export const NOTE_FILE = /^outpost-provenance\.(\d+)\.([0-9a-f]{8})\.json$/;
/** The group of a field: the fields of one `write` are of one group. */
export const groupOf = (field: string): "param" | "tag" | "run_tag" | "alias" | "other" => {
  const [head = ""] = field.split("/", 1);
  return head === "param" || head === "tag" || head === "run_tag" || head === "alias" ? head : "other";
};
