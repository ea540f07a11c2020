/** What a peer test fills a host with, and how it reads a host back, whole. */
import { createHash } from "node:crypto";
import { createHttpClient, type HttpClient } from "../helpers/http-client.ts";

export interface Size {
  readonly runs: number;
  readonly models: number;
  readonly versions: number; // of each model
}

type Json = Record<string, unknown>;
const API = "/api/2.0/mlflow-artifacts/artifacts";
const OUTPOST = "/api/outpost/v1/registered-models";

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const asObject = (value: unknown): Json => (isObject(value) ? value : {});
const listIn = (value: unknown, name: string): Json[] => {
  const found = asObject(value)[name];
  return Array.isArray(found) ? found.filter(isObject) : [];
};
const textIn = (value: unknown, name: string): string => {
  const found = asObject(value)[name];
  return typeof found === "string" ? found : JSON.stringify(found ?? "");
};

const caller = (http: HttpClient) => {
  const call = async (method: string, path: string, body?: object | Buffer): Promise<unknown> => {
    const answer = await http.send(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString("utf8")}`);
    return answer.body.length === 0 ? {} : answer.json();
  };
  return {
    post: (path: string, body: object) => call("POST", `/api/2.0/mlflow/${path}`, body),
    act: (path: string, body: object) => call("POST", `${OUTPOST}/${path}`, body),
    get: (path: string, query: Record<string, string>) =>
      call("GET", `${path}?${new URLSearchParams(query).toString()}`),
    put: (path: string, bytes: Buffer) => call("PUT", `${API}/${path}`, bytes),
    bytes: async (path: string): Promise<Buffer> => (await http.send("GET", `${API}/${path}`)).body,
  };
};
type Calls = ReturnType<typeof caller>;

const seedRun = async ({ post, put }: Calls, experiment_id: string, index: number): Promise<void> => {
  const start_time = 1_700_000_000_000 + index;
  const tags = [
    { key: "kind", value: `k${index % 3}` },
    { key: "긴 값", value: "값 ".repeat(index * 20) },
  ];
  const made = asObject(await post("runs/create", { experiment_id, run_name: `run ${index}`, start_time, tags }));
  const info = asObject(asObject(made["run"])["info"]);
  const run_id = textIn(info, "run_id");
  const params = Array.from({ length: 8 }, (_, i) => ({ key: `p${i}`, value: String(index * i) }));
  const metrics = Array.from({ length: 40 }, (_, step) => ({
    key: `m${step % 2}`,
    value: step === 7 ? "NaN" : step === 9 ? "Infinity" : step / (index + 1),
    timestamp: start_time + step,
    step,
  }));
  await post("runs/log-batch", { run_id, params, metrics });
  const root = textIn(info, "artifact_uri").slice("mlflow-artifacts:/".length);
  await put(`${root}/weights/part.bin`, Buffer.alloc(20_000 + index, index % 251));
  await put(`${root}/notes.txt`, Buffer.from(`run ${index}`));
  await post("runs/update", { run_id, status: index % 5 === 0 ? "FAILED" : "FINISHED", end_time: start_time + 100 });
};

const seedModel = async ({ post, act, put }: Calls, index: number, versions: number): Promise<void> => {
  const name = `model ${index}`;
  await post("registered-models/create", { name, description: `card ${index}`, tags: [{ key: "team", value: "a" }] });
  for (let i = 0; i < versions; i += 1) {
    const semver = `1.${i}.0`;
    const path = `${encodeURIComponent(name)}/versions`;
    const { version } = asObject(await act(path, { semver }));
    const { root } = asObject(await act(`${path}/${String(version)}/files`, {}));
    await put(`${String(root)}/model.bin`, Buffer.alloc(30_000 + i, (index + i) % 251));
    await act(`${path}/${String(version)}/log`, { metrics: [{ key: "auc", value: 0.5 + i / 100, step: i }] });
    await post("model-versions/set-tag", { name, version, key: "stage", value: `s${i}` });
    if (i === 1) await post("registered-models/alias", { name, alias: "champion", version });
  }
};

/** Experiments, runs, models and versions with all that they can have. */
export const seed = async (url: string, { runs, models, versions }: Size): Promise<void> => {
  const http = createHttpClient(url, 2);
  const calls = caller(http);
  const ids: string[] = [];
  for (const name of ["team/one", "둘"]) {
    const tags = [{ key: "mlflow.note.content", value: name }];
    ids.push(textIn(await calls.post("experiments/create", { name, tags }), "experiment_id"));
  }
  for (let index = 0; index < runs; index += 1) await seedRun(calls, ids[index % 2] ?? "", index);
  for (let index = 0; index < models; index += 1) await seedModel(calls, index, versions);
  http.close();
};

const pairs = (value: unknown, name: string): Record<string, string> =>
  Object.fromEntries(
    listIn(value, name)
      .map((each): [string, string] => [textIn(each, "key"), textIn(each, "value")])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const digest = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const filesBelow = async (calls: Calls, root: string, folder = ""): Promise<Record<string, string>> => {
  const at = folder === "" ? root : `${root}/${folder}`;
  const found: Record<string, string> = {};
  for (const each of listIn(await calls.get(API, { path: at }), "files")) {
    const path = folder === "" ? textIn(each, "path") : `${folder}/${textIn(each, "path")}`;
    if (each["is_dir"] === true) Object.assign(found, await filesBelow(calls, root, path));
    else found[path] = digest(await calls.bytes(`${root}/${path}`.split("/").map(encodeURIComponent).join("/")));
  }
  return found;
};

const historyOf = async (calls: Calls, run_id: string, keys: readonly string[]): Promise<string[]> => {
  const points: string[] = [];
  for (const metric_key of keys) {
    const answer = await calls.get("/api/2.0/mlflow/metrics/get-history", { run_id, metric_key });
    for (const { value, timestamp, step } of listIn(answer, "metrics"))
      points.push([metric_key, value, timestamp, step].map(String).join("|"));
  }
  return points.sort();
};

const runOf = async (calls: Calls, experiment: string, run: Json): Promise<Json> => {
  const [info, data] = [asObject(run["info"]), asObject(run["data"])];
  const run_id = textIn(info, "run_id");
  const keys = [...new Set(listIn(data, "metrics").map((each) => textIn(each, "key")))].sort();
  const root = textIn(info, "artifact_uri").slice("mlflow-artifacts:/".length);
  return {
    run_id,
    experiment,
    ...Object.fromEntries(["run_name", "status", "start_time", "end_time", "user_id"].map((key) => [key, info[key]])),
    params: pairs(data, "params"),
    tags: pairs(data, "tags"),
    points: await historyOf(calls, run_id, keys),
    files: await filesBelow(calls, root),
  };
};

const versionOf = async (calls: Calls, name: string, semver: string): Promise<Json> => {
  const path = `${OUTPOST}/${encodeURIComponent(name)}/versions/${encodeURIComponent(semver)}`;
  const shown = asObject(await calls.get(path, {}));
  const files = listIn(shown, "files").map((each) => [textIn(each, "path"), textIn(each, "sha256")].join(" "));
  const metrics = listIn(shown, "metrics").map((each) =>
    [each["key"], each["value"], each["step"]].map(String).join("|"),
  );
  return { name, semver, files: files.sort(), metrics: metrics.sort() };
};

const modelOf = async (calls: Calls, model: Json, versions: number): Promise<Json> => {
  const name = textIn(model, "name");
  const shown = Array.from({ length: versions }, (_, i) => versionOf(calls, name, `1.${i}.0`));
  const listed = listIn(
    await calls.get("/api/2.0/mlflow/model-versions/search", { filter: `name = '${name}'`, max_results: "1000" }),
    "model_versions",
  );
  return {
    name,
    description: model["description"],
    tags: pairs(model, "tags"),
    aliases: listIn(model, "aliases").map((each) => textIn(each, "alias")),
    count: listed.length,
    versionTags: listed.map((each) => JSON.stringify(pairs(each, "tags"))).sort(),
    versions: await Promise.all(shown),
  };
};

/** All that a host says of itself, in an order of its own: two hosts with the same objects say the same. */
export const snapshot = async (url: string, { versions }: Size): Promise<Json> => {
  const http = createHttpClient(url, 4);
  const calls = caller(http);
  const found = await calls.get("/api/2.0/mlflow/experiments/search", { max_results: "1000" });
  const experiments = listIn(found, "experiments").sort((a, b) => (textIn(a, "name") < textIn(b, "name") ? -1 : 1));
  const runs: Json[] = [];
  for (const experiment of experiments) {
    const body = { experiment_ids: [textIn(experiment, "experiment_id")], max_results: 1000 };
    for (const run of listIn(await calls.post("runs/search", body), "runs"))
      runs.push(await runOf(calls, textIn(experiment, "name"), run));
  }
  const models = listIn(
    await calls.get("/api/2.0/mlflow/registered-models/search", { max_results: "1000", order_by: "name ASC" }),
    "registered_models",
  );
  const shown: Json[] = [];
  for (const model of models) shown.push(await modelOf(calls, model, versions));
  http.close();
  return {
    experiments: experiments.map((each) => ({ name: each["name"], tags: pairs(each, "tags") })),
    runs: runs.sort((a, b) => (textIn(a, "run_id") < textIn(b, "run_id") ? -1 : 1)),
    models: shown,
  };
};
