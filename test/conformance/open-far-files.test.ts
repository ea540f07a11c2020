/** What a light pull left on GitLab, opened by the real MLflow client: it comes then; and what is said when it cannot. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createCall } from "../../shared/api/client.ts";
import { getJob } from "../../shared/api/outpost/jobs.ts";
import { addRemote, giveToken, pauseRemote, resumeRemote } from "../../shared/api/outpost/remotes.ts";
import { startSync } from "../../shared/api/outpost/sync.ts";
import { type GitlabDouble, startGitlabDouble } from "../doubles/gitlab/start.ts";
import { type Gate, openGate } from "../e2e/gate.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import { runPython } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-open-far-"));
let gitlab: GitlabDouble;
let gate: Gate;
let maker: ServerProcess;
let reader: ServerProcess;

const sync = async (host: ServerProcess, what: "push" | "pull"): Promise<void> => {
  const call = createCall(host.url);
  const { job_id } = await call(startSync, { remote: "lab", what, accept: true });
  await vi.waitFor(async () => expect((await call(getJob, { job_id })).state).toBe("done"), {
    timeout: 120_000,
    interval: 100,
  });
};
const connect = async (host: ServerProcess, url: string): Promise<void> => {
  const token = gitlab.token("maintainer");
  await createCall(host.url)(addRemote, {
    name: "lab",
    kind: "gitlab",
    url,
    project: "team/models",
    token,
    mode: "never",
  });
};
const python = (host: ServerProcess, code: string): Promise<string> =>
  runPython(["-c", code], { trackingUri: host.url, cwd: folder });
/** What a script prints after OUT, as JSON. */
const outOf = (printed: string): Record<string, unknown> =>
  JSON.parse(printed.slice(printed.indexOf("OUT") + 3)) as Record<string, unknown>;

beforeAll(async () => {
  gitlab = await startGitlabDouble();
  gate = await openGate(gitlab.url);
  maker = await startOutpost({ dataDir: join(folder, "maker") });
  reader = await startOutpost({ dataDir: join(folder, "reader") });
  await python(
    maker,
    `
import mlflow, mlflow.pyfunc
class Double(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float]) -> list[float]:
        return [2 * x for x in model_input]
mlflow.set_experiment("shared")
with mlflow.start_run(run_name="trained") as run:
    mlflow.log_text("some notes", "notes/a.txt")
    mlflow.log_text("other notes", "notes/b.txt")
    mlflow.log_text("", "empty.txt")
    mlflow.log_text("x" * 300_000, "big.txt")
    mlflow.pyfunc.log_model(name="model", python_model=Double(), registered_model_name="double")`,
  );
  await connect(maker, gitlab.url);
  await sync(maker, "push");
  await connect(reader, gate.url);
  await sync(reader, "pull");
}, 300_000);
afterAll(async () => {
  await reader?.stop();
  await maker?.stop();
  await gate?.close();
  await gitlab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const FIND_RUN = `
import json, mlflow, pathlib
client = mlflow.MlflowClient()
run = next(r for r in mlflow.search_runs(experiment_names=["shared"], output_format="list"))
run_id = run.info.run_id
def told(work):
    try:
        work()
    except Exception as error:
        return str(error)
    return "nothing"
`;

// Of `runs:/` addresses of one file the client itself swallows what any server says.
test("while the remote cannot be reached, is paused or has no token, opening says so and names the way out", async () => {
  const call = createCall(reader.url);
  const open = async (): Promise<string> => {
    const printed = await python(
      reader,
      `${FIND_RUN}
print("OUT" + json.dumps({
    "listed": sorted(f.path for f in client.list_artifacts(run_id, "notes")),
    "file": told(lambda: mlflow.artifacts.download_artifacts(run.info.artifact_uri + "/notes/a.txt", dst_path="none")),
    "model": told(lambda: mlflow.pyfunc.load_model("models:/double/1")),
}))`,
    );
    const { listed, file, model } = outOf(printed);
    expect(listed).toEqual(["notes/a.txt", "notes/b.txt"]);
    expect(model).toContain("'lab'");
    return String(file);
  };
  await gate.close();
  expect(await open()).toMatch(
    /404.*'notes\/a\.txt' is not on this machine.*remote 'lab'.*open it again when 'lab' can be reached/s,
  );
  await gate.open();
  await call(pauseRemote, { name: "lab" });
  expect(await open()).toMatch(/'lab'.*is paused: resume it under Sync/s);
  await call(resumeRemote, { name: "lab" });
  await call(giveToken, { name: "lab", token: gitlab.token("revoked") });
  expect(await open()).toMatch(/403.*give the remote 'lab' a token/s);
  await call(giveToken, { name: "lab", token: gitlab.token("maintainer") });
}, 240_000);

test("a run's files and a registered model load though a light pull brought no bytes, and stay", async () => {
  const read = `${FIND_RUN}
root = pathlib.Path(mlflow.artifacts.download_artifacts(run_id=run_id, dst_path="DEST"))
print("OUT" + json.dumps({
    "files": {p.relative_to(root).as_posix(): len(p.read_bytes()) for p in sorted(root.rglob("*")) if p.is_file() and "model" not in p.parts},
    "notes": (root / "notes" / "a.txt").read_text(),
    "one": mlflow.artifacts.load_text(f"runs:/{run_id}/notes/b.txt"),
    "predicts": mlflow.pyfunc.load_model("models:/double/1").predict([1.5, 2.0]),
    "version": sorted(f.path for f in mlflow.artifacts.list_artifacts("models:/double/1"))[:1],
}))`;
  const wanted = {
    files: { "big.txt": 300_000, "empty.txt": 0, "notes/a.txt": 10, "notes/b.txt": 11 },
    notes: "some notes",
    one: "other notes",
    predicts: [3, 4],
    version: ["MLmodel"],
  };
  expect(outOf(await python(reader, read.replace("DEST", "first")))).toEqual(wanted);
  await gate.close();
  expect(outOf(await python(reader, read.replace("DEST", "again"))), "from here, without the remote").toEqual(wanted);
  await gate.open();
  await sync(reader, "push"); // what was opened is no news
  const dump = JSON.stringify(await gitlab.control("GET", "state"));
  expect(dump.match(/"notes\/a\.txt"/g)?.length ?? 0).toBeLessThanOrEqual(2);
}, 240_000);
