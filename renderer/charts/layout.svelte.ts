/** How the charts of an experiment are arranged: remembered on this machine, for all runs of the experiment. */
import { moved } from "./sections.ts";

export type Density = "s" | "m" | "l";
/** A chart's own size: columns and pixels. */
export interface ChartSize {
  readonly columns: number;
  readonly height: number;
}
export interface Arrangement {
  readonly density: Density;
  readonly pinned: readonly string[];
  readonly closed: readonly string[]; // sections
  readonly sizes: Readonly<Record<string, ChartSize>>;
  readonly order: Readonly<Record<string, readonly string[]>>; // by section
}

export const MAX_COLUMNS = 4;
const HEIGHTS: Record<Density, number> = { s: 120, m: 180, l: 280 };
export const CELLS: Record<Density, number> = { s: 220, m: 320, l: 520 };
const [LOWEST, HIGHEST] = [80, 900];
/** Keys that one experiment's arrangement remembers of a kind. */
const MOST = 2000;

const EMPTY: Arrangement = { density: "m", pinned: [], closed: [], sizes: {}, order: {} };

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string").slice(0, MOST) : [];
const entries = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value).slice(0, MOST) : [];

const boundedSize = ({ columns, height }: ChartSize): ChartSize => ({
  columns: Math.min(MAX_COLUMNS, Math.max(1, Math.round(columns))),
  height: Math.min(HIGHEST, Math.max(LOWEST, Math.round(height / 20) * 20)),
});

/** Reads what was stored, whatever wrote it. */
export const parseArrangement = (text: string | null): Arrangement => {
  let raw: unknown;
  try {
    raw = JSON.parse(text ?? "{}");
  } catch {
    return EMPTY; // not ours: there is nothing to keep
  }
  const stored = new Map(entries(raw));
  const density = stored.get("density");
  const sizeOf = (value: unknown): ChartSize | undefined => {
    const fields = new Map(entries(value));
    const [columns, height] = [fields.get("columns"), fields.get("height")];
    return typeof columns === "number" && typeof height === "number" && columns * height > 0
      ? boundedSize({ columns, height })
      : undefined;
  };
  return {
    density: density === "s" || density === "l" ? density : "m",
    pinned: strings(stored.get("pinned")),
    closed: strings(stored.get("closed")),
    sizes: Object.fromEntries(
      entries(stored.get("sizes")).flatMap(([key, value]) => {
        const size = sizeOf(value);
        return size ? [[key, size] as const] : [];
      }),
    ),
    order: Object.fromEntries(entries(stored.get("order")).map(([name, keys]) => [name, strings(keys)])),
  };
};

export class Layout {
  now = $state.raw<Arrangement>(EMPTY);
  readonly #store: string;

  constructor(scope: string) {
    this.#store = `outpost.charts.${scope}`;
    this.now = parseArrangement(localStorage.getItem(this.#store));
  }

  #set(change: Partial<Arrangement>): void {
    this.now = { ...this.now, ...change };
    localStorage.setItem(this.#store, JSON.stringify(this.now));
  }

  isPinned = (key: string): boolean => this.now.pinned.includes(key);
  isClosed = (section: string): boolean => this.now.closed.includes(section);
  sizeOf = (key: string): ChartSize => this.now.sizes[key] ?? { columns: 1, height: HEIGHTS[this.now.density] };

  setDensity = (density: Density): void => this.#set({ density, sizes: {} });
  togglePin = (key: string): void =>
    this.#set({
      pinned: this.isPinned(key) ? this.now.pinned.filter((other) => other !== key) : [...this.now.pinned, key],
    });
  toggleSection = (name: string): void =>
    this.#set({
      closed: this.isClosed(name) ? this.now.closed.filter((other) => other !== name) : [...this.now.closed, name],
    });
  resize = (key: string, size: ChartSize | undefined): void => {
    const rest = Object.fromEntries(Object.entries(this.now.sizes).filter(([other]) => other !== key));
    this.#set({ sizes: size ? { ...rest, [key]: boundedSize(size) } : rest });
  };
  /** Moves a chart one place among those of its section; pinned ones among the pinned. */
  move = (section: string, keys: readonly string[], key: string, by: 1 | -1): void => {
    if (this.isPinned(key)) this.#set({ pinned: moved(this.now.pinned, key, by) });
    else this.#set({ order: { ...this.now.order, [section]: moved(keys, key, by) } });
  };
}
