/** Versions that people make in the interface, read by the real MLflow client. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHttpClient } from "../helpers/http-client.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import { runPython } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-version-files-"));
let host: ServerProcess;
let client: ReturnType<typeof createHttpClient>;

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  client = createHttpClient(host.url, 2);
});
afterAll(async () => {
  client?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const python = (code: string): Promise<string> => runPython(["-c", code], { trackingUri: host.url, cwd: folder });
const act = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await client.send("POST", `/api/outpost/v1/registered-models/${path}`, body);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body.toString("utf8")}`);
  return answer.json() as Record<string, unknown>;
};

test("a version made empty and filled by uploads loads as models:/name/1.2.0 and gives its files and metrics", async () => {
  await python(`
import mlflow, mlflow.pyfunc
class Double(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float]) -> list[float]:
        return [2 * x for x in model_input]
mlflow.pyfunc.save_model("saved", python_model=Double())
mlflow.MlflowClient().create_registered_model("double")`);
  expect(await act("double/versions", { semver: "1.2.0" })).toEqual({ version: "1", semver: "1.2.0" });
  const { root } = await act("double/versions/1/files", {});
  await act("double/versions/1/log", { metrics: [{ key: "auc", value: 0.75 }] });
  const printed = await python(`
import json, pathlib, requests, os, mlflow
root = ${JSON.stringify(root)}
base = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow-artifacts/artifacts/"
for path in pathlib.Path("saved").rglob("*"):
    if path.is_file():
        requests.put(base + root + "/" + path.relative_to("saved").as_posix(), data=path.read_bytes()).raise_for_status()
client = mlflow.MlflowClient()
version = client.get_model_version("double", "1")
client.set_registered_model_alias("double", "champion", "1")
out = {
    "predicts": mlflow.pyfunc.load_model("models:/double/1.2.0").predict([1.5, 2.0]),
    "alias": mlflow.pyfunc.load_model("models:/double@champion").predict([4.0]),
    "files": sorted(p.name for p in pathlib.Path(mlflow.artifacts.download_artifacts("models:/double/1", dst_path="down")).iterdir()),
    "listed": sorted(f.path for f in mlflow.artifacts.list_artifacts("models:/double/1")),
    "auc": client.get_run(version.run_id).data.metrics["auc"],
}
client.log_metric(version.run_id, "f1", 0.5)
client.log_text(version.run_id, "from a script", "notes.txt")
out["experiments"] = [e.name for e in client.search_experiments()]
out["runs"] = len(mlflow.search_runs(search_all_experiments=True))
print("OUT" + json.dumps(out))`);
  const out = JSON.parse(printed.slice(printed.indexOf("OUT") + 3)) as Record<string, unknown>;
  expect(out).toMatchObject({ predicts: [3, 4], alias: [8], auc: 0.75, experiments: ["Default"], runs: 0 });
  expect(out["files"]).toContain("MLmodel");
  expect(out["listed"]).toContain("MLmodel");
  const shown = (await client.send("GET", "/api/outpost/v1/registered-models/double/versions/1.2.0")).json() as {
    files: { path: string }[];
    metrics: { key: string }[];
  };
  expect(shown.files.map(({ path }) => path)).toContain("notes.txt");
  expect(shown.metrics.map(({ key }) => key)).toEqual(["auc", "f1"]);
});

test("a version made of a logged model still loads after files were added to it", async () => {
  await python(`
import mlflow, mlflow.pyfunc
class Half(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float]) -> list[float]:
        return [x / 2 for x in model_input]
mlflow.set_experiment("halves")
with mlflow.start_run():
    mlflow.pyfunc.log_model(name="half", python_model=Half(), registered_model_name="half")`);
  const { root } = await act("half/versions/1/files", {});
  await client.send("PUT", `/api/2.0/mlflow-artifacts/artifacts/${String(root)}/report.txt`, Buffer.from("fine"));
  const printed = await python(`
import json, mlflow
print("OUT" + json.dumps([
    mlflow.pyfunc.load_model("models:/half/1").predict([3.0]),
    mlflow.artifacts.load_text("models:/half/1.0.0/report.txt"),
]))`);
  expect(JSON.parse(printed.slice(printed.indexOf("OUT") + 3))).toEqual([[1.5], "fine"]);
});
