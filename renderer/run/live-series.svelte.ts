import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { Call } from "../../shared/api/client.ts";
import { getSeries, type Series } from "../../shared/api/outpost/series.ts";

export const isSystemMetric = (key: string): boolean => key.startsWith("system/");

/** Points per chart that the server sends at most, about: more than a chart has pixels is waste. */
const POINTS = 1200;
const MAX_KEYS = 50;

const join = (before: Series, after: Series): Series => ({
  key: before.key,
  origin: before.origin,
  total: before.total + after.total,
  steps: [...before.steps, ...after.steps],
  timestamps: [...before.timestamps, ...after.timestamps],
  values: [...before.values, ...after.values],
  marks: [...before.marks, ...after.marks],
  not_finite: before.not_finite + after.not_finite,
});

const lastStepOf = (series: Series): number =>
  Math.max(series.steps.at(-1) ?? -Infinity, series.marks.at(-1)?.step ?? -Infinity);

/**
 * The points of the charts in view. Wanted keys are read together, once; while the run goes on only what came after the
 * newest step is asked for. A series that has grown past what a chart can show is thinned anew by the server.
 */
export class LiveSeries {
  readonly byKey = new SvelteMap<string, Series>();
  error = $state.raw<Error>();
  readonly #wanted = new SvelteSet<string>();
  readonly #call: Call;
  readonly #runId: () => string;
  #busy = false;
  #again = false;

  constructor(call: Call, runId: () => string) {
    this.#call = call;
    this.#runId = runId;
  }

  /** A chart came into view. Returns how to tell that it left. */
  want(key: string): () => void {
    this.#wanted.add(key);
    queueMicrotask(() => void this.#update());
    return () => this.#wanted.delete(key);
  }

  /** Something was logged. */
  follow = (): void => void this.#update(true);

  /** Reads everything in view again. */
  reload = (): void => {
    this.byKey.clear();
    void this.#update();
  };

  async #update(newer = false): Promise<void> {
    if (this.#busy) return void (this.#again ||= true);
    this.#busy = true;
    try {
      const keys = [...this.#wanted];
      const missing = keys.filter((key) => this.#isMissing(key));
      for (let i = 0; i < missing.length; i += MAX_KEYS) await this.#read(missing.slice(i, i + MAX_KEYS));
      if (newer) await this.#readNewer(keys.filter((key) => !missing.includes(key)));
      this.error = undefined;
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#busy = false;
    }
    if (!this.#again) return;
    this.#again = false;
    await this.#update(true);
  }

  #isMissing(key: string): boolean {
    const series = this.byKey.get(key);
    return series === undefined || series.steps.length > 2 * POINTS;
  }

  async #read(keys: readonly string[]): Promise<void> {
    const { series } = await this.#call(getSeries, { run_id: this.#runId(), metric_keys: [...keys], points: POINTS });
    for (const one of series) this.byKey.set(one.key, one);
  }

  /** Keys whose newest step is the same are asked for together. */
  async #readNewer(keys: readonly string[]): Promise<void> {
    const byStep = Map.groupBy(keys, (key) => {
      const series = this.byKey.get(key);
      return series ? lastStepOf(series) : -Infinity;
    });
    for (const [step, group] of byStep) {
      // All at one step: "after it" would never come, so such series are read in whole.
      const flat = group.filter((key) => !Number.isFinite(step) || this.byKey.get(key)?.steps[0] === step);
      const growing = group.filter((key) => !flat.includes(key)).slice(0, MAX_KEYS);
      if (flat.length > 0) await this.#read(flat.slice(0, MAX_KEYS));
      if (growing.length === 0) continue;
      const { series } = await this.#call(getSeries, {
        run_id: this.#runId(),
        metric_keys: growing,
        points: POINTS,
        after_step: step,
      });
      for (const after of series) {
        const before = this.byKey.get(after.key);
        if (before && after.total > 0) this.byKey.set(after.key, join(before, after));
      }
    }
  }
}
