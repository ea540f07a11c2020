/** A sync as the command line runs it: started, followed with progress, cancelled by Ctrl-C, and told with its counts. */
import { setTimeout as wait } from "node:timers/promises";
import type { Job } from "../../shared/api/outpost/jobs.ts";
import type { RemoteInfo } from "../../shared/api/outpost/remotes.ts";
import type { SyncPlan, SyncPlanItem } from "../../shared/api/outpost/sync.ts";
import { DomainError } from "../../shared/errors.ts";
import type { Admin } from "../host/admin.ts";
import { exitCodes, megabytes, type CommonOptions } from "./command.ts";
import { createProgress, interruptible } from "./progress.ts";

const POLL_MS = 200;
const ITEMS_PER_PAGE = 500;
const SHOWN_ITEMS = 200;

const loadOperations = () => import("../host/operations/sync.ts");

/** What one sync came to: one document for scripts. Counts are those that were recounted on both sides at its end. */
export interface Told {
  readonly remote: string;
  readonly what: string;
  readonly outcome: string;
  /** One sentence with the way out; null when all is well. */
  readonly problem: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly ahead: number;
  readonly behind: number;
  readonly conflicts: number;
  readonly unfinished: readonly { readonly what: string; readonly why: string }[];
  /** Of the plan that waits for a person. */
  readonly plan: SyncPlan | null;
}

/** 0 only when everything asked for is done. */
export const exitCodeOf = (outcome: string): number => {
  if (outcome === "done") return exitCodes.ok;
  if (["partial", "conflict", "waiting", "changed", "paused"].includes(outcome)) return exitCodes.attention;
  if (outcome === "offline") return exitCodes.offline;
  return outcome === "cancelled" ? exitCodes.cancelled : exitCodes.failed;
};

/** The remote that is meant: the named one, or the only one. @throws DomainError naming those there are. */
export const chooseRemote = async (admin: Admin, name: string | undefined): Promise<RemoteInfo> => {
  const { listRemotes } = await loadOperations();
  const { remotes } = await admin.run(listRemotes, {});
  const names = remotes.map((one) => one.name).join(", ");
  const found = name === undefined ? remotes : remotes.filter((one) => one.name === name);
  const [remote] = found;
  if (remote && found.length === 1) return remote;
  if (remotes.length === 0)
    throw new DomainError("not_found", "There is no remote yet: outpost remote add makes one known");
  if (name === undefined)
    throw new DomainError("invalid", `There is more than one remote: name one with --remote (${names})`);
  throw new DomainError("not_found", `No remote '${name}': there is ${names}`);
};

const countOf = ({ done, total }: Pick<Job, "done" | "total">): string =>
  total === null ? `${done}` : `${done} of ${total}`;

/** Waits for a job's end. Ctrl-C cancels it, and waits for that too: what is done stays. */
export const follow = async (admin: Admin, options: Pick<CommonOptions, "json">, jobId: string) => {
  const { cancelJob, jobState } = await loadOperations();
  const progress = createProgress(options);
  return interruptible(async (interrupt) => {
    for (let told = false; ;) {
      const job = await admin.run(jobState, { job_id: jobId });
      if (!["running", "paused", "cancelling"].includes(job.state)) return job;
      if (interrupt.aborted && !told) {
        told = true;
        await admin.run(cancelJob, { job_id: jobId }).catch((error: unknown) => {
          if (!(error instanceof DomainError)) throw error; // it has ended meanwhile
        });
      }
      progress.show(job.lines.at(-1)?.text ?? "working", countOf(job));
      await wait(POLL_MS);
    }
  }).finally(progress.end);
};

type Ended = Awaited<ReturnType<typeof follow>>;

/** What the job itself says of how it ended, where the engine left no row of it. */
const outcomeOf = (job: Ended): string =>
  job.state === "done" ? (job.text ?? "done") : job.state === "cancelled" ? "cancelled" : "failed";

/** A script finds each of them, also those that are 0. */
const NO_COUNTS = {
  pushed: 0,
  pulled: 0,
  settled: 0,
  conflicts: 0,
  blocked: 0,
  excluded: 0,
  gone: 0,
  duplicates: 0,
  ahead: 0,
  behind: 0,
  files_up: 0,
  files_down: 0,
  bytes_up: 0,
  bytes_down: 0,
  calls: 0,
  writes: 0,
  rounds: 0,
};

const asRecord = (counts: readonly { readonly name: string; readonly count: number }[]): Record<string, number> => ({
  ...NO_COUNTS,
  ...Object.fromEntries(counts.map(({ name, count }) => [name, count])),
});

/** Tells how a sync ended, from what was recounted after it. */
export const tell = async (admin: Admin, name: string, what: string, job: Ended): Promise<Told> => {
  const { listSyncRuns, readPlan } = await loadOperations();
  const { runs } = await admin.run(listSyncRuns, { remote: name, max_results: 1 });
  const run = runs.find(({ started_at }) => started_at >= job.started_at);
  const remote = await chooseRemote(admin, name);
  const outcome = run?.outcome ?? outcomeOf(job);
  const waits = ["waiting", "changed"].includes(outcome) && remote.plan !== null;
  return {
    remote: name,
    what,
    outcome,
    problem: run?.problem ?? job.error,
    counts: asRecord(run?.counts ?? job.facts), // a sync without any change leaves no row
    ahead: remote.ahead,
    behind: remote.behind,
    conflicts: remote.conflicts,
    unfinished: job.problems,
    plan: waits && remote.plan !== null ? await admin.run(readPlan, { hash: remote.plan }) : null,
  };
};

/** All items of a plan, page by page. */
export const planItems = async (admin: Admin, hash: string): Promise<SyncPlanItem[]> => {
  const { listPlanItems } = await loadOperations();
  const all: SyncPlanItem[] = [];
  for (let after: number | undefined; ;) {
    const page = await admin.run(listPlanItems, {
      hash,
      max_results: ITEMS_PER_PAGE,
      ...(after !== undefined && { after }),
    });
    all.push(...page.items);
    if (page.next === null || page.items.length === 0) return all;
    after = page.next;
  }
};

const side = (name: string, { objects, points, files, bytes }: SyncPlan["totals"]["push"]): string =>
  `${name}: ${objects} objects, ${points} points, ${files} files, ${megabytes(bytes)}`;

/** A plan in words. */
export const planWords = ({ totals, hash }: SyncPlan, items: readonly SyncPlanItem[]): string[] => {
  const said = items.filter(({ action }) => action !== "settle");
  const left = said.length - SHOWN_ITEMS;
  return [
    ...said
      .slice(0, SHOWN_ITEMS)
      .map((item) => [item.direction, item.action, item.kind, item.label, item.reason].join("\t")),
    ...(left > 0 ? [`… and ${left} more: --json has them all`] : []),
    ...said.flatMap(({ label, losses }) => losses.map((loss) => `kept in a note: ${label}: ${loss}`)).slice(0, 20),
    side("to send", totals.push),
    side("to fetch", totals.pull),
    `in conflict: ${totals.conflicts}, kept here by a rule: ${totals.excluded}, blocked: ${totals.blocked}, gone there: ${totals.gone}`,
    `plan ${hash}`,
  ];
};

/** How a sync went, in words. */
export const toldWords = ({ remote, outcome, counts, unfinished, plan, conflicts }: Told): string[] => {
  const count = (name: string): number => counts[name] ?? 0;
  const sums = [
    `sent ${count("pushed")} objects, ${count("files_up")} files, ${megabytes(count("bytes_up"))}`,
    `fetched ${count("pulled")} objects, ${count("files_down")} files, ${megabytes(count("bytes_down"))}`,
  ];
  return [
    ...unfinished.map(({ what, why }) => `not done: ${what}: ${why}`),
    ...(conflicts > 0 ? [`in conflict: ${conflicts}; outpost sync conflicts shows both sides`] : []),
    ...(plan ? [`the plan waits: outpost sync apply ${plan.hash}`] : []),
    ...sums,
    `${remote}: ${outcome}`,
  ];
};
