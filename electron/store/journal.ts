/**
 * What a change leaves behind beside itself: its row in the audit chain and its mark in `changes` (the outbox and the
 * event stream read it). Both are written in the change's own transaction, by the writer, when its job has succeeded.
 */
import { createHash } from "node:crypto";
import type { Database } from "./database.ts";

/** Who asked for a change and through which door: `uid:1000`, `token:ci`, `local user, unproven`; `mlflow`, `cli`, … */
export interface Caller {
  readonly actor: string;
  readonly surface: string;
}

/** What can change. The same words as in `changes.kind` and on the event stream. */
export type Kind =
  | "experiment"
  | "run"
  | "logged_model"
  | "registered_model"
  | "model_version"
  | "artifact"
  | "token"
  | "store"
  | "job"
  | "saved_view"
  | "removal";

/** A change worth an audit row. `before` and `after` are the changed fields, kept as digests of their canonical JSON. */
export interface Change {
  readonly action: string; // e.g. "run.create"
  readonly kind: Kind;
  readonly uid: string;
  readonly subject: string; // what a person calls it: a name or an id
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface AuditRow {
  readonly seq: number;
  readonly time: number; // ms since epoch
  readonly actor: string;
  readonly surface: string;
  readonly action: string;
  readonly kind: string;
  readonly uid: string;
  readonly subject: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly hash: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const digestOf = (value: unknown): string | null =>
  value === undefined
    ? null
    : sha256(JSON.stringify(value, (_key, v: unknown) => (typeof v === "bigint" ? v.toString() : v)));

/** The chain: sha256 over the hash of the row before and this row's columns as a JSON array. */
export const auditHash = (previous: string, row: Omit<AuditRow, "hash">): string =>
  sha256(
    JSON.stringify([
      previous,
      row.seq,
      row.time,
      row.actor,
      row.surface,
      row.action,
      row.kind,
      row.uid,
      row.subject,
      row.before,
      row.after,
    ]),
  );

/** What moved, and the revision it moves to: later marks are higher ones; those of a refused job are left out. */
type Mark = readonly [kind: Kind, uid: string, rev: number];

export type Journal = ReturnType<typeof createJournal>;

export const createJournal = (db: Database, now: () => number) => {
  const lastAudit = db.prepare<[], { seq: number; hash: string }>(
    "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1",
  );
  const lastRev = db.prepare<[], number | null>("SELECT max(rev) FROM changes").pluck();
  const addAudit = db.prepare(
    `INSERT INTO audit (seq, time, actor, surface, action, kind, uid, subject, before, after, hash)
     VALUES (@seq, @time, @actor, @surface, @action, @kind, @uid, @subject, @before, @after, @hash)`,
  );
  const setRev = db.prepare<[string, string, number]>(
    "INSERT INTO changes (kind, uid, rev) VALUES (?, ?, ?) ON CONFLICT (kind, uid) DO UPDATE SET rev = excluded.rev",
  );
  let caller: Caller = { actor: "outpost", surface: "host" };
  let tail: { seq: number; hash: string } | undefined;
  let rev: number | undefined;
  let revBefore: number | undefined; // the job
  let ofJob: { changes: Change[]; marks: Map<string, Mark> } = { changes: [], marks: new Map() };
  let ofTurn: { changes: [Caller, Change][]; marks: Map<string, Mark> } = { changes: [], marks: new Map() };

  /** Notes that an object moved without an audit row of its own (points of metrics are audited as a whole, later). */
  const mark = (kind: Kind, uid: string): void => {
    rev ??= lastRev.get() ?? 0;
    ofJob.marks.set(`${kind}/${uid}`, [kind, uid, ++rev]);
  };

  /** The revision that a mark of this turn will have once it is committed. */
  const revOf = (kind: string, uid: string): number | undefined =>
    (ofJob.marks.get(`${kind}/${uid}`) ?? ofTurn.marks.get(`${kind}/${uid}`))?.[2];

  /** Notes a change: one audit row and one mark. */
  const record = (change: Change): void => {
    ofJob.changes.push(change);
    mark(change.kind, change.uid);
  };

  /** Notes a fact of an object that changes nothing of it: an audit row without a mark. */
  const note = (change: Change): void => void ofJob.changes.push(change);

  /** Says for whom the job that begins works. */
  const begin = (by: Caller): void => {
    caller = by;
    revBefore = rev;
  };

  /** Takes over what a job noted, once it has succeeded. */
  const keep = (caller: Caller): void => {
    for (const change of ofJob.changes) ofTurn.changes.push([caller, change]);
    for (const [key, m] of ofJob.marks) ofTurn.marks.set(key, m);
    forgetJob();
  };

  /** Forgets what a failed job noted. */
  const discard = (): void => {
    rev = revBefore;
    forgetJob();
  };

  const forgetJob = (): void => {
    if (ofJob.changes.length > 0 || ofJob.marks.size > 0) ofJob = { changes: [], marks: new Map() };
  };

  /** Writes the turn's rows; called inside its transaction, right before COMMIT. Returns the marks it wrote. */
  const flush = (): readonly (readonly [Kind, string])[] => {
    tail ??= lastAudit.get() ?? { seq: 0, hash: "" };
    for (const [caller, change] of ofTurn.changes) {
      const row: Omit<AuditRow, "hash"> = {
        seq: tail.seq + 1,
        time: now(),
        actor: caller.actor,
        surface: caller.surface,
        action: change.action,
        kind: change.kind,
        uid: change.uid,
        subject: change.subject,
        before: digestOf(change.before),
        after: digestOf(change.after),
      };
      const hash = auditHash(tail.hash, row);
      addAudit.run({ ...row, hash });
      tail = { seq: row.seq, hash };
    }
    for (const [kind, uid, at] of ofTurn.marks.values()) setRev.run(kind, uid, at);
    return [...ofTurn.marks.values()].map(([kind, uid]) => [kind, uid]);
  };

  /** Ends a turn. After a failed COMMIT what was cached of the tables is no longer true and is read again. */
  const endTurn = (committed: boolean): void => {
    ofTurn = { changes: [], marks: new Map() };
    if (!committed) tail = rev = undefined;
  };

  /** For whom the job under way works: what it keeps of what it removes says so. */
  const actor = (): string => caller.actor;

  return { begin, actor, mark, note, revOf, record, keep, discard, flush, endTurn };
};
