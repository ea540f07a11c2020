/** What a row of the bench is: one workload, measured on one server at a time, and the numbers that it prints. */
import type { Kind, Target, Targets } from "./targets.ts";

/** How long and how much: `--quick` for a look, the full sizes for figures that are quoted. */
export interface Sizes {
  readonly rounds: number;
  /** One measured loop, ms. */
  readonly loopMs: number;
  readonly points: number; // of the long history
  readonly intervalPoints: number; // of each of five runs
  readonly runs: number; // searched
  readonly bigFileMiB: number;
  readonly diskPoints: number;
  readonly pythonCalls: number;
}

export const full: Sizes = {
  rounds: 5,
  loopMs: 2000,
  points: 100_000,
  intervalPoints: 20_000,
  runs: 10_000,
  bigFileMiB: 512,
  diskPoints: 100_000,
  pythonCalls: 1000,
};

export const quick: Sizes = {
  rounds: 1,
  loopMs: 1000,
  points: 50_000,
  intervalPoints: 20_000,
  runs: 2000,
  bigFileMiB: 128,
  diskPoints: 20_000,
  pythonCalls: 200,
};

/** The numbers of one measurement, by line. */
export type Measured = Readonly<Record<string, number>>;

export interface Measurement {
  readonly values: Measured;
  /** What a reader must know of the number: a cap that was hit, errors that the peer answered. */
  readonly note?: string;
}

export interface Goal {
  readonly text: string;
  readonly met: (outpost: number, limit: number | undefined) => boolean;
}

export interface Line {
  /** Key in `Measured`. */
  readonly key: string;
  readonly label: string;
  readonly better: "higher" | "lower";
  readonly goal?: Goal;
  /** What several rounds come to; the median unless said otherwise. */
  readonly over?: "max";
  /** How many times mlflow's speed it must have; 5 unless said otherwise, 0 where speed is not the point. */
  readonly factor?: number;
}

/** Where a row measures. */
export interface Setting {
  readonly kind: Kind;
  /** The server that most rows share, started on first use. */
  readonly target: () => Promise<Target>;
  /** Starts further servers, for what needs a fresh one. */
  readonly start: Targets["start"];
  readonly sizes: Sizes;
}

export interface Row {
  readonly name: string;
  readonly lines: readonly Line[];
  /** Only when named or asked for by this option. */
  readonly option?: "large" | "huge";
  /** Servers that cannot do it are left out. */
  readonly kinds?: readonly Kind[];
  /** Fewer rounds than asked for: what hardly varies, or takes MLflow minutes. */
  readonly mostRounds?: number;
  readonly measure: (setting: Setting) => Promise<Measurement>;
}

/** At most so much. */
export const atMost = (bound: number): Goal => ({
  text: `≤ ${String(bound)}`,
  met: (outpost) => outpost <= bound,
});

/** At least so much. */
export const atLeast = (bound: number): Goal => ({
  text: `≥ ${String(bound)}`,
  met: (outpost) => outpost >= bound,
});

/** At least this share of the limit's rate. */
export const shareOfLimit = (share: number): Goal => ({
  text: `≥ ${String(share)}× limit`,
  met: (outpost, limit) => limit !== undefined && outpost >= share * limit,
});

/** At most this many times the limit's duration. */
export const timesLimit = (times: number): Goal => ({
  text: `≤ ${String(times)}× limit`,
  met: (outpost, limit) => limit !== undefined && outpost <= times * limit,
});
