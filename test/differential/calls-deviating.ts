/**
 * Calls on which Outpost differs from MLflow on purpose. They work on things of their own (a run, a model nobody reads
 * back), because MLflow changes something where Outpost refuses, and from there on the two would tell different stories.
 */
import { type Call, type Make, get, post } from "./call.ts";
import { type Fields, type Json, textAt, type World } from "./world.ts";
import { filter } from "./words.ts";

/** What deviating calls may touch, under symbols. */
export interface Apart {
  experiment: string;
  run: string;
  model: string;
  folder: string;
}

const setup =
  (
    name: string,
    path: string,
    body: (apart: Apart, world: World) => Fields,
    learn: (apart: Apart, world: World, a: Json, b: Json) => void,
  ) =>
  (apart: Apart): Make =>
  (world) =>
    post(name, path, body(apart, world), { learn: (a, b) => learn(apart, world, a, b) });

/** Makes the things apart, in this order. */
export const apartSetup = [
  setup(
    "experiments/create",
    "experiments/create",
    (_, world) => ({ name: `apart-${world.nonce}` }),
    (apart, world, a, b) => {
      apart.experiment = world.bind("experiment", textAt(a, "experiment_id") ?? "", textAt(b, "experiment_id") ?? "");
    },
  ),
  setup(
    "runs/create",
    "runs/create",
    (apart) => ({ experiment_id: apart.experiment, run_name: "apart", start_time: 1 }),
    (apart, world, a, b) => {
      const [reference, candidate] = [a, b].map((answer) => ({
        id: textAt(answer, "run", "info", "run_id") ?? "",
        uri: textAt(answer, "run", "info", "artifact_uri") ?? "",
      }));
      if (!reference || !candidate) return;
      apart.run = world.bind("run", reference.id, candidate.id);
      apart.folder = world.bind(
        "root",
        reference.uri.slice("mlflow-artifacts:/".length),
        candidate.uri.slice("mlflow-artifacts:/".length),
      );
    },
  ),
  setup(
    "registered-models/create",
    "registered-models/create",
    (apart, world) => ({ name: (apart.model = `apart-${world.nonce}`) }),
    () => undefined,
  ),
  setup(
    "model-versions/create",
    "model-versions/create",
    (apart) => ({ name: apart.model, source: "s3://b/apart", tags: [{ key: "gitlab.version", value: "2.1.0" }] }),
    () => undefined,
  ),
] as const;

const WRONG: readonly Json[] = [1.5, true, 2 ** 63, 2 ** 70, [], {}, [5], "x"];

const mistyped = ({ run, experiment }: Apart, world: World): Call => {
  const { random } = world;
  const metric: Fields = { key: "m", value: 1, timestamp: 1, step: 0 };
  return random.pick<() => Call>([
    () =>
      post("mistyped log-metric", "runs/log-metric", {
        run_id: run,
        ...metric,
        [random.pick(["timestamp", "step"])]: random.pick(WRONG),
      }),
    () =>
      post("mistyped log-metric value", "runs/log-metric", {
        run_id: run,
        ...metric,
        value: random.pick<Json>([true, [], {}, "x"]),
      }),
    () =>
      post("mistyped log-batch", "runs/log-batch", {
        run_id: run,
        metrics: random.pick<Json>([[metric, 5], [{ ...metric, value: [] }], [{ ...metric, timestamp: 1.5 }], "x", 5]),
      }),
    () =>
      post("mistyped params", "runs/log-batch", {
        run_id: run,
        params: random.pick<Json>([[{ key: 5, value: "v" }], [{ key: "p", value: ["v"] }], [null, { key: "p" }], {}]),
      }),
    () => post("mistyped start_time", "runs/create", { experiment_id: experiment, start_time: random.pick(WRONG) }),
    () => post("mistyped tags", "runs/set-tag", { run_id: run, key: random.pick<Json>([5, ["k"], {}]), value: "v" }),
    () => post("a list as body", "runs/log-metric", {}, { body: random.pick<Json>([[], [1], 5, true]) }),
  ])();
};

const notNumbers = ({ run }: Apart, world: World): Call => ({
  ...post("no JSON number", "runs/log-metric", {}),
  body: null,
  raw: `{"run_id": "${run}", "key": "m", "timestamp": 1, "step": 0, "value": ${world.random.pick(["1e400", "-1e400", "NaN", "Infinity"])}}`,
});

const beyondGrammar = (world: World): Call => {
  const clause = filter(world, "runs") || "metrics.acc > 0";
  const longer = Array.from({ length: world.random.pick([64, 100, 201]) }, () => "metrics.acc > -5").join(" AND ");
  const beyond = world.random.pick([
    `${clause} OR metrics.acc > 0`,
    `NOT (${clause})`,
    `(${clause})`,
    "params.lr IN ('v', 'V')",
    longer,
  ]);
  return post("beyond grammar", "runs/search", { experiment_ids: world.pools.experiment.slice(0, 2), filter: beyond });
};

/** One call that Outpost answers otherwise, with the reason as its twist. */
export const deviatingCall =
  (apart: Apart): Make =>
  (world) =>
    world.random.pick<() => Call>([
      () => ({ ...mistyped(apart, world), twist: "mistyped" }),
      () => ({ ...mistyped(apart, world), twist: "mistyped" }),
      () => ({ ...notNumbers(apart, world), twist: "not JSON's numbers" }),
      () => ({ ...beyondGrammar(world), twist: "beyond MLflow's grammar" }),
      () => ({
        ...post("own location", "experiments/create", {
          name: `apart-${world.fresh("e")}`,
          artifact_location: world.random.pick(["file:///srv/x", "s3://bucket/x", "/srv/x"]),
        }),
        twist: "own location",
      }),
      () => ({
        name: "backslash",
        method: "PUT",
        path: `/api/2.0/mlflow-artifacts/artifacts/${apart.folder}/a%5Cb`,
        raw: Buffer.from("x"),
        contentType: "application/octet-stream",
        twist: "backslash",
      }),
      () => ({
        ...post("semver as alias", "registered-models/alias", { name: apart.model, alias: "2.1.0", version: "1" }),
        twist: "semver",
      }),
      () => ({
        ...get("semver as stage", "registered-models/get-latest-versions", { name: apart.model, stages: ["2.1.0"] }),
        twist: "semver",
      }),
    ])();
