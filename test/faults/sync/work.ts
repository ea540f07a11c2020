/** What the workstations of these tests hold, and what must be there once all is well again. */
import { createHash } from "node:crypto";
import type { GitlabDouble } from "../../doubles/gitlab/start.ts";
import { fetchOnce, type Json, type Station } from "./station.ts";

const digestOf = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

const TEXT = "five words in a file";
const PARAMS = { lr: "0.1", "한글 이름": "값" };
const POINTS = [
  [0.5, 1, 0],
  [0.25, 2, 1],
] as const;

/** One of each kind, with a file, with a value that GitLab cannot hold. Returns the run. */
export const fillStation = async (station: Station): Promise<void> => {
  const { experiment_id } = await station.mlflow("experiments/create", { name: "first" });
  const start = { experiment_id, run_name: "r", start_time: 1_700_000_000_000, tags: [{ key: "a", value: "b" }] };
  const { run } = await station.mlflow("runs/create", start);
  const { run_id } = run.info;
  const points = POINTS.map(([value, timestamp, step]) => ({ key: "loss", value, timestamp, step }));
  await station.mlflow("runs/log-batch", {
    run_id,
    params: Object.entries(PARAMS).map(([key, value]) => ({ key, value })),
    metrics: [...points, { key: "loss", value: "NaN", timestamp: 3, step: 2 }],
  });
  await station.putFile(run, "dir/f.txt", TEXT);
  await station.mlflow("runs/update", { run_id, status: "FINISHED", end_time: 1_700_000_001_000 });
  await station.mlflow("registered-models/create", { name: "m1", description: "d" });
  await station.mlflow("model-versions/create", { name: "m1", source: `runs:/${String(run_id)}/dir`, run_id });
};

const runOf = async (station: Station): Promise<Json> => {
  const found = await station.call("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=first");
  const { experiment_id } = found.experiment;
  const { runs = [] } = await station.mlflow("runs/search", { experiment_ids: [experiment_id] });
  return runs.length === 1 ? runs[0] : { problem: `${String(runs.length)} runs` };
};

/** Changes what is on both sides: a tag and a description. */
export const editStation = async (station: Station): Promise<void> => {
  const { info } = await runOf(station);
  await station.mlflow("runs/set-tag", { run_id: info.run_id, key: "a", value: "changed" });
  await station.call("PATCH", "/api/2.0/mlflow/registered-models/update", { name: "m1", description: "changed" });
};

const pairs = (list: readonly Json[] | undefined): Record<string, string> =>
  Object.fromEntries((list ?? []).map(({ key, value }: Json) => [key, value]));

/** All that a person would miss, as one value: equal before and after, and equal on another workstation. */
export const contentOf = async (station: Station): Promise<Json> => {
  const run = await runOf(station);
  const { experiment_id, run_id, run_name, start_time, end_time, status } = run.info;
  const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/dir/f.txt`;
  const file = await fetchOnce(station.url() + path);
  const bytes = Buffer.from(await file.arrayBuffer());
  const history = await station.call(
    "GET",
    `/api/2.0/mlflow/metrics/get-history?run_id=${String(run_id)}&metric_key=loss`,
  );
  const { registered_models = [] } = await station.call("GET", "/api/2.0/mlflow/registered-models/search");
  const { model_versions = [] } = await station.call("GET", "/api/2.0/mlflow/model-versions/search");
  return {
    run: { run_name, start_time, end_time, status, params: pairs(run.data.params), tag: pairs(run.data.tags)["a"] },
    file: file.ok ? digestOf(bytes) : file.status,
    points: history.metrics.map(({ value, timestamp, step }: Json) => [String(value), timestamp, step]),
    models: registered_models.map(({ name, description }: Json) => [name, description]),
    versions: model_versions.map(({ name, version }: Json) => [name, version]),
  };
};

const ORIGIN = "outpost.origin";
/** Somebody else's things there, which are none of the work. */
const STRANGER = "stranger";
const originsOf = (objects: readonly Json[]): string[] =>
  objects.flatMap(({ tags }) => tags.filter(({ key }: Json) => key === ORIGIN).map(({ value }: Json) => value));

/** What the far side holds of the work, each object with how often it is there. */
export const heldBy = async (double: GitlabDouble): Promise<Json> => {
  const state = await double.control("GET", "state");
  const own = state.experiments.filter(({ modelId, name }: Json) => modelId === null && name !== STRANGER);
  const runs = state.runs.filter(({ versionId, name }: Json) => versionId === null && name !== STRANGER);
  const models = state.models.filter(({ name }: Json) => name !== STRANGER);
  const versions = state.versions.filter(({ modelId }: Json) => models.some(({ id }: Json) => id === modelId));
  const origins = originsOf([...own, ...runs, ...models, ...versions]);
  const uploads: readonly (readonly Json[])[] = state.packages.map(({ files }: Json) => files);
  const files = uploads.map((of) => new Map<string, string>(of.map(({ name, sha256 }: Json) => [name, sha256])));
  return {
    experiments: own.map(({ name }: Json) => name).toSorted(),
    runs: runs.map((run: Json) => ({
      name: run.name,
      params: pairs(run.params),
      tags: run.tags
        .filter(({ key }: Json) => !key.startsWith("outpost.") && key !== "mlflow.runName")
        .map(({ key, value }: Json) => [key, value]),
      points: run.metrics.map(({ key, value, timestamp, step }: Json) => [key, value, timestamp, step]),
      status: run.status,
    })),
    models: models.map(({ name, description }: Json) => [name, description]),
    versions: versions.map(({ version }: Json) => version),
    // GitLab serves the newest of a name
    files: files.flatMap((of) => [...of]).toSorted(([one], [other]) => (one < other ? -1 : 1)),
    older: uploads.reduce((sum, of, index) => sum + of.length - (files[index]?.size ?? 0), 0),
    marked: [origins.length, new Set(origins).size],
  };
};

/** The whole of the work there exactly once. `description` is the model's. */
export const wholeOf = (description: string): Json => ({
  experiments: ["first"],
  runs: [
    {
      name: "r",
      params: PARAMS,
      tags: [["a", "b"]], // written once: a later value is in a note
      points: POINTS.map(([value, timestamp, step]) => ["loss", value, timestamp, step]),
      status: "FINISHED",
    },
  ],
  models: [["m1", description]],
  versions: ["1.0.0"],
  files: [
    ["dir/f.txt", digestOf(TEXT)],
    ["f.txt", digestOf(TEXT)],
  ],
  older: 0,
  marked: [4, 4],
});

/** Calls that may change something there. */
export const writesOf = async (double: GitlabDouble): Promise<number> => {
  const log: readonly Json[] = await double.control("GET", "log");
  return log.filter(
    ({ method, operation }) => method !== "GET" && method !== "HEAD" && !/search|graphql/.test(operation),
  ).length;
};
