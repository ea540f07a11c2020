/** Long work and its log. Progress is kept in memory by who does the work; rows are what a page or a restart reads. */
import type { Database } from "./database.ts";

export type JobState = "running" | "paused" | "cancelling" | "done" | "failed" | "cancelled";

export interface JobRow {
  readonly id: number;
  readonly uid: string;
  readonly kind: string;
  readonly title: string;
  readonly input: string; // JSON
  readonly actor: string;
  readonly state: JobState;
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  readonly started_at: number; // ms since epoch
  readonly ended_at: number | null;
  readonly text: string | null;
  readonly href: string | null;
  readonly error: string | null;
  readonly result: string | null; // JSON
  readonly dismissed: number;
}

export type NewJob = Pick<JobRow, "uid" | "kind" | "title" | "input" | "actor" | "unit" | "started_at">;
export type JobProgress = Pick<JobRow, "id" | "state" | "done" | "total">;
export type JobEnd = JobProgress & Pick<JobRow, "ended_at" | "text" | "href" | "error" | "result">;

export interface JobLine {
  readonly line: number;
  readonly at: number; // ms since epoch
  readonly text: string;
}

export type JobStore = ReturnType<typeof createJobStore>;

const COLUMNS =
  "id, uid, kind, title, input, actor, state, done, total, unit, started_at, ended_at, text, href, error, result, dismissed";

export const createJobStore = (db: Database) => {
  const insert = db
    .prepare<NewJob, number>(
      `INSERT INTO jobs (uid, kind, title, input, actor, state, unit, started_at)
       VALUES (@uid, @kind, @title, @input, @actor, 'running', @unit, @started_at) RETURNING id`,
    )
    .pluck();
  const progress = db.prepare<JobProgress>(
    "UPDATE jobs SET state = @state, done = @done, total = @total WHERE id = @id AND ended_at IS NULL",
  );
  const end = db.prepare<JobEnd>(
    `UPDATE jobs SET state = @state, done = @done, total = @total, ended_at = @ended_at, text = @text, href = @href,
       error = @error, result = @result WHERE id = @id`,
  );
  const byUid = db.prepare<[string], JobRow>(`SELECT ${COLUMNS} FROM jobs WHERE uid = ?`);
  const list = db.prepare<[number, number], JobRow>(
    `SELECT ${COLUMNS} FROM jobs WHERE id < ? ORDER BY id DESC LIMIT ?`,
  );
  const dismiss = db.prepare<[string]>("UPDATE jobs SET dismissed = 1 WHERE uid = ?");
  const addLine = db.prepare<[number, number, number, string]>(
    "INSERT INTO job_log (job, line, at, text) VALUES (?, ?, ?, ?)",
  );
  const dropLines = db.prepare<[number, number]>("DELETE FROM job_log WHERE job = ? AND line <= ?");
  const lines = db.prepare<[number, number, number], JobLine>(
    "SELECT line, at, text FROM (SELECT line, at, text FROM job_log WHERE job = ? AND line > ? ORDER BY line DESC LIMIT ?) ORDER BY line",
  );
  const prune = db.prepare<[number]>(
    `DELETE FROM jobs WHERE id <= (SELECT id FROM jobs ORDER BY id DESC LIMIT 1 OFFSET ?)`,
  );

  return {
    insert: (job: NewJob): number => {
      const id = insert.get(job);
      if (id === undefined) throw new Error("INSERT … RETURNING returned nothing");
      return id;
    },
    /** What has ended stays as it ended. */
    progress: (job: JobProgress): void => void progress.run(job),
    end: (job: JobEnd): void => void end.run(job),
    byUid: (uid: string): JobRow | undefined => byUid.get(uid),
    /** The newest first, from before the row `before`. */
    list: (before: number, limit: number): JobRow[] => list.all(before, limit),
    dismiss: (uid: string): void => void dismiss.run(uid),
    addLine: (job: number, { line, at, text }: JobLine): void => void addLine.run(job, line, at, text),
    /** Forgets the lines up to `line`. */
    dropLines: (job: number, line: number): void => void dropLines.run(job, line),
    /** The last `limit` lines after the line `after`, in order. */
    lines: (job: number, after: number, limit: number): JobLine[] => lines.all(job, after, limit),
    /** Forgets all but the newest `keep` jobs. */
    prune: (keep: number): void => void prune.run(keep),
  };
};
