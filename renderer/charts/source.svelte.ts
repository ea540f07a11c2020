/**
 * The points behind a grid of charts. Charts in view say what they want (a metric, an axis, how finely, perhaps a part);
 * wishes are read together, a few requests at a time, and kept no longer than a chart can use them.
 */
import { SvelteMap } from "svelte/reactivity";
import type { Call } from "../../shared/api/client.ts";
import {
  getRunsSeries,
  getSeries,
  SERIES_CSV_PATH,
  type RunSeries,
  type Series,
} from "../../shared/api/outpost/series.ts";
import { toLine, withDetail, type Axis, type Line } from "./line.ts";
import type { Range } from "./scale.ts";

/** A series of a named run, and its look. */
export interface Named {
  readonly id: string;
  readonly label: string;
  readonly style: number;
  readonly series: Series;
}
/** A part of the axis, or what came after a step, at most so finely. */
export interface Part {
  readonly axis: Axis;
  readonly points: number;
  readonly window?: Range | undefined;
  readonly after?: number | undefined;
}
/** How series are asked for: of one run, or of many. */
export interface SeriesReader {
  /** How many metrics one request may name. */
  readonly keysAtOnce: number;
  /** Whether it can ask for what came after a step alone. */
  readonly appends: boolean;
  readonly read: (keys: readonly string[], part: Part, signal: AbortSignal) => Promise<ReadonlyMap<string, Named[]>>;
  /** Where the CSV of all raw points is. */
  readonly csv: (keys: readonly string[]) => string;
}

export interface Wish {
  readonly key: string;
  readonly axis: Axis;
  readonly points: number;
  /** The horizontal zoom. */
  readonly window?: Range | undefined;
}

/** Points for a chart of a width: a bucket holds up to four, and more buckets than pixels are waste. */
export const pointsFor = (width: number): number => (width <= 520 ? 1200 : 1800);

const queryOf = ({ axis, points, window, after }: Part) => ({
  points,
  x_axis: axis.kind,
  ...(axis.metric !== undefined && { x_metric: axis.metric }),
  ...(window && { from: window[0], to: window[1] }),
  ...(after !== undefined && { after_step: after }),
});

const csvOf = (runIds: readonly string[], keys: readonly string[]): string =>
  `${SERIES_CSV_PATH}?${new URLSearchParams([
    ...runIds.map((id) => ["run_ids", id]),
    ...keys.map((key) => ["metric_keys", key]),
  ]).toString()}`;

/** Series of one run: many metrics in one request, and only the new points while it goes on. */
export const runReader = (call: Call, run: () => { id: string; label: string }): SeriesReader => ({
  keysAtOnce: 50,
  appends: true,
  read: async (keys, part, signal) => {
    const { id, label } = run();
    const { series } = await call(getSeries, { run_id: id, metric_keys: [...keys], ...queryOf(part) }, signal);
    return new Map(series.map((one) => [one.key, [{ id, label, style: 0, series: one }]]));
  },
  csv: (keys) => csvOf([run().id], keys),
});

/** Series of many runs: one metric per request. A run's look is its place in the list. */
export const runsReader = (call: Call, runIds: () => readonly string[]): SeriesReader => ({
  keysAtOnce: 1,
  appends: false,
  read: async (keys, part, signal) => {
    const ids = runIds();
    const [key = ""] = keys;
    const { runs } = await call(getRunsSeries, { run_ids: [...ids], metric_key: key, ...queryOf(part) }, signal);
    const named = ({ run_id, run_name, series }: RunSeries): Named => ({
      id: run_id,
      label: run_name,
      style: ids.indexOf(run_id),
      series,
    });
    return new Map([[key, runs.filter(({ series }) => series.total > 0).map(named)]]);
  },
  csv: (keys) => csvOf(runIds(), keys),
});

/** A longer overview is thinned anew by the server, so that a run of weeks needs no more memory than one of minutes. */
const MOST_GROWN = 2;

/** Overviews kept after their chart left the view: scrolling back shows them at once, scrolling on does not pile them up. */
const MOST_KEPT = 200;

const lastStepOf = ({ steps, marks }: Series): number =>
  Math.max(steps.at(-1) ?? -Infinity, marks.at(-1)?.step ?? -Infinity);

const append = (before: Series, after: Series): Series => ({
  ...before,
  total: before.total + after.total,
  steps: [...before.steps, ...after.steps],
  timestamps: [...before.timestamps, ...after.timestamps],
  values: [...before.values, ...after.values],
  ...(before.xs && { xs: [...before.xs, ...(after.xs ?? [])] }),
  ...(before.without_x !== undefined && { without_x: before.without_x + (after.without_x ?? 0) }),
  marks: [...before.marks, ...after.marks],
  not_finite: before.not_finite + after.not_finite,
});

interface Entry {
  readonly points: number;
  readonly named: readonly Named[];
}
interface Detail extends Entry {
  readonly window: Range;
}

const isWhole = ({ series }: Named): boolean =>
  series.total <= series.values.length + series.marks.length + (series.without_x ?? 0);
const sameRange = (a: Range | undefined, b: Range | undefined): boolean => a?.[0] === b?.[0] && a?.[1] === b?.[1];
const idOf = ({ key, axis }: Pick<Wish, "key" | "axis">): string => JSON.stringify([key, axis.kind, axis.metric ?? ""]);

export class ChartSource {
  error = $state.raw<Error>();
  readonly #reader: SeriesReader;
  readonly #overviews = new SvelteMap<string, Entry>();
  readonly #details = new SvelteMap<string, Detail>();
  readonly #wishes = new Set<Wish>();
  #working: Promise<void> | undefined;
  #again = false;
  #newer = false;
  #abort = new AbortController();

  constructor(reader: SeriesReader) {
    this.#reader = reader;
  }

  csv = (keys: readonly string[]): string => this.#reader.csv(keys);

  /** A chart is in view and wants this. Returns how to tell that it no longer does. */
  want(wish: Wish): () => void {
    this.#wishes.add(wish);
    queueMicrotask(this.#wake);
    return () => {
      this.#wishes.delete(wish);
      queueMicrotask(() => this.#forget(wish));
    };
  }

  /** The lines for a wish as far as they are known; undefined before the first answer. */
  lines(wish: Wish): Line[] | undefined {
    const overview = this.#overviews.get(idOf(wish));
    if (!overview) return undefined;
    const { axis, window } = wish;
    const lines = overview.named.map((named) => ({ named, line: toLine(named.series, axis, named) }));
    if (!window) return lines.map(({ line }) => line);
    const detail = this.#details.get(idOf(wish));
    return lines.map(({ named, line }) => {
      const finer = detail?.named.find(({ id }) => id === named.id);
      if (finer && detail) {
        const laid = withDetail(line, toLine(finer.series, axis, finer), ...detail.window);
        return sameRange(detail.window, window) ? laid : { ...laid, total: undefined };
      }
      return { ...line, total: isWhole(named) ? countIn(line, window) : undefined };
    });
  }

  /** Something was logged: asks for what is new. */
  follow = (): void => {
    this.#newer = true;
    this.#wake();
  };

  /** Reads everything in view again; what is shown stays until then. */
  reload = (): void => {
    for (const [id, entry] of this.#overviews) this.#overviews.set(id, { ...entry, points: 0 });
    this.#details.clear();
    this.#wake();
  };

  /** Ends all requests. */
  close = (): void => this.#abort.abort();

  #wake = (): void => {
    if (this.#working) return void (this.#again = true);
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.#wake();
    });
  };

  async #work(): Promise<void> {
    const newer = this.#newer;
    this.#newer = false;
    const { signal } = this.#abort;
    try {
      const fresh = await this.#readMissing(signal);
      if (newer) await this.#readNewer(fresh, signal);
      await this.#readDetails(newer, signal);
      this.error = undefined;
    } catch (error) {
      if (!signal.aborted) this.error = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Overviews that are not there, too coarse, or grown too long. Gives the ids it read. */
  async #readMissing(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const missing = [...this.#wishes].filter((wish) => {
      const entry = this.#overviews.get(idOf(wish));
      if (!entry) return true;
      const longest = Math.max(0, ...entry.named.map(({ series }) => series.values.length + series.marks.length));
      const isCoarse = entry.points < wish.points && (entry.points === 0 || !entry.named.every(isWhole));
      return isCoarse || longest > MOST_GROWN * wish.points;
    });
    for (const [part, keys] of this.#grouped(missing))
      for (const [key, named] of await this.#reader.read(keys, part, signal))
        this.#overviews.set(idOf({ key, axis: part.axis }), { points: part.points, named });
    return new Set(missing.map(idOf));
  }

  /** Wishes that one request can answer, with their keys. */
  #grouped(wishes: readonly Wish[]): [Part, string[]][] {
    const byPart = Map.groupBy(wishes, ({ axis, points, window }) => JSON.stringify([axis, points, window]));
    return [...byPart.values()].flatMap((group) => {
      const [first] = group;
      if (!first) return [];
      const { axis, points, window } = first;
      const keys = [...new Set(group.map(({ key }) => key))];
      const size = this.#reader.keysAtOnce;
      return Array.from({ length: Math.ceil(keys.length / size) }, (_unused, i): [Part, string[]] => [
        { axis, points, window },
        keys.slice(i * size, (i + 1) * size),
      ]);
    });
  }

  /** What came after the newest known step; keys that are at the same step are asked for together. */
  async #readNewer(fresh: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const grown = [...new Map([...this.#wishes].map((wish) => [idOf(wish), wish])).entries()].filter(
      ([id]) => !fresh.has(id),
    );
    const byStep = Map.groupBy(grown, ([id]) => this.#appendAfter(id));
    for (const [after, group] of byStep)
      for (const [part, keys] of this.#grouped(group.map(([, wish]) => ({ ...wish, window: undefined }))))
        for (const [key, named] of await this.#reader.read(keys, { ...part, after }, signal)) {
          const id = idOf({ key, axis: part.axis });
          if (after === undefined) this.#overviews.set(id, { points: part.points, named });
          else this.#append(id, named);
        }
  }

  /** The step after which points are new; undefined where the series is read in whole, as one whose points share a step. */
  #appendAfter(id: string): number | undefined {
    const series = this.#overviews.get(id)?.named[0]?.series;
    if (!this.#reader.appends || !series) return undefined;
    if (series.not_finite > series.marks.length) return undefined; // the newest may be among the marks left out
    const last = lastStepOf(series);
    return Number.isSafeInteger(last) && series.steps[0] !== last ? last : undefined;
  }

  #append(id: string, newer: readonly Named[]): void {
    const entry = this.#overviews.get(id);
    const [after] = newer;
    if (!entry || !after || after.series.total === 0) return;
    this.#overviews.set(id, {
      ...entry,
      named: entry.named.map((one) =>
        one.id === after.id ? { ...one, series: append(one.series, after.series) } : one,
      ),
    });
  }

  /** The parts that are zoomed into, where the overview does not have every point anyway. */
  async #readDetails(newer: boolean, signal: AbortSignal): Promise<void> {
    const wanted = [...this.#wishes].filter((wish) => {
      if (!wish.window || (this.#overviews.get(idOf(wish))?.named.every(isWhole) ?? true)) return false;
      const detail = this.#details.get(idOf(wish));
      return newer || !detail || !sameRange(detail.window, wish.window) || detail.points < wish.points;
    });
    for (const [part, keys] of this.#grouped(wanted))
      for (const [key, named] of await this.#reader.read(keys, part, signal))
        if (part.window)
          this.#details.set(idOf({ key, axis: part.axis }), { points: part.points, named, window: part.window });
  }

  /** Finer points are kept only while somebody looks at them. */
  #forget(wish: Wish): void {
    const id = idOf(wish);
    if (![...this.#wishes].some((other) => other.window && idOf(other) === id)) this.#details.delete(id);
    const wished = new Set([...this.#wishes].map(idOf));
    for (const old of this.#overviews.keys()) {
      if (this.#overviews.size <= MOST_KEPT) return;
      if (!wished.has(old)) this.#overviews.delete(old);
    }
  }
}

const countIn = ({ xs, marks }: Line, [low, high]: Range): number =>
  xs.filter((x) => x >= low && x <= high).length + marks.filter(({ x }) => x >= low && x <= high).length;
