/** What the sample project consists of: pure data, the same every time. Times count back from when it is made. */
import { createRandom } from "./random.ts";

export interface SampleRun {
  readonly name: string;
  readonly status: "FINISHED" | "FAILED" | "KILLED";
  /** Name of the run that this one is a part of. */
  readonly parent?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Values by key, one a step. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
  readonly note?: string;
  readonly startedMinutesAgo: number;
  readonly minutes: number;
  readonly log: readonly string[];
  /** Makes a logged model. */
  readonly model: boolean;
}

export interface SampleExperiment {
  readonly name: string;
  readonly note: string;
  readonly dataset: { readonly name: string; readonly digest: string; readonly rows: number; readonly schema: string };
  readonly runs: readonly SampleRun[];
}

const STEPS = 120;

interface Curve {
  readonly from: number;
  readonly to: number;
  readonly speed: number;
  readonly noise: number;
  readonly seed: number;
}

/** A value that settles, with noise that gets smaller. */
const curve = ({ from, to, speed, noise, seed }: Curve, steps = STEPS): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: steps }, (_unused, i) => {
    const settled = to + (from - to) * Math.exp((-speed * i) / steps);
    return Number((settled + (random() - 0.5) * noise * (1 - (0.7 * i) / steps)).toFixed(5));
  });
};

const logOf = (name: string, metrics: SampleRun["metrics"], status: SampleRun["status"]): string[] => {
  const [key = "loss", values = []] = Object.entries(metrics)[0] ?? [];
  const lines = values
    .map((value, i) => `INFO  step ${String(i).padStart(3)}  ${key}=${String(value)}`)
    .filter((_line, i) => i % 10 === 0 || i === values.length - 1);
  const last = {
    FINISHED: "INFO  finished",
    FAILED: "ERROR loss is NaN: stopping. Try a smaller learning rate.",
    KILLED: "WARN  interrupted from the keyboard",
  };
  return [`INFO  ${name}: start`, ...lines, last[status]];
};

const RATES = [0.3, 0.1, 0.03, 0.01] as const;
const DEPTHS = [2, 4, 6] as const;

/** One training: a good rate settles low, a high one swings, the highest diverges with the deepest net. */
const digitRun = (rate: number, depth: number, index: number): SampleRun => {
  const diverges = rate === 0.3 && depth === 6;
  const isKilled = rate === 0.01 && depth === 6;
  const best = 0.04 + Math.abs(Math.log10(rate) + 1.3) * 0.11 - depth * 0.004;
  const speed = 2 + rate * 14;
  const whole = curve({ from: 2.3, to: best, speed, noise: 0.06 + rate, seed: index });
  const [diverged, cut] = [whole.slice(0, 30), whole.slice(0, 70)];
  const loss = diverges ? [...diverged.map((value, i) => value + (i / 12) ** 3), NaN, NaN] : isKilled ? cut : whole;
  const steps = loss.length;
  const accuracy = curve({ from: 0.1, to: 0.99 - best * 0.6, speed, noise: 0.03, seed: index + 100 }, steps);
  const validation = curve({ from: 2.31, to: best * 1.25 + 0.02, speed, noise: 0.08, seed: index + 200 }, steps);
  const metrics = {
    "train/loss": loss,
    "val/loss": diverges ? validation.map((value, i) => (i > 29 ? NaN : value + (i / 12) ** 3)) : validation,
    "val/accuracy": diverges ? accuracy.map((value, i) => Math.max(0.1, value - i / 40)) : accuracy,
    "system/cpu_utilization_percentage": curve({ from: 20, to: 82, speed: 9, noise: 9, seed: index + 300 }, steps),
    "system/system_memory_usage_megabytes": curve(
      { from: 900, to: 1900 + depth * 120, speed: 5, noise: 40, seed: index },
      steps,
    ),
  };
  const name = `mlp-lr${rate}-d${depth}`;
  const status = diverges ? "FAILED" : isKilled ? "KILLED" : "FINISHED";
  return {
    name,
    status,
    parent: `sweep-d${depth}`,
    params: {
      learning_rate: String(rate),
      depth: String(depth),
      hidden: "64",
      optimizer: "sgd",
      batch_size: "128",
      seed: String(index),
    },
    tags: {
      "mlflow.source.name": "train_digits.py",
      "mlflow.user": "sample",
      stage: depth === 6 ? "candidate" : "search",
    },
    metrics,
    startedMinutesAgo: 4000 - index * 47,
    minutes: diverges ? 3 : 11 + depth,
    log: logOf(name, metrics, status),
    model: status === "FINISHED",
    ...(name === "mlp-lr0.1-d6" && {
      note: "**Best of the sweep.** The rate 0.1 settles within 40 steps; deeper than 6 was not tried.\n\n- [x] repeat with another seed\n- [ ] try dropout",
    }),
    ...(diverges && { note: "Diverged after 30 steps: the learning rate is too high for this depth." }),
  };
};

const sweep = (depth: number): SampleRun => ({
  name: `sweep-d${depth}`,
  status: "FINISHED",
  params: { depth: String(depth), trials: String(RATES.length) },
  tags: { "mlflow.source.name": "sweep_digits.py", "mlflow.user": "sample" },
  metrics: { "best/val_loss": [0.4, 0.2, 0.11].map((value) => Number((value - depth * 0.004).toFixed(4))) },
  startedMinutesAgo: 4100 - depth,
  minutes: 70,
  log: [`INFO  sweep over ${RATES.join(", ")} at depth ${depth}`],
  model: false,
});

const TREES = [50, 100, 200, 400] as const;

const priceRun = (trees: number, depth: number, index: number): SampleRun => {
  const error = 3.1 + 26 / trees + Math.abs(depth - 7) * 0.12;
  const metrics = {
    "val/rmse": curve({ from: 9, to: error, speed: 6, noise: 0.3, seed: index + 500 }, 40),
    "val/r2": curve({ from: 0.1, to: 1 - error / 14, speed: 6, noise: 0.02, seed: index + 600 }, 40),
  };
  const name = `forest-${trees}-d${depth}`;
  return {
    name,
    status: "FINISHED",
    params: { n_estimators: String(trees), max_depth: String(depth), criterion: "squared_error" },
    tags: { "mlflow.source.name": "train_prices.py", "mlflow.user": "sample" },
    metrics,
    startedMinutesAgo: 1500 - index * 31,
    minutes: Math.max(1, Math.round(trees / 50)),
    log: logOf(name, metrics, "FINISHED"),
    model: true,
  };
};

const schemaOf = (columns: readonly (readonly [string, string])[]): string =>
  JSON.stringify({ mlflow_colspec: columns.map(([name, type]) => ({ name, type, required: true })) });

/** Two experiments with 23 runs: a sweep with nested runs, one failed, one killed; and a regression. */
export const samplePlan = (): readonly SampleExperiment[] => [
  {
    name: "sample/digits",
    note: '# Digits\n\nA small network on 8 × 8 pictures of digits: **learning rate × depth**.\n\nThis is Outpost\'s sample project; *Home* removes it with one click. Things to try:\n\n1. select three runs and press `c`;\n2. filter by `metrics."val/loss" < 0.2`;\n3. open `mlp-lr0.3-d6`, which diverged.',
    dataset: {
      name: "digits-8x8",
      digest: "5f0c1e7a",
      rows: 1797,
      schema: schemaOf([
        ["pixels", "string"],
        ["digit", "long"],
      ]),
    },
    runs: DEPTHS.flatMap((depth, d) => [
      sweep(depth),
      ...RATES.map((rate, r) => digitRun(rate, depth, 1 + d * RATES.length + r)),
    ]),
  },
  {
    name: "sample/house-prices",
    note: "# House prices\n\nA forest on 506 made-up houses: **trees × depth**, lowest error wins.",
    dataset: {
      name: "houses",
      digest: "b81d44c0",
      rows: 506,
      schema: schemaOf([
        ["rooms", "double"],
        ["distance", "double"],
        ["age", "double"],
        ["price", "double"],
      ]),
    },
    runs: TREES.flatMap((trees, i) => [5, 9].map((depth, j) => priceRun(trees, depth, 1 + i * 2 + j))),
  },
];
