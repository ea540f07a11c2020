/**
 * Lists the far side into `state.seen`. What is new is listed newest first until pages hold nothing new; all of it once
 * a week or on demand, and only then does absence count. A page's rows and the place of the next one are one write, so
 * that a stop costs one page; a page without news writes nothing.
 */
import { parseOrigin, type SyncKind } from "../../shared/sync/doc.ts";
import { RemoteError } from "../remote/errors.ts";
import type { Page, RemoteObject, Stream } from "../remote/remote.ts";
import type { CursorRow, SeenRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { sentOf } from "./ensure.ts";
import { markerOf } from "./notes.ts";
import { noteMade } from "./said.ts";
import { type SeenInput, toSeen } from "./remote-view.ts";
import { placeToStart, type ScanPlace, streamName } from "./scan-place.ts";

/** Pages read on behind the first one without news: a listing shifts while it is read. */
const OVERLAP_PAGES = 2;
const MAX_PAGES = 50_000;
const MAX_EMPTY_PAGES = 20;
const WRITE_OBJECTS = 500;
/** Runs of one experiment that go on and are looked at singly with each sync. */
const RUNNING_READS = 10;
const RUNNING_LIMIT = 1_000;

export interface ScanResult {
  /** Objects that listings showed. */
  readonly listed: number;
  /** Pages and single objects that were read. */
  readonly reads: number;
  /** Streams that were read to their end in full. */
  readonly full: number;
  /** Objects that were there until now and were not seen by a full listing. */
  readonly newlyAbsent: number;
  readonly problems: readonly string[];
}

interface Tally {
  listed: number;
  reads: number;
  full: number;
  newlyAbsent: number;
  readonly problems: string[];
}

const kindsOf = (stream: Stream): readonly SyncKind[] =>
  stream.of === "experiments" ? ["experiment"] : stream.of === "runs" ? ["run"] : ["registered_model", "model_version"];

const isNews = (row: SeenInput, known: SeenRow | undefined): boolean =>
  known?.fingerprint !== row.fingerprint || known.points_mark !== row.points_mark || known.name !== row.name || known.parent !== row.parent || known.missed > 0; // prettier-ignore

/** What carries the mark of something here is that thing, also when what was known of the remote was lost. */
const bindByMarker = (ctx: SyncContext, { kind, id, fields }: SeenInput): void => {
  const origin = parseOrigin(markerOf(fields) ?? "");
  if (origin?.kind !== kind || ctx.state.objects.byRemoteId(ctx.row.id, kind, id)) return;
  const ref = { kind, uid: origin.uid };
  if (!ctx.local.read(ref) || ctx.state.objects.find(ctx.row.id, ref)?.remote_id) return;
  // its creation may not have been answered: what that had is nobody else's
  const op = ctx.state.ops.find(ctx.row.id, ref);
  if (op?.step === "create") noteMade(ctx, ref, { id, fields }, sentOf(op));
  else ctx.state.objects.link(ctx.row.id, ref, id);
};

const put = (ctx: SyncContext, rows: readonly SeenInput[], scan: number): void => {
  ctx.state.seen.put(ctx.row.id, rows, scan);
  for (const row of rows) bindByMarker(ctx, row);
};

const sameCursor = (one: CursorRow, other: CursorRow): boolean =>
  one.token === other.token && one.high_water === other.high_water && one.full_at === other.full_at && one.scan === other.scan; // prettier-ignore

interface Kept {
  readonly rows: readonly SeenInput[];
  readonly news: boolean;
}

/** The page's rows that have to be written: in a full listing all, so that what was not seen can be told. */
const rowsToPut = (ctx: SyncContext, page: Page, full: boolean, tally: Tally): Kept => {
  const rows: SeenInput[] = [];
  let news = false;
  for (const object of page.objects) {
    const row = toSeen(object);
    if (!row) {
      tally.problems.push(`A ${object.kind} there has an id that is no id; it was passed over.`);
      continue;
    }
    const isNew = isNews(row, ctx.state.seen.find(ctx.row.id, row.kind, row.id));
    news ||= isNew;
    if (isNew || full) rows.push(row);
  }
  return { rows, news };
};

/** Rows in writes of bounded size; the place of the next page comes with the last of them. */
const keep = async (ctx: SyncContext, rows: readonly SeenInput[], scan: number, last: () => void): Promise<void> => {
  for (let at = 0; at + WRITE_OBJECTS < rows.length; at += WRITE_OBJECTS) {
    const part = rows.slice(at, at + WRITE_OBJECTS);
    await ctx.local.write(() => put(ctx, part, scan));
  }
  const rest = rows.slice(Math.floor(Math.max(0, rows.length - 1) / WRITE_OBJECTS) * WRITE_OBJECTS);
  await ctx.local.write(() => {
    put(ctx, rest, scan);
    last();
  });
};

const isLost = (error: unknown): boolean =>
  error instanceof RemoteError && (error.trouble === "invalid" || error.trouble === "gone");

interface Listing {
  readonly ctx: SyncContext;
  readonly stream: Stream;
  readonly tally: Tally;
  /** Ids of the runs on the pages that were read. */
  readonly ids: Set<string>;
}

const listPage = async ({ ctx, stream, tally }: Listing, place: ScanPlace): Promise<Page> => {
  await ctx.turn();
  tally.reads += 1;
  const page = await ctx.remote.list(stream, place.cursor, ctx.signal);
  tally.listed += page.objects.length;
  ctx.progress({ phase: "scan", done: tally.listed, total: page.total, subject: streamName(stream) });
  return page;
};

type After = { readonly next: ScanPlace } | { readonly end: "complete" | "known" | "broken" };

/** What comes behind a page. */
const afterPage = (listing: Listing, place: ScanPlace, page: Page, news: boolean, visited: Set<string>): After => {
  const old = news ? 0 : place.old + 1;
  if (page.next === undefined || page.next === "") return { end: "complete" };
  if (!place.full && old >= OVERLAP_PAGES) return { end: "known" };
  const isLoop = page.next === place.cursor || visited.has(page.next);
  const empty = page.objects.length === 0 && old >= MAX_EMPTY_PAGES;
  if (isLoop || empty || place.pages >= MAX_PAGES) {
    const why = isLoop ? "names a page that was read already" : empty ? "goes on with empty pages" : "does not end";
    listing.tally.problems.push(`The listing of ${streamName(listing.stream)} ${why}; what is behind it was not seen.`);
    return { end: "broken" };
  }
  visited.add(page.next);
  const high = page.objects.reduce((most, object) => Math.max(most, object.updatedAt), place.high);
  return { next: { ...place, cursor: page.next, high, old, pages: place.pages + 1 } };
};

/** The cursor once the listing has ended. */
const ended = (row: CursorRow, place: ScanPlace, page: Page, end: "complete" | "known" | "broken", now: number) => {
  if (end === "broken") return { ...row, token: null };
  const high = page.objects.reduce((most, object) => Math.max(most, object.updatedAt), place.high);
  const full = place.full && end === "complete";
  return { token: null, high_water: high, full_at: full ? now : row.full_at, scan: place.scan };
};

/** Reads a stream on from `place`; a far side that no longer knows the place is read from the start, once. */
const listStream = async (listing: Listing, start: ScanPlace): Promise<void> => {
  const { ctx, stream, tally, ids } = listing;
  const name = streamName(stream);
  const visited = new Set<string>();
  let place = start;
  let isAnew = false;
  for (;;) {
    let page: Page;
    try {
      page = await listPage(listing, place);
    } catch (error) {
      if (place.cursor === undefined || !isLost(error) || isAnew) throw error;
      isAnew = true;
      visited.clear();
      place = { ...place, cursor: undefined, old: 0, pages: 0 };
      continue;
    }
    if (stream.of === "runs") for (const { id } of page.objects) ids.add(id);
    const { rows, news } = rowsToPut(ctx, page, place.full, tally);
    const after = afterPage(listing, place, page, news, visited);
    const row = ctx.state.cursors.get(ctx.row.id, name);
    const now = ctx.clock.now();
    const cursor =
      "next" in after ? { ...row, token: JSON.stringify(after.next) } : ended(row, place, page, after.end, now);
    const isIdle = rows.length === 0 && (sameCursor(row, cursor) || ("next" in after && !place.full));
    if (!isIdle)
      await keep(ctx, rows, place.scan, () => {
        ctx.state.cursors.put(ctx.row.id, name, cursor);
        if (!("next" in after) && after.end === "complete" && place.full) miss(ctx, stream, place.scan, tally);
      });
    if ("next" in after) place = after.next;
    else return;
  }
};

/** Counts what a full listing did not show. Inside a write. */
const miss = (ctx: SyncContext, stream: Stream, scan: number, tally: Tally): void => {
  const parent = stream.of === "runs" ? stream.experiment : null;
  tally.full += 1;
  tally.newlyAbsent += ctx.state.seen.missed(ctx.row.id, kindsOf(stream), parent, scan, ctx.clock.now());
};

/** Runs that go on move in no listing: some of them are looked at with each sync. */
const readRunning = async (listing: Listing, experiment: string): Promise<void> => {
  const { ctx, tally, ids } = listing;
  const running = ctx.state.seen.running(ctx.row.id, experiment, RUNNING_LIMIT).filter(({ id }) => !ids.has(id));
  const from = running.length > RUNNING_READS ? Math.floor(ctx.random() * running.length) : 0;
  const some = [...running.slice(from), ...running.slice(0, from)].slice(0, RUNNING_READS);
  for (const { id } of some) {
    await ctx.turn();
    tally.reads += 1;
    const object = await ctx.remote.read({ kind: "run", id }, ctx.signal);
    const row = object && toSeen(object);
    if (!row || !isNews(row, ctx.state.seen.find(ctx.row.id, "run", id))) continue;
    const { scan } = ctx.state.cursors.get(ctx.row.id, `runs/${experiment}`);
    await ctx.local.write(() => put(ctx, [row], scan));
  }
};

/** Runs of an experiment that is not there any more are not there either. */
const missRunsOf = async (listing: Listing, experiment: SeenRow): Promise<void> => {
  const { ctx, stream, tally } = listing;
  const name = streamName(stream);
  const row = ctx.state.cursors.get(ctx.row.id, name);
  await ctx.local.write(() => {
    ctx.state.cursors.put(ctx.row.id, name, { ...row, token: null, scan: row.scan + 1 });
    if (experiment.missed > 0) miss(ctx, stream, row.scan + 1, tally);
  });
};

/** Lists one stream, from where the last listing stopped. */
const scanStream = async (ctx: SyncContext, stream: Stream, full: boolean, tally: Tally): Promise<Listing> => {
  const listing: Listing = { ctx, stream, tally, ids: new Set() };
  const row = ctx.state.cursors.get(ctx.row.id, streamName(stream));
  await listStream(listing, placeToStart(row, { full, now: ctx.clock.now(), pace: ctx.pace }));
  return listing;
};

const scanRuns = async (ctx: SyncContext, experiment: SeenRow, full: boolean, tally: Tally): Promise<void> => {
  const stream: Stream = { of: "runs", experiment: experiment.id };
  try {
    const listing = await scanStream(ctx, stream, full, tally);
    await readRunning(listing, experiment.id);
  } catch (error) {
    if (!(error instanceof RemoteError && error.trouble === "gone")) throw error;
    if (experiment.missed === 0)
      tally.problems.push(`The runs of experiment '${experiment.name}' could not be listed: ${error.message}`);
    else if (full) await missRunsOf({ ctx, stream, tally, ids: new Set() }, experiment);
  }
};

/** Pages of what was seen, by id. */
export function* seenPages(ctx: SyncContext, kind: SyncKind, parent?: string): Generator<readonly SeenRow[]> {
  for (let after: string | undefined; ;) {
    const rows = ctx.state.seen.page(ctx.row.id, kind, parent, after, WRITE_OBJECTS);
    if (rows.length > 0) yield rows;
    if (rows.length < WRITE_OBJECTS) return;
    after = rows.at(-1)?.id;
  }
}

/**
 * Lists what is new there, or (`full`) all of it.
 * @throws RemoteError; what was listed before is kept, and the next scan goes on there.
 */
export const scan = async (ctx: SyncContext, options: { readonly full?: boolean } = {}): Promise<ScanResult> => {
  const full = options.full ?? false;
  const tally: Tally = { listed: 0, reads: 0, full: 0, newlyAbsent: 0, problems: [] };
  await scanStream(ctx, { of: "experiments" }, full, tally);
  for (const page of seenPages(ctx, "experiment"))
    for (const experiment of page) await scanRuns(ctx, experiment, full, tally);
  await scanStream(ctx, { of: "registry" }, full, tally);
  return tally;
};

/** Takes in one object as it was just read there. */
export const putRead = (ctx: SyncContext, object: RemoteObject): Promise<void> => {
  const row = toSeen(object);
  const known = row && ctx.state.seen.find(ctx.row.id, row.kind, row.id);
  if (!row || (known && !isNews(row, known))) return Promise.resolve();
  return ctx.local.write(() => put(ctx, [row], 0));
};
