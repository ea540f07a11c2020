/**
 * The plan of a sync: everything that differs, in order, with reasons. Made in pages into the store, so that its size
 * does not matter; hashed on the way, so that exactly what was shown can be applied. Nothing else is written.
 */
import { createHash } from "node:crypto";
import { canonical } from "../../shared/sync/doc.ts";
import type { Candidate, SeenRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { fieldOf } from "./fields.ts";
import { createPlanned, gather, type Planned } from "./plan-gather.ts";
import { type Directions, planObject } from "./plan-object.ts";
import type { Plan, PlanCounts, PlanItem, PlanTotals } from "./plan-types.ts";
import type { SyncWhat } from "./report.ts";
import { nounOf } from "./rules.ts";

const PAGE = 500;
const HOUR_MS = 3_600_000;
/** More than so many absent at once, or so much of all, is asked about and not believed. */
const BRAKE_OBJECTS = 20;
const BRAKE_SHARE = 0.05;

export interface PlannedSync {
  readonly plan: Plan;
  /** Its row; undefined when there is nothing to do and nothing to say. */
  readonly id: number | undefined;
}

type Sum = { -readonly [key in keyof PlanCounts]: number } & { objects: number };
const sum = (): Sum => ({ objects: 0, fields: 0, points: 0, files: 0, bytes: 0 });
const add = (total: Sum, { counts }: PlanItem): void => {
  total.objects += 1;
  total.fields += counts.fields;
  total.points += counts.points;
  total.files += counts.files;
  total.bytes += counts.bytes;
};

/** Takes items in order; a plan of one page is written only when it is another one than the last. */
const createSheet = (ctx: SyncContext, what: SyncWhat) => {
  const hash = createHash("sha256");
  const [push, pull] = [sum(), sum()];
  const said = { conflict: 0, exclude: 0, block: 0, gone: 0 };
  let page: string[] = [];
  let written = 0;
  let id: number | undefined;
  const firstContact = ctx.row.accepted_at === null;
  hash.update(canonical({ remote: ctx.row.identity ?? ctx.row.name, what, first_contact: firstContact }));

  const flush = (last: (plan: number) => void = () => undefined): Promise<number> => {
    const [items, from, made] = [page, written, ctx.clock.now()];
    page = [];
    written += items.length;
    return ctx.local.write(() => {
      const plan = id ?? ctx.state.plans.begin(ctx.row.id, what, firstContact, made);
      ctx.state.plans.addItems(plan, from, items);
      last(plan);
      return plan;
    });
  };
  const totals = (): PlanTotals => ({
    items: written + page.length,
    push,
    pull,
    conflicts: said.conflict,
    excluded: said.exclude,
    blocked: said.block,
    gone: said.gone,
  });

  return {
    add: async (item: PlanItem): Promise<void> => {
      const text = canonical(item);
      hash.update(`\n${text}`);
      page.push(text);
      if (item.direction === "push") add(push, item);
      else if (item.direction === "pull") add(pull, item);
      const { action } = item;
      if (action === "conflict" || action === "exclude" || action === "block" || action === "gone") said[action] += 1;
      if (page.length >= PAGE) id = await flush();
    },
    finish: async (): Promise<PlannedSync> => {
      const plan: Plan = {
        remote: ctx.row.name,
        hash: hash.digest("hex"),
        made_at: ctx.clock.now(),
        first_contact: firstContact,
        totals: totals(),
      };
      if (plan.totals.items === 0) return { plan, id: undefined };
      const last = ctx.state.plans.latest(ctx.row.id);
      const idle = plan.totals.items === said.conflict + said.exclude + said.block + said.gone;
      const again = id === undefined && last?.hash === plan.hash && (last.state === "open" || (last.state === "applied" && idle)); // prettier-ignore
      if (again) return { plan: { ...plan, made_at: last.made_at }, id: last.id };
      return { plan, id: await flush((row) => ctx.state.plans.finish(row, plan.hash, plan.totals)) };
    },
  };
};
type Sheet = ReturnType<typeof createSheet>;

const directionsOf = (what: SyncWhat): Directions => ({ push: what.includes("push"), pull: what.includes("pull") });

/** What later items have to know of these. */
const remember = (planned: Planned, items: readonly PlanItem[]): void => {
  for (const { action, direction, kind, uid, remote_id, reason } of items) {
    if ((action === "exclude" || action === "block") && uid !== null) planned.kept.set(uid, reason);
    const isParent = kind === "experiment" || kind === "registered_model";
    if (!isParent || remote_id === null || (action !== "link" && !(action === "create" && direction === "pull")))
      continue;
    planned.coming.set(`${kind}/${remote_id}`, uid);
    if (uid !== null) planned.linked.set(uid, remote_id);
  }
};

const PARENT_RUN = "tag/mlflow.parentRunId";

/** A nested run and the run that it is in, by their MLflow ids. */
interface Nested {
  readonly candidate: Candidate;
  readonly id: string | undefined;
  readonly parent: string;
}

const nestedOf = (ctx: SyncContext, candidate: Candidate): Nested | undefined => {
  const { kind, uid, remote_id } = candidate;
  if (kind !== "run") return undefined;
  const here = uid === null ? undefined : ctx.local.read({ kind, uid });
  const fields = here?.fields ?? (remote_id === null ? {} : ctx.state.seen.find(ctx.row.id, kind, remote_id)?.fields ?? {}); // prettier-ignore
  const parent = fieldOf(fields, PARENT_RUN);
  return parent === undefined ? undefined : { candidate, id: fieldOf(fields, "run_id"), parent };
};

/** Parents before children; a circle is cut where it is met. */
export const parentsFirst = <T extends { readonly id: string | undefined; readonly parent: string }>(
  nested: readonly T[],
): readonly T[] => {
  const byId = new Map(nested.flatMap((one) => (one.id === undefined ? [] : [[one.id, one] as const])));
  const done = new Set<T>();
  for (const one of nested) {
    const line: T[] = [];
    for (let at: T | undefined = one; at && !done.has(at) && !line.includes(at); at = byId.get(at.parent))
      line.push(at);
    for (const each of line.reverse()) done.add(each);
  }
  return [...done];
};

/** So many candidates at once are put in order: more would take memory with the size of a first push. */
const SORTED_AT_ONCE = 20_000;

const byAge = (one: Candidate, other: Candidate): number =>
  (one.since ?? Infinity) - (other.since ?? Infinity) || (one.made ?? Infinity) - (other.made ?? Infinity) || 0;

/** Candidates by kind; of a kind first what is here, the oldest first, then what is only there. */
export function* oldestFirst(pages: Iterable<readonly Candidate[]>, most = SORTED_AT_ONCE): Generator<Candidate> {
  let some: Candidate[] = [];
  for (const page of pages)
    for (const candidate of page) {
      const isMade = candidate.made !== null;
      if (some.length >= most || (some[0] && (!isMade || some[0].kind !== candidate.kind))) {
        yield* some.sort(byAge);
        some = [];
      }
      if (isMade) some.push(candidate);
      else yield candidate;
    }
  yield* some.sort(byAge);
}

function* candidatePages(ctx: SyncContext): Generator<readonly Candidate[]> {
  for (let after: string | undefined; ;) {
    const { items, next } = ctx.state.candidates.page(ctx.row.id, after, PAGE);
    yield items;
    if (next === undefined) return;
    after = next;
  }
}

/** Candidates in order: by kind, and of the runs first those that are in no other. */
function* inOrder(ctx: SyncContext): Generator<Candidate> {
  let nested: Nested[] = [];
  for (const candidate of oldestFirst(candidatePages(ctx))) {
    const inner = nestedOf(ctx, candidate);
    if (inner) {
      nested.push(inner);
      continue;
    }
    if (candidate.kind !== "run" && candidate.kind !== "experiment") {
      yield* parentsFirst(nested).map((one) => one.candidate);
      nested = [];
    }
    yield candidate;
  }
  yield* parentsFirst(nested).map((one) => one.candidate);
}

const goneItem = (ctx: SyncContext, { kind, uid, id, name }: SeenRow, reason: string): PlanItem => {
  const local = uid === null ? undefined : ctx.local.read({ kind, uid });
  return {
    direction: "none",
    action: "gone",
    kind,
    uid,
    remote_id: id,
    label: local?.label ?? name,
    counts: { fields: 0, points: 0, files: 0, bytes: 0 },
    reason,
    reversible: true,
    losses: [],
    expects: { rev: local?.rev ?? null, fingerprint: null },
  };
};

/** What two full scans did not see any more; too much of it at once is one question instead of many facts. */
const planGone = async (ctx: SyncContext, sheet: Sheet): Promise<void> => {
  const absent = ctx.state.seen.gone(ctx.row.id, HOUR_MS * ctx.pace, ctx.clock.now());
  const news = absent.filter(({ kind, uid }) => {
    const row = uid === null ? undefined : ctx.state.objects.find(ctx.row.id, { kind, uid });
    return row !== undefined && row.state !== "remote_gone";
  });
  const [first] = news;
  if (!first) return;
  const all = ctx.state.seen.count(ctx.row.id);
  if (news.length > BRAKE_OBJECTS || (news.length > 1 && news.length > all * BRAKE_SHARE)) {
    const reason =
      `${news.length} of ${all} objects are not on ${ctx.row.name} any more, '${first.name}' among them. That many at once ` +
      "are not taken for deleted: see whether the project was moved or your rights changed, then check the remote again.";
    await sheet.add({ ...goneItem(ctx, first, reason), action: "block" });
    return;
  }
  for (const row of news)
    await sheet.add(goneItem(ctx, row, `The ${nounOf(row.kind)} is not on ${ctx.row.name} any more; here it stays.`));
};

export interface PlanRequest {
  readonly what: SyncWhat;
}

/**
 * Compares both sides as the last scan left them and writes down what is to be done.
 * @throws RemoteError where a note's file has to be read and cannot be.
 */
export const planSync = async (ctx: SyncContext, { what }: PlanRequest): Promise<PlannedSync> => {
  const directions = directionsOf(what);
  const sheet = createSheet(ctx, what);
  const planned = createPlanned();
  const counts = ctx.state.candidates.counts(ctx.row.id);
  let done = 0;
  if (directions.pull) await planGone(ctx, sheet);
  for (const candidate of inOrder(ctx)) {
    if (done % 100 === 0) await ctx.turn();
    const input = await gather(ctx, candidate, directions, planned);
    const items = input ? planObject(input) : [];
    remember(planned, items);
    for (const item of items) await sheet.add(item);
    done += 1;
    const subject = input?.local?.label ?? input?.seen?.name;
    const total = Math.max(done, counts.ahead + counts.behind);
    ctx.progress({ phase: "plan", done, total, ...(subject !== undefined && { subject }) });
  }
  return sheet.finish();
};
