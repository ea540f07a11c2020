import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toImportRequest } from "../../../../electron/domain/import/import-job.ts";
import { setupApi } from "../../../helpers/setup-api.ts";
import { setupFolder } from "../../../helpers/setup-artifacts.ts";

const IMPORTS = "/api/outpost/v1/admin/imports";
const RUN = (i: number): string => String(i).padStart(32, "0");

/** A small mlruns folder as MLflow writes it: one experiment, some runs. */
const makeMlruns = (runs: number): string => {
  const root = join(setupFolder(), "mlruns");
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(
    "7/meta.yaml",
    `artifact_location: file://${root}/7\ncreation_time: 1\nexperiment_id: '7'\nlast_update_time: 1\nlifecycle_stage: active\nname: moved\n`,
  );
  for (let i = 1; i <= runs; i++) {
    const id = RUN(i);
    write(
      `7/${id}/meta.yaml`,
      `artifact_uri: file://${root}/7/${id}/artifacts\nend_time: 20\nentry_point_name: ''\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: ${id}\nrun_name: run-${i}\nrun_uuid: ${id}\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: 10\nstatus: 3\ntags: []\nuser_id: me\n`,
    );
    write(`7/${id}/params/lr`, "0.1");
    write(`7/${id}/metrics/loss`, "11 0.5 0\n12 0.25 1\n");
    write(`7/${id}/artifacts/out/a.txt`, `hello ${i}`);
  }
  return root;
};

const setup = () => {
  const api = setupApi();
  const detail = async (id: unknown) => (await api.send("GET", `/api/outpost/v1/jobs/${String(id)}`))[1];
  const finish = async (path: string) => {
    const [status, job] = await api.send("POST", IMPORTS, { path });
    expect(status).toBe(200);
    await api.services.jobs.idle();
    return detail(job["job_id"]);
  };
  return { ...api, detail, finish };
};

test("a look counts and changes nothing", async () => {
  const { send, db } = setup();
  const path = makeMlruns(3);
  const [status, found] = await send("POST", `${IMPORTS}/preview`, { path });
  expect([status, found]).toMatchObject([200, { kind: "mlruns", path, experiments: 1, runs: 3, registered_models: 0 }]);
  expect(db.prepare("SELECT count(*) FROM runs").pluck().get()).toBe(0);
});

test("an import ends with a report; a second one brings nothing twice", async () => {
  const { finish } = setup();
  const path = makeMlruns(3);
  const first = await finish(path);
  expect(first).toMatchObject({ state: "done", kind: "import", subject: path, title: `Import ${path}` });
  expect(
    Object.fromEntries((first["facts"] as { name: string; count: number }[]).map(({ name, count }) => [name, count])),
  ).toMatchObject({
    experiments_new: 1,
    runs_new: 3,
    metric_points: 6,
    files: 3,
  });
  expect((await finish(path))["facts"]).toEqual(expect.arrayContaining([{ name: "runs_present", count: 3 }]));
});

test("a cancelled import keeps what it brought, and the next one goes on", async () => {
  const { send, services, db, detail, finish } = setup();
  const path = makeMlruns(60);
  const [, job] = await send("POST", IMPORTS, { path });
  const runs = (): number =>
    Number(db.prepare("SELECT count(*) FROM imports WHERE kind = 'run' AND done = 1").pluck().get());
  while (runs() < 2) await new Promise((resolve) => setImmediate(resolve));
  await send("POST", `/api/outpost/v1/jobs/${String(job["job_id"])}/cancel`, {});
  await services.jobs.idle();
  expect(await detail(job["job_id"])).toMatchObject({ state: "cancelled", can_restart: true });
  const kept = runs();
  expect(kept).toBeLessThan(60);
  await finish(path);
  expect(runs()).toBe(60);
});

test.each([
  ["mlruns", 400, "give the whole path"],
  ["/nowhere/at/all", 404, "There is nothing at '/nowhere/at/all'"],
])("refuses %s before a job is made", async (path, status, message) => {
  const { send } = setup();
  expect(await send("POST", IMPORTS, { path })).toMatchObject([
    status,
    { message: expect.stringContaining(message) as string },
  ]);
  expect((await send("GET", "/api/outpost/v1/jobs"))[1]).toEqual({ jobs: [] });
});

test("a file that is no MLflow database is refused by a look, and fails an import with its reason", async () => {
  const { send, finish } = setup();
  const path = join(setupFolder(), "notes.txt");
  writeFileSync(path, "not a database, but long enough to be read as one");
  expect((await send("POST", `${IMPORTS}/preview`, { path }))[0]).toBe(400);
  expect(await finish(path)).toMatchObject({ state: "failed", error: expect.stringContaining("notes.txt") as string });
});

test("a folder around mlflow.db means the database", () => {
  const folder = setupFolder();
  writeFileSync(join(folder, "mlflow.db"), "");
  expect(toImportRequest({ path: ` ${folder} ` })).toMatchObject({
    kind: "mlflow-db",
    path: join(folder, "mlflow.db"),
  });
});
