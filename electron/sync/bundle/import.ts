/**
 * Takes a checked bundle in: the same comparison, the same plans and the same rules as with any far side, against what is
 * known of the workstation that wrote it. Files land first, so that an object comes with all it has in one write.
 */
import { createReadStream } from "node:fs";
import { DomainError } from "../../../shared/errors.ts";
import { parseOrigin, type SyncKind } from "../../../shared/sync/doc.ts";
import { classifications } from "../../../shared/sync/state.ts";
import { BundleError } from "../../remote/bundle/errors.ts";
import type { VerifiedBag } from "../../remote/bundle/open.ts";
import { objectsPath } from "../../remote/bundle/pack.ts";
import type { RemoteRow, SeenRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import { type AtStep, withCommitSteps } from "../commit-steps.ts";
import type { Clock, Progress, SyncContext } from "../context.ts";
import { download } from "../download.ts";
import type { Local } from "../local.ts";
import { itemPages } from "../plan-items.ts";
import { planSync } from "../plan.ts";
import type { Plan } from "../plan-types.ts";
import { applyPull } from "../pull.ts";
import { putRead } from "../scan.ts";
import { CLASSIFICATION_TAG, nounOf } from "../rules.ts";
import { revOf } from "./lines.ts";
import { peerThatSent } from "./peers.ts";
import type { BundleSource } from "./source.ts";
import { createTurn } from "./turn.ts";

export interface ImportDeps {
  readonly local: Local;
  readonly state: SyncStore;
  readonly clock: Clock;
  readonly random: () => number;
  /** Nothing above is taken in on this machine; null: all is. */
  readonly classMax?: string | null;
  /** A test ends the process there: after each commit, and after the bytes of each file. */
  readonly atCommit?: AtStep | undefined;
}

export interface ImportSteering {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly turn?: () => Promise<void>;
}

/** The difference, for people: every object of the bundle is in one of them. */
export interface Difference {
  readonly objects: number;
  readonly new: number;
  readonly changed: number;
  readonly identical: number;
  readonly conflicts: number;
  readonly blocked: number;
  /** Newer states of them were taken in before. */
  readonly older: number;
  /** Files that are neither in the bundle nor here. */
  readonly missing_files: readonly string[];
  readonly missing_count: number;
}

export interface PlannedImport {
  readonly peer: RemoteRow;
  readonly plan: Plan;
  readonly id: number | undefined;
  readonly difference: Difference;
}

export interface ImportReport {
  readonly peer: string;
  readonly difference: Difference;
  readonly pulled: number;
  readonly settled: number;
  readonly conflicts: number;
  readonly blocked: number;
  /** Not done: moved meanwhile, or failed; a second import has them again. */
  readonly left: number;
  readonly files: number;
  readonly problems: readonly string[];
}

const TAKE = 500;
const MOST_LISTED = 100;
const PLANS_KEPT = 20;

const rankOf = (name: string): number => {
  const at = classifications.findIndex((one) => one === name);
  return at < 0 ? classifications.length : at;
};

const checkLabel = (bag: VerifiedBag, classMax: string): void => {
  if (rankOf(bag.info.class) <= rankOf(classMax)) return;
  throw new DomainError(
    "denied",
    `'${bag.name}' is classified '${bag.info.class}', and this machine takes '${classMax}' at most: nothing of it was taken in`,
  );
};

/** What is inside counts too, whatever the label says. @throws DomainError `denied` naming the bundle or the object. */
const checkClasses = async (
  bag: VerifiedBag,
  source: BundleSource,
  classMax: string | null | undefined,
  signal: AbortSignal,
): Promise<void> => {
  if (classMax === null || classMax === undefined) return;
  checkLabel(bag, classMax);
  for await (const { line } of source.objects(signal)) {
    const own = line.fields[`tag/${CLASSIFICATION_TAG}`]?.trim().toLowerCase() ?? "";
    if (own === "" || rankOf(own) <= rankOf(classMax)) continue;
    throw new DomainError(
      "denied",
      `The ${nounOf(line.kind)} '${line.label.slice(0, 80)}' in '${bag.name}' is classified '${own.slice(0, 40)}', and this machine takes '${classMax}' at most: nothing was taken in`,
    );
  }
};

/** The engine's memory as far as it speaks of this very bundle: others bring other objects, and absence means nothing. */
const memoryFor = (state: SyncStore, row: RemoteRow, current: (row: SeenRow) => boolean): SyncStore => {
  const only = (seen: SeenRow | undefined): SeenRow | undefined => (seen && current(seen) ? seen : undefined);
  const isHere = (kind: SyncKind, id: string): boolean => only(state.seen.find(row.id, kind, id)) !== undefined;
  return {
    ...state,
    seen: {
      ...state.seen,
      find: (remote, kind, id) => only(state.seen.find(remote, kind, id)),
      byName: (remote, kind, parent, name) => only(state.seen.byName(remote, kind, parent, name)),
      gone: () => [],
    },
    candidates: {
      ...state.candidates,
      page: (remote, after, limit) => {
        const { items, next } = state.candidates.page(remote, after, limit);
        // What has a unique name may be one with what comes; a run never is.
        const some = items.filter(({ kind, remote_id }) =>
          remote_id === null ? kind !== "run" : isHere(kind, remote_id),
        );
        return { items: some, next };
      },
    },
  };
};

const contextFor = (deps: ImportDeps, row: RemoteRow, source: BundleSource, steering: ImportSteering): SyncContext => ({
  row,
  remote: source,
  local: deps.local,
  state: memoryFor(deps.state, row, ({ kind, id, fingerprint }) => source.place(kind, id)?.fingerprint === fingerprint),
  clock: deps.clock,
  random: deps.random,
  pace: 1,
  signal: steering.signal,
  underWay: new Map(),
  conditions: [],
  at: () => {},
  turn: steering.turn ?? (() => Promise.resolve(steering.signal.throwIfAborted())),
  progress: steering.onProgress ?? (() => {}),
});

/** Ids of the bundle whose newer state was taken in before. */
const olderOnes = async ({ state }: ImportDeps, row: RemoteRow, source: BundleSource, signal: AbortSignal) => {
  const older = new Set<string>();
  const turn = createTurn(signal);
  for (const [key, { kind, id, rev }] of source.places) {
    await turn();
    const settled = state.objects.byRemoteId(row.id, kind, id);
    if (settled?.base && revOf(settled.fingerprint) > rev) older.add(key);
  }
  return older;
};

/** Notes what the bundle shows; what was noted before is no write. */
const takeIn = async (
  deps: ImportDeps,
  row: RemoteRow,
  source: BundleSource,
  older: ReadonlySet<string>,
  steering: ImportSteering,
) => {
  // The memory as it is: an earlier state of the same object is news.
  const ctx = { ...contextFor(deps, row, source, steering), state: deps.state };
  let some: Promise<void>[] = [];
  let done = 0;
  for await (const { object } of source.objects(steering.signal)) {
    done += 1;
    if (older.has(`${object.kind}/${object.id}`)) continue;
    if (parseOrigin(object.fields["tag/outpost.origin"] ?? "")?.kind !== object.kind) continue;
    some.push(putRead(ctx, object));
    if (some.length < TAKE) continue;
    await Promise.all(some);
    some = [];
    ctx.progress({ phase: "scan", done, total: source.places.size });
  }
  await Promise.all(some);
};

const missingFiles = async (deps: ImportDeps, source: BundleSource, bag: VerifiedBag, signal: AbortSignal) => {
  const named: string[] = [];
  let count = 0;
  for await (const { line } of source.objects(signal))
    for (const { path, sha256 } of line.files) {
      if (bag.blobs.has(sha256) || deps.local.hasBytes(sha256)) continue;
      count += 1;
      if (named.length < MOST_LISTED) named.push(`${nounOf(line.kind)} '${line.label}': ${path}`);
    }
  return { named, count };
};

const differenceOf = async (
  ctx: SyncContext,
  planned: { readonly id: number | undefined },
  objects: number,
  older: number,
  missing: { readonly named: readonly string[]; readonly count: number },
): Promise<Difference> => {
  const ids = {
    new: new Set<string>(),
    changed: new Set<string>(),
    conflicts: new Set<string>(),
    blocked: new Set<string>(),
  };
  if (planned.id !== undefined)
    for (const page of itemPages(ctx, planned.id)) {
      await ctx.turn();
      for (const { item } of page) {
        const key = `${item.kind}/${item.remote_id ?? item.uid ?? ""}`;
        if (item.action === "conflict") ids.conflicts.add(key);
        else if (item.action === "block") ids.blocked.add(key);
        else if (item.direction === "pull") (item.action === "create" ? ids.new : ids.changed).add(key);
      }
    }
  const touched = new Set([...ids.new, ...ids.changed, ...ids.conflicts, ...ids.blocked]);
  return {
    objects,
    new: ids.new.size,
    changed: ids.changed.size,
    identical: Math.max(0, objects - older - touched.size),
    conflicts: ids.conflicts.size,
    blocked: ids.blocked.size,
    older,
    missing_files: missing.named,
    missing_count: missing.count,
  };
};

/** What an import would do. Objects here are not touched. @throws DomainError, BundleError */
export const planImport = async (
  deps: ImportDeps,
  bag: VerifiedBag,
  source: BundleSource,
  steering: ImportSteering,
): Promise<PlannedImport> => {
  if (bag.info.id !== source.heading.id)
    throw new BundleError(
      "format",
      objectsPath,
      `${objectsPath} is of another bundle than bag-info.txt says: refused.`,
    );
  await checkClasses(bag, source, deps.classMax, steering.signal);
  const row = await peerThatSent(deps, source.heading);
  await checkClasses(bag, source, row.class_max, steering.signal);
  const older = await olderOnes(deps, row, source, steering.signal);
  await takeIn(deps, row, source, older, steering);
  const ctx = contextFor(deps, row, source, steering);
  const planned = await planSync(ctx, { what: "pull" });
  const missing = await missingFiles(deps, source, bag, steering.signal);
  const difference = await differenceOf(ctx, planned, source.places.size, older.size, missing);
  return { peer: row, plan: planned.plan, id: planned.id, difference };
};

/** Copies the bundle's files that are not here; each is hashed once more on the way. */
const landFiles = async (deps: ImportDeps, bag: VerifiedBag, steering: ImportSteering): Promise<number> => {
  let [done, bytes] = [0, 0];
  for (const [sha256, { path, size }] of bag.blobs) {
    if (deps.local.hasBytes(sha256)) continue;
    await (steering.turn?.() ?? steering.signal.throwIfAborted());
    const partial = deps.local.partial(sha256);
    const onBytes = (total: number): void =>
      steering.onProgress?.({ phase: "files", done, total: bag.blobs.size, bytes: bytes + total });
    await partial.append(0, createReadStream(path), steering.signal, onBytes);
    await partial.finish({ sha256, size });
    [done, bytes] = [done + 1, bytes + size];
  }
  return done;
};

const NOTHING = { pulled: 0, settled: 0, left: 0, problems: [] };

const applyPlan = async (ctx: SyncContext, { plan, id }: { readonly plan: Plan; readonly id: number }) => {
  const result = await applyPull(ctx, id);
  if (ctx.state.plans.find(plan.hash)?.state === "open")
    await ctx.local.write(() => {
      ctx.state.plans.setState(id, "applied");
      ctx.state.plans.prune(ctx.row.id, PLANS_KEPT);
    });
  return result;
};

/**
 * Does what `planImport` found; with `hash`, only if it still finds just that.
 * @throws DomainError `conflict` when something changed since; BundleError; what stops in the middle goes on next time.
 */
export const applyImport = async (
  given: ImportDeps,
  bag: VerifiedBag,
  source: BundleSource,
  asked: ImportSteering & { readonly hash?: string | undefined },
): Promise<ImportReport> => {
  const { local, watch } = withCommitSteps(given.local, given.atCommit);
  const deps = { ...given, local };
  const steering = { ...asked, onProgress: watch(asked.onProgress) };
  const { peer, plan, id, difference } = await planImport(deps, bag, source, steering);
  if (steering.hash !== undefined && steering.hash !== plan.hash)
    throw new DomainError("conflict", "Something changed since that plan was made: look at the new one");
  const ctx = contextFor(deps, peer, source, steering);
  const work = difference.new + difference.changed;
  const landed = work > 0 ? await landFiles(deps, bag, steering) : 0;
  const result = id === undefined ? NOTHING : await applyPlan(ctx, { plan, id });
  // What came later may have moved what came first (an alias found its version): that is settled at once.
  const after = result.pulled > 0 ? await planSync(ctx, { what: "pull" }) : undefined;
  if (after?.id !== undefined && after.plan.totals.pull.objects === 0)
    await applyPlan(ctx, { plan: after.plan, id: after.id });
  const files = work > 0 ? await download(ctx) : undefined;
  return {
    peer: peer.name,
    difference,
    pulled: result.pulled,
    settled: result.settled,
    conflicts: difference.conflicts,
    blocked: difference.blocked,
    left: result.left,
    files: landed,
    problems: [...result.problems, ...(files?.problems ?? [])].slice(0, MOST_LISTED),
  };
};
