/** What is looked at while a run goes on: the order in which writes arrive, what is sent again, how often. */
import { createMemoryRemote, type MemoryWorld, type Stored } from "../../electron/remote/memory.ts";
import type { Ref } from "../../electron/remote/remote.ts";
import type { FieldChanges } from "../../shared/sync/doc.ts";
import { factOf } from "./book.ts";
import { WRITES } from "./faulty-remote.ts";
import type { World } from "./simulate.ts";
import { deedsOnId, uidsOf } from "./writers.ts";

const HOUR = 3_600_000;
/** Of one and the same write, within an hour. */
const MOST_SENT = 12;
const TERMINAL: ReadonlySet<string | null | undefined> = new Set(["FINISHED", "FAILED", "KILLED"]);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Names a call by what it does. */
const keyOf = (method: string, [of, what]: readonly unknown[]): string => {
  if (method === "create" && isRecord(of)) return `create ${JSON.stringify(of["fields"]).slice(0, 120)}`;
  const id = isRecord(of)
    ? `${textOf(of["kind"])} ${textOf(of["id"])} ${textOf(of["parent"])} ${textOf(of["name"])}`
    : "";
  if (Array.isArray(what)) return `${method} ${id} ${what.length} ${factOf(what[0])} ${factOf(what.at(-1))}`;
  if (method === "putFile" || method === "getFile")
    return `${method} ${id} ${isRecord(what) ? textOf(what["path"]) : textOf(what)}`;
  return `${method} ${id} ${method === "write" ? JSON.stringify(what) : ""}`;
};

/** What a path there holds now: other bytes, put there since, are not the same ones again. */
const digestThere = ({ far }: World, [ref, path]: readonly unknown[]): string =>
  far
    .get(ref as Ref)
    ?.files.get(textOf(path))
    ?.at(-1)?.sha256 ?? "";

/** One workstation's calls. */
const createCalls = (index: number, world: () => World) => {
  const sent = new Map<string, number[]>();
  const moved = new Map<string, { times: number; excused: number }>();
  let refused = new Set<string>();
  let last = "";
  let remembers = true;
  let interruptions = 0;

  /** Bytes go again only where something broke in between: once for each time. */
  const checkAgain = (key: string): void => {
    const of = moved.get(key) ?? { times: 0, excused: -interruptions };
    of.times += 1;
    moved.set(key, of);
    if (of.times > 1 + of.excused + interruptions)
      world().broken("I14 nothing is sent again for nothing", `${index} ${key}`);
  };

  return {
    /** A sync begins; what nobody edits meanwhile is not asked for again in it. */
    begin: (isAlone: boolean): void => {
      refused = new Set();
      remembers = isAlone;
    },
    /** It was ended, or its disk failed. */
    interrupt: (): void => void (interruptions += 1),
    call: (method: string, args: readonly unknown[]): void => {
      const key = method === "getFile" ? `${keyOf(method, args)} ${digestThere(world(), args)}` : keyOf(method, args);
      last = key;
      // without digests there wrong bytes are seen only here, and fetched once more
      const isFetched = method === "getFile" && world().far.options.digests;
      const isFromStart = method === "putFile" || (isFetched && isRecord(args[2]) && args[2]["from"] === 0);
      if (isFromStart && !key.includes("outpost-")) checkAgain(key);
      if (!WRITES.has(method)) return;
      const { broken, time } = world();
      if (refused.has(key)) broken("I15 retries are bounded", `${index} sent again after it was refused: ${key}`);
      const recent = [...(sent.get(key) ?? []), time.elapsed()].filter((at) => at > time.elapsed() - HOUR);
      sent.set(key, recent);
      if (recent.length > MOST_SENT)
        broken("I15 retries are bounded", `${index} sent ${recent.length} times in an hour: ${key}`);
    },
    /** The last call failed. */
    fault: (fault: string): void => {
      const of = moved.get(last);
      if (of) of.excused += 1;
      if (fault === "forbidden" && remembers) refused.add(last);
    },
  };
};
export type Calls = ReturnType<typeof createCalls>;

/** A far side that looks at what is written to it. */
const watched = (far: MemoryWorld, world: () => World): MemoryWorld => {
  const { holds } = createMemoryRemote(far);
  const reached = new Map<string, number>();

  /** What one person wrote in turn arrives in turn: nothing that was written over comes back. */
  const checkOrder = ({ kind, id }: Stored, changes: FieldChanges): void => {
    const edits = deedsOnId(world(), world().book.edits, kind, id);
    for (const [field, value] of Object.entries(changes)) {
      const its = edits.filter((edit) => edit.field === field);
      if (its.length === 0 || new Set(its.map(({ who }) => who)).size > 1) continue;
      const key = `${kind} ${id} ${field}`;
      const from = reached.get(key) ?? 0;
      const at = its.findIndex((edit, index) => index >= from && (edit.value ?? "") === (value ?? ""));
      if (at < 0 && its.some((edit) => (edit.value ?? "") === (value ?? "")))
        world().broken("I7 writes keep their order", `${key} is ${value?.slice(0, 40)} again`);
      else if (at >= 0) reached.set(key, at);
    }
  };

  /** How a run ended is said after what was logged before. */
  const checkEnd = (run: Stored, status: string): void => {
    const { book, broken } = world();
    const edits = deedsOnId(world(), book.edits, "run", run.id);
    const end = edits.findLast((edit) => edit.field === "status" && edit.value === status);
    if (!end || edits.some((edit) => edit.field === "status" && edit.who !== end.who)) return;
    const before = book.edits.indexOf(end);
    for (const { field, value, who } of edits.filter((edit) => book.edits.indexOf(edit) < before))
      if (who === end.who && field.startsWith("param/") && value !== null && !run.fields.has(field))
        if (holds("run", field, value, undefined) === true)
          broken("I7 writes keep their order", `run ${run.id} is ${status} before its ${field}`);
    if (!world().program.rich) return; // odd points are noted last
    const there = new Set(run.points.map(factOf));
    for (const { fact, after, who } of deedsOnId(world(), book.points, "run", run.id))
      if (who === end.who && after <= before && !there.has(fact))
        broken("I7 writes keep their order", `run ${run.id} is ${status} before ${fact}`);
  };

  return {
    ...far,
    add: (input) => {
      const made = far.add(input);
      checkOrder(made, input.fields); // what a server says of its own accord, such as RUNNING, nobody wrote
      return made;
    },
    edit: (ref, changes) => {
      const { status } = changes;
      const one = far.get(ref);
      far.edit(ref, changes);
      if (!one) return;
      checkOrder(one, changes);
      if (one.kind === "run" && typeof status === "string" && TERMINAL.has(status)) checkEnd(one, status);
    },
    drop: (ref) => {
      const { book } = world();
      const all = far.objects().filter(({ id, parent }) => id === ref.id || parent === ref.id);
      for (const { kind, id } of all) book.names.set(`${kind} ${id}`, uidsOf(world(), kind, id));
      far.drop(ref);
    },
  };
};

export const createWatch = (world: () => World) => {
  const calls = new Map<number, Calls>();
  return {
    far: (far: MemoryWorld): MemoryWorld => watched(far, world),
    of: (index: number): Calls => {
      const known = calls.get(index) ?? createCalls(index, world);
      calls.set(index, known);
      return known;
    },
  };
};
