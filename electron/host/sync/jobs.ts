/** A sync as a job: it is seen, paused and cancelled in Activity, and its row outlives the page that started it. */
import { setTimeout as wait } from "node:timers/promises";
import { Type } from "typebox";
import { Bool, Enum, Opt, Required, Str } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Unmap } from "../../store/database.ts";
import { defineJob, JobCancelled, type JobContext, type JobKind, type JobResult } from "../../domain/jobs/job.ts";
import type { Progress } from "../../sync/context.ts";
import type { Engine, SyncApply } from "../../sync/engine-types.ts";
import type { SyncReport, SyncWhat } from "../../sync/report.ts";

export const SYNC_JOB = "sync";

export interface SyncJobDeps {
  readonly engineOf: (remote: string) => Promise<Engine>;
  /** Around a sync, which may go through all of the database. */
  readonly unmap: Unmap;
  /** Told of each report as it comes. */
  readonly onReport: (report: SyncReport) => void;
  /** Told of each end, also of one without a report. */
  readonly onEnd: (remote: string, report: SyncReport | undefined) => void;
}

const Input = Type.Object({
  remote: Required(),
  what: Enum({ push: 1, pull: 2, both: 3 }),
  apply: Enum({ plan: 1, accepted: 2, hash: 3 }),
  hash: Opt(Str()),
  full: Opt(Bool()),
  actor: Required(),
});

const STEER_MS = 250;
const PHASES: Readonly<Record<Progress["phase"], string>> = {
  probe: "Looking at the remote",
  scan: "Reading what is there",
  plan: "Comparing",
  push: "Sending",
  pull: "Fetching",
  files: "Fetching files",
};

export const toWhat = (what: "push" | "pull" | "both"): SyncWhat => (what === "both" ? "push,pull" : what);

/** Carries the job's pause over to the engine until `over` says that it is at its end. */
const steer = async (context: JobContext, engine: Engine, over: () => boolean): Promise<void> => {
  while (!over()) {
    const turn = context.turn().then(
      () => true,
      () => true, // cancelled: its signal tells the engine
    );
    if (await Promise.race([turn, wait(STEER_MS, false)])) await wait(STEER_MS);
    else {
      engine.pause();
      await turn;
      engine.resume();
    }
  }
};

const factsOf = ({ counts }: SyncReport): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => typeof count === "number" && count > 0));

const MAX_PROBLEMS = 100;

const resultOf = (report: SyncReport): JobResult => ({
  text: report.problem ?? report.outcome,
  href:
    report.plan !== null && report.outcome === "waiting"
      ? `#/sync/${encodeURIComponent(report.remote)}/plan/${report.plan.hash}`
      : `#/sync`,
  facts: factsOf(report),
  problems: report.unfinished.slice(0, MAX_PROBLEMS).map(({ label, reason }) => ({ what: label, why: reason })),
});

/** What keeps a sync from being one at all is the job's failure; what is left over are its problems. */
const conclude = (report: SyncReport, cancelled: boolean): JobResult => {
  if (cancelled || report.outcome === "cancelled") throw new JobCancelled();
  if (report.outcome === "offline")
    throw new DomainError("unavailable", report.problem ?? "The remote is out of reach");
  if (report.outcome === "auth_needed") throw new DomainError("denied", report.problem ?? "The remote wants a token");
  if (report.outcome === "changed") throw new DomainError("conflict", report.problem ?? "The plan fits no more");
  return resultOf(report);
};

export const createSyncJob = ({ engineOf, unmap, onReport, onEnd }: SyncJobDeps): JobKind =>
  defineJob({
    kind: SYNC_JOB,
    input: Input,
    title: ({ remote, apply }) => (apply === "plan" ? `Plan for ${remote}` : `Sync with ${remote}`),
    subject: ({ remote }) => remote,
    run: async (context, { remote, what, apply, hash, full, actor }) => {
      let report: SyncReport | undefined;
      let phase: Progress["phase"] | undefined;
      let over = false;
      const how: SyncApply = apply === "hash" ? { hash: hash ?? "" } : apply;
      const mapAgain = unmap();
      try {
        const engine = await engineOf(remote);
        void steer(context, engine, () => over);
        report = await engine.sync({
          what: toWhat(what),
          apply: how,
          actor,
          signal: context.signal,
          ...(full !== undefined && { full }),
          onProgress: (progress) => {
            if (progress.phase !== phase) context.log(PHASES[progress.phase]);
            phase = progress.phase;
            const { done, total = null, subject: name, bytes = 0 } = progress;
            context.progress(done, total, name === undefined ? undefined : { name, bytes });
          },
        });
        onReport(report);
        for (const remark of report.remarks) context.log(remark);
        return conclude(report, context.signal.aborted);
      } finally {
        over = true;
        mapAgain();
        onEnd(remote, report);
      }
    },
  });
