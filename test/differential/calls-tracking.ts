/** Calls about experiments, runs, their values and histories. */
import { type Make, get, post } from "./call.ts";
import { type Json, textAt, type World } from "./world.ts";
import { anyKey, filter, key, metric, number, order, pageSize, pairs, text } from "./words.ts";

const experiment = (world: World): string =>
  world.random.chance(0.05) ? world.random.pick(["99999999", "abc", "-1", "1.5"]) : world.any("experiment", "0");
const run = (world: World): string =>
  world.random.chance(0.05) ? world.random.pick(["0".repeat(32), "nope", "../../x"]) : world.any("run", "nope");
const tags = (world: World): Json[] => pairs(world).filter((pair) => textAt(pair, "key") !== "mlflow.runName");

/** Experiments that may be deleted and renamed; the first ones stay, so that runs have a home. */
const spare = (world: World): string => {
  const later = world.pools.experiment.slice(3);
  return later.length > 0 ? world.random.pick(later) : "99999999";
};

const createExperiment: Make = (world) =>
  post(
    "experiments/create",
    "experiments/create",
    { name: world.fresh("e"), tags: tags(world) },
    {
      learn: (a, b) => {
        const [reference, candidate] = [textAt(a, "experiment_id"), textAt(b, "experiment_id")];
        if (reference && candidate) world.pools.experiment.push(world.bind("experiment", reference, candidate));
      },
    },
  );

const createRun: Make = (world) => {
  const name = `run-${String(world.pools.run.length)}`;
  const body = {
    experiment_id: experiment(world),
    start_time: world.tick(),
    run_name: name,
    user_id: "me",
    tags: tags(world),
  };
  if (world.random.chance(0.08)) body.tags = [{ key: "mlflow.runName", value: world.random.pick([name, "other"]) }];
  return post("runs/create", "runs/create", body, {
    learn: (a, b) => {
      const [reference, candidate] = [textAt(a, "run", "info", "run_id"), textAt(b, "run", "info", "run_id")];
      if (!reference || !candidate) return;
      world.pools.run.push(world.bind("run", reference, candidate));
      const root = (answer: Json): string =>
        textAt(answer, "run", "info", "artifact_uri")?.slice("mlflow-artifacts:/".length) ?? "";
      world.pools.folder.push(world.bind("root", root(a), root(b)));
    },
  });
};

const logBatch: Make = (world) => {
  const { random } = world;
  const metrics = random.chance(0.06)
    ? random.times(random.pick([999, 1000, 1001]), (i) => ({ key: `m${String(i)}`, value: i, timestamp: 1, step: i }))
    : random.times(random.integer(0, 5), () => metric(world));
  const many = random.chance(0.05)
    ? random.times(random.pick([100, 101]), (i) => ({ key: `b${String(i)}`, value: "x" }))
    : undefined;
  const params = random.chance(0.6) ? (many ?? pairs(world)) : [];
  return post("runs/log-batch", "runs/log-batch", { run_id: run(world), metrics, params, tags: tags(world) });
};

/** The status last: MLflow stops reading at a word it does not know, and drops what comes after it. */
const updateRun: Make = (world) => {
  const { random } = world;
  return post("runs/update", "runs/update", {
    run_id: run(world),
    ...(random.chance(0.6) ? { end_time: world.tick() } : {}),
    ...(random.chance(0.3) ? { run_name: random.pick(["", `renamed-${String(world.tick())}`]) } : {}),
    ...(random.chance(0.7)
      ? { status: random.pick<Json>(["FINISHED", "FAILED", "RUNNING", "SCHEDULED", "BOGUS", 3, 99]) }
      : {}),
  });
};

const dataset = (world: World): Json => ({
  dataset: {
    name: world.random.pick(["ds1", "ds2"]),
    digest: world.random.pick(["d1", "d2"]),
    source_type: "local",
    source: "{}",
  },
  tags: [{ key: "mlflow.data.context", value: world.random.pick(["train", "eval"]) }],
});

const RUN_ORDER = [
  "metrics.acc",
  "metrics.acc",
  "metrics.`a/b`",
  "params.lr",
  "tags.k1",
  "start_time",
  "attributes.end_time",
  "status",
];

/** Name → weight and maker. */
export const trackingCalls: readonly (readonly [number, Make])[] = [
  [2, createExperiment],
  [2, (w) => get("experiments/get", "experiments/get", { experiment_id: experiment(w) })],
  [
    1,
    (w) =>
      get("experiments/get-by-name", "experiments/get-by-name", {
        experiment_name: w.random.pick([w.fresh("e"), "Default"]),
      }),
  ],
  [
    1,
    (w) =>
      post("experiments/update", "experiments/update", {
        experiment_id: spare(w),
        new_name: w.random.pick([w.fresh("r"), "Default"]),
      }),
  ],
  [1, (w) => post("experiments/delete", "experiments/delete", { experiment_id: spare(w) })],
  [1, (w) => post("experiments/restore", "experiments/restore", { experiment_id: spare(w) })],
  [
    2,
    (w) =>
      post("experiments/set-experiment-tag", "experiments/set-experiment-tag", {
        experiment_id: experiment(w),
        key: anyKey(w),
        value: text(w),
      }),
  ],
  [
    1,
    (w) =>
      post("experiments/delete-experiment-tag", "experiments/delete-experiment-tag", {
        experiment_id: experiment(w),
        key: key(w),
      }),
  ],
  [
    4,
    (w) =>
      post("experiments/search", "experiments/search", {
        max_results: pageSize(w),
        filter: filter(w, "experiments", `name LIKE '${w.nonce}%'`),
        order_by: order(w, ["name", "experiment_id", "creation_time"]),
        view_type: w.random.pick(["ALL", "ACTIVE_ONLY", "DELETED_ONLY"]),
      }),
  ],
  [7, createRun],
  [6, (w) => get("runs/get", "runs/get", { [w.random.pick(["run_id", "run_id", "run_uuid"])]: run(w) })],
  [3, updateRun],
  [1, (w) => post("runs/delete", "runs/delete", { run_id: run(w) })],
  [2, (w) => post("runs/restore", "runs/restore", { run_id: run(w) })],
  [
    7,
    (w) =>
      post("runs/log-metric", "runs/log-metric", {
        run_id: run(w),
        ...metric(w),
        ...(w.random.chance(0.1) ? { timestamp: -1 } : {}),
      }),
  ],
  [5, (w) => post("runs/log-parameter", "runs/log-parameter", { run_id: run(w), key: anyKey(w), value: text(w) })],
  [5, (w) => post("runs/set-tag", "runs/set-tag", { run_id: run(w), key: anyKey(w), value: text(w) })],
  [2, (w) => post("runs/delete-tag", "runs/delete-tag", { run_id: run(w), key: key(w) })],
  [6, logBatch],
  [2, (w) => post("runs/log-inputs", "runs/log-inputs", { run_id: run(w), datasets: [dataset(w)] })],
  [
    20,
    (w) =>
      post("runs/search", "runs/search", {
        experiment_ids: w.random.some(w.pools.experiment.slice(0, 3), 2),
        filter: filter(w, "runs"),
        max_results: pageSize(w),
        ...(w.random.chance(0.5) ? { order_by: order(w, RUN_ORDER) } : {}),
        ...(w.random.chance(0.3) ? { run_view_type: w.random.pick(["ALL", "DELETED_ONLY", "ACTIVE_ONLY"]) } : {}),
      }),
  ],
  [
    4,
    (w) =>
      get("metrics/get-history", "metrics/get-history", {
        run_id: run(w),
        metric_key: key(w),
        ...(w.random.chance(0.5) ? { max_results: w.random.pick([1, 2, 0, -1]) } : {}),
      }),
  ],
  [
    2,
    (w) =>
      get("metrics/get-history-bulk-interval", "metrics/get-history-bulk-interval", {
        run_ids: [run(w)],
        metric_key: key(w),
        max_results: w.random.pick([5, 320, 2500, 2501]),
        ...(w.random.chance(0.3) ? { start_step: 0, end_step: w.random.pick([0, 3, 9]) } : {}),
      }),
  ],
  [
    1,
    (w) =>
      post("runs/log-metric of a long number", "runs/log-metric", {
        run_id: run(w),
        key: key(w),
        value: number(w),
        timestamp: String(w.tick()),
        step: "3",
      }),
  ],
];

/** The latest value for good, since no other step is as high: so that orders by it meet NaN between negative and positive. */
const logLast =
  (index: number, value: Json): Make =>
  (world) =>
    post("runs/log-metric", "runs/log-metric", {
      run_id: world.pools.run[index] ?? "nope",
      key: "acc",
      value,
      timestamp: world.tick(),
      step: 10 ** 13,
    });

/** Played first, so that the rest has something to work on. */
export const trackingSetup: readonly Make[] = [
  ...Array.from({ length: 5 }, () => createExperiment),
  ...Array.from({ length: 10 }, () => createRun),
  ...Array.from({ length: 12 }, () => logBatch),
  ...["NaN", -1, 1, "NaN", -2, 2, "NaN", 0.5].map((value, index) => logLast(index, value)),
];
