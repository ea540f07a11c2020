import { compareRuns, type Comparison } from "../../shared/api/outpost/compare.ts";
import type { Call } from "../../shared/api/client.ts";
import { query } from "../lib/location.svelte.ts";
import { Resource } from "../lib/resource.svelte.ts";
import { moved, wantedRuns, writeList } from "./address.ts";
import { dimensionsOf, type Dimension } from "./dimensions.ts";
import { assignSlots } from "./slots.ts";
import { brushedRuns, readBrushes, writeBrushes, type Brush, type Brushes } from "./parallel/axes.ts";

const NOTHING: Comparison = {
  runs: [],
  missing: [],
  metrics: [],
  params: [],
  tags: [],
  more: { metrics: 0, params: 0, tags: 0 },
};

/**
 * The page's state. Runs are meant by their place in the server's answer, which is asked for in one order whatever the
 * order shown: moving a run asks for nothing. All that a person sets is in the address.
 */
export class Comparing {
  readonly resource: Resource<Comparison>;
  readonly wanted = $derived.by(() => wantedRuns(query.all("runs")));
  readonly value = $derived.by(() => this.resource.value ?? NOTHING);
  readonly dimensions: readonly Dimension[] = $derived.by(() => dimensionsOf(this.value));
  readonly brushes: Brushes = $derived.by(() => readBrushes(query.all("brush")));
  /** The run that the pointer or the keyboard is at, in whichever section. */
  hovered = $state<number>();

  #sorted = $derived.by(() => this.wanted.ids.toSorted());
  #key = $derived.by(() => this.#sorted.join("\n"));
  #places = $derived.by(() => new Map(this.value.runs.map(({ run_id }, i) => [run_id, i])));
  #slots: ReadonlyMap<string, number> = new Map();
  #slotOf = $derived.by(() => (this.#slots = assignSlots(this.wanted.ids, this.#slots)));

  /** The same for the same runs, in whichever order. */
  readonly setKey: string = $derived.by(() => this.value.runs.map(({ run_id }) => run_id).join(" "));

  /** The compared runs in the order shown. */
  readonly order: readonly number[] = $derived.by(() =>
    this.wanted.ids.map((id) => this.#places.get(id)).filter((place) => place !== undefined),
  );
  /** Those of them that the brushes let through. */
  readonly shown: readonly number[] = $derived.by(() => brushedRuns(this.order, this.dimensions, this.brushes));
  /** What deltas are to: the chosen run, else the first. */
  readonly baseline: number | undefined = $derived.by(() => {
    const chosen = this.#places.get(query.get("base"));
    return chosen !== undefined && this.order.includes(chosen) ? chosen : this.order[0];
  });

  constructor(call: Call) {
    this.resource = new Resource(async (signal) => {
      void this.#key; // the order does not matter
      return this.#sorted.length === 0 ? NOTHING : call(compareRuns, { run_ids: [...this.#sorted] }, signal);
    });
  }

  /** The runs that other brushes would let through. */
  brushed = (brushes: Brushes): readonly number[] => brushedRuns(this.order, this.dimensions, brushes);

  /** Which look the run has. */
  slotOf = (run: number): number => this.#slotOf.get(this.value.runs[run]?.run_id ?? "") ?? 0;
  nameOf = (run: number): string => this.value.runs[run]?.run_name ?? "";
  placeOf = (runId: string): number | undefined => this.#places.get(runId);
  idOf = (run: number): string => this.value.runs[run]?.run_id ?? "";

  /** Whether a change on the server is about one of the runs. */
  isAbout = (runId: string): boolean => this.wanted.ids.includes(runId);

  #go(ids: readonly string[], fields: Record<string, string | undefined> = {}): void {
    const experiments = [
      ...new Set(this.value.runs.filter((run) => ids.includes(run.run_id)).map((r) => r.experiment_id)),
    ];
    query.set({ runs: writeList(ids), experiments: writeList(experiments), ...fields });
  }

  remove = (runIds: readonly string[]): void => {
    this.#go(
      this.wanted.ids.filter((id) => !runIds.includes(id)),
      runIds.includes(query.get("base")) ? { base: undefined } : {},
    );
  };

  /** Moves a run to another place of the order shown. */
  move = (runId: string, to: number): void => {
    const from = this.wanted.ids.indexOf(runId);
    if (from >= 0 && to !== from) this.#go(moved(this.wanted.ids, from, to));
  };

  /** Compares only the runs within the brushes. */
  keepShown = (): void => this.#go(this.shown.map(this.idOf), { brush: undefined });

  setBaseline = (runId: string): void => query.set({ base: runId });

  /** Sets or (undefined) removes the brush on one axis. */
  setBrush = (id: string, brush: Brush | undefined): void => {
    const next = new Map(this.brushes);
    if (brush) next.set(id, brush);
    else next.delete(id);
    query.adjust({ brush: writeBrushes(next) });
  };
  clearBrushes = (): void => query.adjust({ brush: undefined });
}
