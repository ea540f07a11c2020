/**
 * Deleting for good, as a job. What a registered model version still needs is refused by name; the rest goes in small
 * pieces, each thing whole or not at all, and its files are freed by the collector's rules.
 */
import { Type } from "typebox";
import { DomainError } from "../../../shared/errors.ts";
import { Bool, Int, List, Opt, Str } from "../../../shared/api/wire.ts";
import type { Journal, Kind } from "../../store/journal.ts";
import type { ModelVersionStore } from "../../store/model-versions.ts";
import type { Need, PurgeStore } from "../../store/purge.ts";
import type { TrashKind, TrashRow, TrashStore } from "../../store/trash.ts";
import type { createCollector } from "../artifacts/collect.ts";
import { defineJob, type JobContext, type JobKind, type JobProblem } from "../jobs/job.ts";
import { trashIdOf } from "./trash.ts";

export interface PurgeDeps {
  readonly trash: TrashStore;
  readonly purges: PurgeStore;
  readonly versions: Pick<ModelVersionStore, "byIds" | "highestSemver">;
  readonly collector: Pick<ReturnType<typeof createCollector>, "collect">;
  readonly journal: Pick<Journal, "record" | "mark">;
  readonly find: (trashId: string) => TrashRow;
}

/** Which things: named ones, all, or all that were deleted at or before a time. */
export interface PurgeScope {
  readonly trash_ids?: readonly string[];
  readonly all?: boolean;
  readonly until?: number | bigint; // ms since epoch
}

/** What a purge would do. */
export interface PurgePreview {
  readonly count: number;
  readonly bytes: number; // at least
  readonly complete: boolean; // every thing was looked at
  readonly blocked: readonly { readonly row: TrashRow; readonly why: string }[];
}

/** First what needs others, then what they needed. */
const ORDER: readonly TrashKind[] = [
  "tags",
  "aliases",
  "texts",
  "saved_view",
  "artifacts",
  "model_version",
  "registered_model",
  "logged_model",
  "run",
  "experiment",
];
/** What the journal calls a thing. */
const KIND_OF: Readonly<Record<TrashKind, Kind>> = {
  experiment: "experiment",
  run: "run",
  logged_model: "logged_model",
  registered_model: "registered_model",
  model_version: "model_version",
  artifacts: "artifact",
  tags: "removal",
  aliases: "removal",
  texts: "removal",
  saved_view: "saved_view",
};
const PAGE = 100;
const PREVIEWED = 5000;
const PREVIEWED_AT_ONCE = 50;
const POINTS_AT_ONCE = 5000;
const FILES_AT_ONCE = 1000;
const MAX_PROBLEMS = 1000;
const DEFAULT_EXPERIMENT = "0";

export type Purge = ReturnType<typeof createPurge>;

export const createPurge = ({ trash, purges, versions, collector, journal, find }: PurgeDeps) => {
  /**
   * Why a thing cannot be purged. What `goesToo` says of a version in the trash that needs it is believed: it goes first.
   */
  const blockOf = (row: TrashRow, goesToo: (need: Need) => boolean = () => false): string | undefined => {
    if (row.kind === "experiment" && row.key === DEFAULT_EXPERIMENT)
      return "it is the default experiment, which clients log to when they name none: restore it";
    const [need] = purges.needsOf(row).filter((one) => one.trashed === 0 || !goesToo(one));
    if (!need) return undefined;
    const where = need.trashed === 1 ? ", which is in the trash itself: delete that for good first" : "";
    return `version ${need.version} of model '${need.model}' needs it${where}`;
  };

  const record = (row: TrashRow): void => {
    const kind: Kind = KIND_OF[row.kind];
    journal.record({
      action: `${(kind === "removal" ? row.kind : kind).replaceAll("_", "-")}.purge`,
      kind,
      uid: row.uid,
      subject: row.kind === "model_version" ? `${row.place ?? ""}/${row.key}` : row.key,
      before: { name: row.name, trashed_at: row.trashed_at, parts: row.parts },
    });
  };

  const dropFiles = async (folder: string, { write, turn }: Pick<JobContext, "write" | "turn">): Promise<void> => {
    while ((await write(() => purges.dropFiles(folder, FILES_AT_ONCE))) === FILES_AT_ONCE) await turn();
  };

  /** Files of runs that moved to another experiment stay where they always were. */
  const dropRest = async (experiment: string, { write, turn }: Pick<JobContext, "write" | "turn">): Promise<void> => {
    while ((await write(() => purges.dropRest(experiment, FILES_AT_ONCE))) === FILES_AT_ONCE) await turn();
  };

  /** A run's points go in pieces: a million of them in one write would hold every script up. */
  const dropPoints = async (run: number, { write, turn }: Pick<JobContext, "write" | "turn">): Promise<void> => {
    if (!purges.hasMorePoints(run, POINTS_AT_ONCE)) return;
    for (const key of purges.keysOf(run))
      while (!(await write(() => purges.dropPoints(run, key, POINTS_AT_ONCE)))) await turn();
  };

  /** The run of a version's own: nothing else needs it. */
  const dropOwnRun = async (version: number, context: Pick<JobContext, "write" | "turn">): Promise<void> => {
    const run = purges.ownRunOf(version);
    if (!run) return;
    await dropPoints(run.id, context);
    await dropFiles(run.folder, context);
    await context.write(() => {
      purges.letGoOfRun(version);
      purges.drop("run", run.id, run.uid);
    });
  };

  const dropContent = async (row: TrashRow, context: Pick<JobContext, "write" | "turn">): Promise<void> => {
    if (row.kind === "run") await dropPoints(row.id, context);
    if (row.kind === "model_version") await dropOwnRun(row.id, context);
    if (row.kind === "registered_model")
      for (const version of purges.versionsOf(row.id)) await dropOwnRun(version, context);
    if (row.kind === "experiment") {
      for (const run of purges.runsOf(row.id)) {
        await dropPoints(run.id, context);
        await dropFiles(run.folder, context);
        await context.write(() => {
          purges.drop("run", run.id, run.uid);
          journal.mark("run", run.uid);
        });
        await context.turn();
      }
      for (const model of purges.loggedModelsOf(row.id)) {
        await dropFiles(model.folder, context);
        await context.write(() => {
          purges.drop("logged_model", model.id, model.uid);
          journal.mark("logged_model", model.uid);
        });
      }
    }
    const folder = purges.folderOf(row);
    if (row.kind === "experiment") await dropRest(row.key, context);
    else if (folder !== undefined) await dropFiles(folder, context);
  };

  const rememberVersion = (row: TrashRow): void => {
    const [version] = versions.byIds([row.id]);
    if (version) purges.rememberVersion(row.id, versions.highestSemver(version.model));
  };

  /** Deletes one thing for good; what was begun is ended, also when the job was cancelled meanwhile. */
  const purgeOne = async (row: TrashRow, { write }: Pick<JobContext, "write">): Promise<void> => {
    await write(() => {
      if (!trash.find(row.kind, row.uid)) throw new DomainError("not_found", "it is no longer in the trash");
      const why = blockOf(row);
      if (why !== undefined) throw new DomainError("conflict", why);
      purges.begin(row.kind, row.uid);
    });
    await dropContent(row, { write, turn: () => new Promise((resolve) => setImmediate(resolve)) });
    await write(() => {
      if (row.kind === "model_version") rememberVersion(row);
      purges.drop(row.kind, row.id, row.uid);
      purges.end(row.kind, row.uid);
      record(row);
    });
  };

  /** The things of a scope in the order in which they can go. */
  const rowsOf = function* ({ trash_ids, until }: PurgeScope): Generator<TrashRow> {
    if (trash_ids) {
      const rows = trash_ids.flatMap((id) => findOrNothing(id));
      yield* rows.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
      return;
    }
    const newest = until === undefined ? Number.MAX_SAFE_INTEGER : Number(until) + 1;
    for (const kind of ORDER)
      for (let before = { trashed_at: newest, uid: "" }; ;) {
        const rows = trash.list({ kinds: [kind], search: "", limit: PAGE, before });
        yield* rows;
        const last = rows.at(-1);
        if (!last || rows.length < PAGE) break;
        before = last;
      }
  };

  const findOrNothing = (trashId: string): TrashRow[] => {
    try {
      return [find(trashId)];
    } catch (error) {
      if (error instanceof DomainError && error.kind === "not_found") return []; // gone already: an earlier try did it
      throw error;
    }
  };

  const sizeOf = ({ trash_ids, until }: PurgeScope): number =>
    trash_ids ? trash_ids.length : until === undefined ? trash.count(ORDER, "") : trash.countUntil(Number(until));

  /** What a purge would do: how many things go, how many bytes they free at least, what is in the way. */
  const preview = async (scope: PurgeScope): Promise<PurgePreview> => {
    const rows = rowsOf(scope).take(PREVIEWED).toArray();
    const ids = new Set(rows.map(trashIdOf));
    const goesToo = (need: Need): boolean =>
      ids.has(`model_version:${need.version_uid}`) || ids.has(`registered_model:${need.model_uid}`);
    const blocked: { row: TrashRow; why: string }[] = [];
    let [count, bytes] = [0, 0];
    for (const [i, row] of rows.entries()) {
      if (i % PREVIEWED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      const why = blockOf(row, goesToo);
      if (why !== undefined) {
        blocked.push({ row, why });
        continue;
      }
      count += 1;
      bytes += purges.freedBytes(row);
    }
    const more = rows.length < PREVIEWED ? 0 : Math.max(0, sizeOf(scope) - rows.length);
    return { count: count + more, bytes, complete: more === 0, blocked };
  };

  const job: JobKind = defineJob({
    kind: "purge",
    input: Type.Object({ trash_ids: Opt(List(Str())), all: Opt(Bool()), until: Opt(Int()) }),
    title: () => "Delete for good",
    subject: (scope) => (scope.trash_ids ? String(scope.trash_ids.length) : ""),
    run: async (context, scope) => {
      const problems: JobProblem[] = [];
      let [seen, purged, blocked] = [0, 0, 0];
      const total = sizeOf(scope);
      context.progress(0, total);
      for (const row of rowsOf(scope)) {
        await context.turn();
        try {
          await purgeOne(row, context);
          purged += 1;
        } catch (error) {
          if (!(error instanceof DomainError) || !["conflict", "not_found"].includes(error.kind)) throw error;
          blocked += 1;
          const what = `${row.kind.replaceAll("_", " ")} '${row.name}'`;
          if (problems.length < MAX_PROBLEMS) problems.push({ what, why: error.message });
          context.log(`${what} stays: ${error.message}`);
        }
        context.progress(++seen, Math.max(total, seen));
      }
      context.log(`${purged} deleted for good; freeing their files`);
      const freed = await collector.collect(context.write, { orphans: false });
      const later = await collector.collect(context.write, { dryRun: true, graceMs: 0, orphans: false });
      return {
        facts: { purged, blocked, bytes_freed: freed.bytes, bytes_later: later.bytes },
        problems,
        href: "#/trash",
      };
    },
  });

  return { blockOf, preview, job, freedBytes: purges.freedBytes, purgeOne };
};
