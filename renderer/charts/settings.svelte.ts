/**
 * How all charts of a page are looked at. The address says it (a link shows the same), and what an experiment was last
 * looked at with is the default of its next page.
 */
import { X_AXES, type XAxis } from "../../shared/api/outpost/series.ts";
import { query } from "../lib/location.svelte.ts";
import type { Axis } from "./line.ts";
import type { Range } from "./scale.ts";

const NAMES = ["x", "xm", "smooth", "xlog", "ylog", "clip", "sync"] as const;
type Name = (typeof NAMES)[number];

/** Heavier smoothing than this is one flat line. */
export const MAX_SMOOTHING = 0.99;

export const parseSmoothing = (text: string): number => {
  const value = Number(text);
  return Number.isFinite(value) ? Math.min(MAX_SMOOTHING, Math.max(0, value)) : 0;
};

const isAxis = (text: string): text is XAxis => Object.hasOwn(X_AXES, text);

const recall = (store: string): URLSearchParams => new URLSearchParams(localStorage.getItem(store) ?? "");

export class ChartSettings {
  readonly #store: string;
  #remembered = $state.raw(new URLSearchParams());

  constructor(scope: string) {
    this.#store = `outpost.charts.look.${scope}`;
    this.#remembered = recall(this.#store);
  }

  #get(name: Name): string {
    return query.has(name) ? query.get(name) : (this.#remembered.get(name) ?? "");
  }

  /** Changes some; all of them go into the address, so that it is the whole truth. */
  #set(change: Partial<Record<Name, string>>): void {
    const all = Object.fromEntries(NAMES.map((name) => [name, change[name] ?? this.#get(name)]));
    const next = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""));
    this.#remembered = next;
    localStorage.setItem(this.#store, next.toString());
    query.adjust(all);
  }

  /** The chosen kind; `metric` may still lack its metric. */
  get kind(): XAxis {
    const kind = this.#get("x");
    return isAxis(kind) ? kind : "step";
  }
  get metric(): string {
    return this.#get("xm");
  }
  /** What charts draw on: steps until a metric is chosen. */
  get axis(): Axis {
    const { kind, metric } = this;
    if (kind !== "metric") return { kind };
    return metric === "" ? { kind: "step" } : { kind, metric };
  }
  get smoothing(): number {
    return parseSmoothing(this.#get("smooth"));
  }
  get xLog(): boolean {
    return this.#get("xlog") === "1" && this.kind !== "time";
  }
  get yLog(): boolean {
    return this.#get("ylog") === "1";
  }
  get clip(): boolean {
    return this.#get("clip") === "1";
  }
  /** Charts share cursor and horizontal zoom unless that is switched off. */
  get sync(): boolean {
    return this.#get("sync") !== "0";
  }

  setAxis = (kind: XAxis, metric = this.metric): void => this.#set({ x: kind === "step" ? "" : kind, xm: metric });
  setSmoothing = (value: number): void => this.#set({ smooth: value === 0 ? "" : String(value) });
  toggle = (name: "xlog" | "ylog" | "clip"): void => this.#set({ [name]: this.#get(name) === "1" ? "" : "1" });
  toggleSync = (): void => this.#set({ sync: this.sync ? "0" : "" });
}

/** What charts that follow each other share. A zoom belongs to the axis on which it was made. */
export class ChartSync {
  #x = $state.raw<{ readonly axis: string; readonly range: Range | undefined }>();
  cursor = $state<number>();

  zoomOn(axis: string): Range | undefined {
    return this.#x?.axis === axis ? this.#x.range : undefined;
  }
  setZoom(axis: string, range: Range | undefined): void {
    if (this.zoomOn(axis) !== range) this.#x = { axis, range };
  }
}

export const axisId = ({ kind, metric = "" }: Axis): string => `${kind} ${metric}`;
