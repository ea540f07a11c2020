/**
 * The registry of long work. A job runs on the host's own thread in small pieces, so that logging stays fast; its row
 * outlives the page that started it, and the process: what was cut off is listed as interrupted and can be started again.
 */
import { DomainError } from "../../../shared/errors.ts";
import type { Caller, Journal } from "../../store/journal.ts";
import type { JobEnd, JobLine, JobRow, JobState, JobStore } from "../../store/jobs.ts";
import type { JobAt, JobKind, JobProblem, JobResult } from "./job.ts";
import { createUnwritten } from "./unwritten.ts";
import { createRunning, MAX_LINES, type RunningJob } from "./running.ts";

export interface JobsDeps {
  readonly store: JobStore;
  readonly journal: Pick<Journal, "record" | "mark">;
  readonly write: <T>(caller: Caller, job: () => T) => Promise<T>;
  readonly now: () => number;
  readonly newId: () => string;
  /** Told of bugs, and of progress that could not be written. */
  readonly onError: (error: unknown) => void;
  /** When an end that could not be written is tried again. */
  readonly retryMs?: number;
}

export interface Job {
  readonly job_id: string;
  readonly kind: string;
  readonly title: string;
  readonly subject: string;
  readonly state: JobState | "interrupted";
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  readonly at: JobAt | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly text: string | null;
  readonly href: string | null;
  readonly error: string | null;
  readonly actor: string;
  readonly can_pause: boolean;
  readonly can_restart: boolean;
  readonly dismissed: boolean;
}

export interface JobDetail extends Job {
  readonly facts: readonly { readonly name: string; readonly count: number }[];
  readonly problems: readonly JobProblem[];
  readonly lines: readonly JobLine[];
}

const FLUSH_MS = 400;
const RETRY_MS = 5_000;
const KEPT = 200;
const OVER: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "interrupted"]);

interface Live {
  readonly id: number;
  readonly kind: JobKind;
  readonly running: RunningJob;
  /** Puts what is seen of it into its row. */
  readonly flush: () => Promise<void>;
  readonly stopFlushing: () => void;
}

const parse = (json: string | null): unknown => (json === null ? undefined : JSON.parse(json));
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const resultOf = (row: JobRow): Pick<JobDetail, "facts" | "problems"> => {
  const result = parse(row.result);
  if (!isRecord(result)) return { facts: [], problems: [] };
  const { facts, problems } = result;
  return {
    facts: isRecord(facts)
      ? Object.entries(facts).flatMap(([name, count]) => (typeof count === "number" ? [{ name, count }] : []))
      : [],
    problems: Array.isArray(problems)
      ? problems.flatMap((one: unknown) =>
          isRecord(one) && typeof one["what"] === "string" && typeof one["why"] === "string"
            ? [{ what: one["what"], why: one["why"] }]
            : [],
        )
      : [],
  };
};

export type Jobs = ReturnType<typeof createJobs>;

export const createJobs = ({ store, journal, write, now, newId, onError, retryMs = RETRY_MS }: JobsDeps) => {
  const kinds = new Map<string, JobKind>();
  const live = new Map<string, Live>();
  const unwritten = createUnwritten<JobEnd>(retryMs);
  let closed = false;

  const subjectOf = (row: JobRow): string => {
    try {
      return kinds.get(row.kind)?.prepare(parse(row.input)).subject ?? "";
    } catch (error) {
      if (error instanceof DomainError) return ""; // the input of an older version of the kind
      throw error;
    }
  };

  const stateOf = (row: Pick<JobRow, "uid" | "state">): Job["state"] => {
    if (live.has(row.uid)) return live.get(row.uid)?.running.seen().state ?? row.state;
    return OVER.has(row.state) ? row.state : "interrupted";
  };

  const toJob = (stored: JobRow): Job => {
    const row = { ...stored, ...unwritten.of(stored.uid) };
    const state = stateOf(row);
    const seen = live.get(row.uid)?.running.seen() ?? row;
    const kind = kinds.get(row.kind);
    const { title, unit, started_at, ended_at, text, href, error, actor } = row;
    return {
      job_id: row.uid,
      kind: row.kind,
      title,
      subject: subjectOf(row),
      state,
      done: seen.done,
      total: seen.total,
      unit,
      at: live.get(row.uid)?.running.at() ?? null,
      started_at,
      ended_at,
      text,
      href,
      error,
      actor,
      can_pause: kind?.canPause === true && !OVER.has(state),
      can_restart: kind !== undefined && OVER.has(state) && state !== "done",
      dismissed: row.dismissed === 1,
    };
  };

  const find = (jobId: string): JobRow => {
    const row = store.byUid(jobId);
    if (!row) throw new DomainError("not_found", `No job '${jobId.slice(0, 60)}': only the newest ${KEPT} are kept`);
    return row;
  };

  /** Writes lines and progress at most every `FLUSH_MS`. */
  const createFlusher = (id: number, uid: string, running: RunningJob, caller: Caller) => {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const flush = (): Promise<void> => {
      const lines = running.takeLines();
      return write(caller, () => {
        for (const line of lines) store.addLine(id, line);
        const last = lines.at(-1);
        if (last && last.line > MAX_LINES) store.dropLines(id, last.line - MAX_LINES);
        store.progress({ id, ...running.seen() });
        journal.mark("job", uid);
      }).catch((error: unknown) => {
        running.giveBack(lines);
        throw error;
      });
    };
    const stop = (): void => {
      stopped = true;
      clearTimeout(timer);
    };
    const schedule = (): void => {
      if (closed || stopped) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        flush().catch((error: unknown) => void (closed || onError(error)));
      }, FLUSH_MS);
    };
    return { flush, schedule, stop };
  };

  const settle = async (
    uid: string,
    caller: Caller,
    state: JobState,
    result: JobResult,
    error?: string,
  ): Promise<void> => {
    const one = live.get(uid);
    if (!one || closed) return;
    one.stopFlushing();
    if (error !== undefined) one.running.log(error);
    const { facts, problems } = result;
    const { done, total } = one.running.seen();
    const end = {
      id: one.id,
      state,
      done,
      total,
      ended_at: now(),
      text: result.text ?? null,
      href: result.href ?? null,
      error: error ?? null,
      result: JSON.stringify({ facts, problems }),
    };
    const { title } = find(uid);
    const put = async (): Promise<void> => {
      await one.flush();
      await write(caller, () => {
        store.end(end);
        journal.record({ action: `job.${state}`, kind: "job", uid, subject: title, after: { state, facts } });
        live.delete(uid);
      });
    };
    await put().catch((failure: unknown) => {
      live.delete(uid);
      if (closed) return;
      onError(failure);
      unwritten.keep(uid, end, put);
    });
  };

  const run = async (uid: string, caller: Caller, work: () => Promise<JobResult>): Promise<void> => {
    try {
      const result = await work();
      await settle(uid, caller, "done", result);
    } catch (error) {
      if (closed) return;
      const cancelled = live.get(uid)?.running.isCancelled() === true;
      const isExpected = error instanceof DomainError;
      if (!isExpected) onError(error);
      const message = isExpected ? error.message : "An internal error: the log has its cause";
      await (cancelled ? settle(uid, caller, "cancelled", {}) : settle(uid, caller, "failed", {}, message));
    }
  };

  /**
   * Starts a job of a registered kind.
   * @throws DomainError `conflict` while one of its kind runs, `invalid` for input that it does not take.
   */
  const start = async (name: string, input: unknown, caller: Caller): Promise<Job> => {
    const kind = kinds.get(name);
    if (!kind) throw new DomainError("invalid", `There are no jobs of the kind '${name}'`);
    const other = live.values().find((one) => one.kind === kind);
    if (other)
      throw new DomainError(
        "conflict",
        "Another job of this kind is under way: wait for its end, or cancel it in Activity",
      );
    const { title, run: work } = kind.prepare(input);
    const uid = newId();
    let schedule = (): void => {};
    const running = createRunning(now, () => schedule());
    await write(caller, () => {
      store.prune(KEPT - 1);
      const row = { uid, kind: name, title, input: JSON.stringify(input), actor: caller.actor, unit: kind.unit };
      const id = store.insert({ ...row, started_at: now() });
      const flusher = createFlusher(id, uid, running, caller);
      schedule = flusher.schedule;
      live.set(uid, { id, kind, running, flush: flusher.flush, stopFlushing: flusher.stop });
      journal.record({ action: "job.start", kind: "job", uid, subject: title, after: input });
    }).catch((error: unknown) => {
      live.delete(uid);
      throw error;
    });
    const context = { ...running, write: <T>(job: () => T): Promise<T> => write(caller, job) };
    void run(uid, caller, () => work(context)).catch((error: unknown) => {
      live.delete(uid);
      if (!closed) onError(error);
    });
    return toJob(find(uid));
  };

  const act = (jobId: string, action: (running: RunningJob) => void): Job => {
    const row = find(jobId);
    const one = live.get(jobId);
    if (!one) throw new DomainError("conflict", `The job '${row.title}' is over`);
    action(one.running);
    return toJob(row);
  };

  return {
    register: (kind: JobKind): void => void kinds.set(kind.kind, kind),
    start,
    /** Newest first. */
    list: (limit: number, before = Number.MAX_SAFE_INTEGER): { jobs: Job[]; last: number | undefined } => {
      const rows = store.list(before, limit);
      return { jobs: rows.map(toJob), last: rows.length < limit ? undefined : rows.at(-1)?.id };
    },
    get: (jobId: string): JobDetail => {
      const row = { ...find(jobId), ...unwritten.of(jobId) };
      return { ...toJob(row), ...resultOf(row), lines: store.lines(row.id, 0, MAX_LINES) };
    },
    log: (jobId: string, afterLine: number): JobLine[] => store.lines(find(jobId).id, afterLine, MAX_LINES),
    /** @throws DomainError `invalid` for a kind that cannot pause, `conflict` for a job that is over. */
    pause: (jobId: string): Job =>
      act(jobId, (running) => {
        if (live.get(jobId)?.kind.canPause !== true) throw new DomainError("invalid", "This job cannot be paused");
        running.pause();
      }),
    resume: (jobId: string): Job => act(jobId, (running) => running.resume()),
    cancel: (jobId: string): Job => act(jobId, (running) => running.cancel()),
    /** Does the same again, as a new job. @throws DomainError `conflict` for one that runs or is done. */
    restart: async (jobId: string, caller: Caller): Promise<Job> => {
      const row = find(jobId);
      if (!toJob(row).can_restart)
        throw new DomainError("conflict", `The job '${row.title}' cannot be started again: it runs, or it is done`);
      const again = await start(row.kind, parse(row.input), caller);
      await write(caller, () => dismiss(row));
      return again;
    },
    /** Takes an ended job off the tray; it stays in the list. Inside a write. */
    dismiss: (jobId: string): Job => {
      const row = find(jobId);
      if (!OVER.has(toJob(row).state))
        throw new DomainError("conflict", `The job '${row.title}' is under way: cancel it first`);
      dismiss(row);
      return toJob(find(jobId));
    },
    /** Resolves when no job runs; for tests and for a stop. */
    idle: async (): Promise<void> => {
      while (live.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    /** At a stop of the host: what runs is cut off, and listed as interrupted by the next one. */
    close: (): void => {
      closed = true;
      unwritten.close();
      for (const one of live.values()) {
        one.stopFlushing();
        one.running.abandon();
      }
    },
  };

  function dismiss(row: JobRow): void {
    store.dismiss(row.uid);
    journal.mark("job", row.uid);
  }
};
