import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createImporter, type Write } from "../../../../electron/domain/import/import.ts";
import { openMlruns } from "../../../../electron/domain/import/mlruns.ts";
import type { TrackingSource } from "../../../../electron/store/mlflow-source.ts";
import { openMlflowDb } from "../../../../electron/store/mlflow-db.ts";
import { clientEnvironment, venvCommand } from "../../../helpers/python.ts";
import { setupApi } from "../../../helpers/setup-api.ts";
import { setupFolder } from "../../../helpers/setup-artifacts.ts";

const TIMEOUT_MS = 180_000;

interface Ids {
  readonly first: string;
  readonly running: string;
  readonly dead: string;
  readonly in_gone: string;
  readonly model_run: string;
  readonly logged_model: string;
}

interface Made {
  readonly ids: Ids;
  readonly folder: string;
  readonly open: (folder?: string) => TrackingSource;
}

const folder = mkdtempSync(join(tmpdir(), "outpost-import-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const make = async (uri: string, ...args: string[]): Promise<Ids> => {
  const { stdout } = await promisify(execFile)(
    venvCommand("python"),
    [join(import.meta.dirname, "make_store.py"), uri, ...args],
    {
      env: { ...clientEnvironment(uri), MLFLOW_ALLOW_FILE_STORE: "true" },
      cwd: folder,
    },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Ids;
};

const made = new Map<string, Made>();
beforeAll(async () => {
  const [files, db] = [join(folder, "files"), join(folder, "db")];
  const dbFolder = join(db, "artifacts");
  for (const path of [files, dbFolder])
    cpSync(import.meta.dirname, path, { recursive: true, filter: (from) => from === import.meta.dirname });
  const [ofFiles, ofDb] = await Promise.all([
    make(`file://${files}/mlruns`),
    make(`sqlite:///${db}/mlflow.db`, dbFolder),
  ]);
  made.set("an mlruns folder", { ids: ofFiles, folder: files, open: (at = files) => openMlruns(join(at, "mlruns")) });
  made.set("an MLflow database", { ids: ofDb, folder: db, open: (at = db) => openMlflowDb(join(at, "mlflow.db")) });
}, TIMEOUT_MS);

const setup = () => {
  const api = setupApi();
  const { stores, domains, journal, writer } = api.services;
  const importer = createImporter({ ...stores, artifacts: domains.artifacts, journal, now: () => 1_800_000_000_000 });
  const write: Write = (job) => writer.write({ actor: "uid:1", surface: "cli" }, job);
  const carry = async (source: TrackingSource, through: Write = write) => {
    try {
      return await importer.carry(source, { write: through });
    } finally {
      source.close();
    }
  };
  const file = async (url: string) => (await api.app.inject({ method: "GET", url })).body;
  return { ...api, write, carry, file };
};

const NONE = { new: 0, present: 0 };

/** All rows that an import writes, without what is drawn at random or depends on the order of the runs. */
const dump = (db: ReturnType<typeof setup>["db"]) =>
  Object.fromEntries(
    Object.entries({
      experiments: "SELECT name, lifecycle_stage, creation_time FROM experiments WHERE id > 0",
      runs: "SELECT run_id, e.name AS experiment, r.name, status, start_time, end_time, r.lifecycle_stage FROM runs r JOIN experiments e ON e.id = r.experiment",
      params:
        "SELECT run_id, k.name AS key, value FROM params p JOIN runs r ON r.id = p.run JOIN keys k ON k.id = p.key",
      tags: "SELECT run_id, k.name AS key, value FROM run_tags p JOIN runs r ON r.id = p.run JOIN keys k ON k.id = p.key",
      metrics:
        "SELECT run_id, k.name AS key, step, timestamp, value, is_nan FROM metrics p JOIN runs r ON r.id = p.run JOIN keys k ON k.id = p.key",
      latest:
        "SELECT run_id, k.name AS key, step, timestamp, value FROM latest_metrics p JOIN runs r ON r.id = p.run JOIN keys k ON k.id = p.key",
      models: "SELECT name, description FROM registered_models",
      versions:
        "SELECT m.name, v.version, v.semver, v.source, v.current_stage, v.run_id FROM model_versions v JOIN registered_models m ON m.id = v.model",
      files: "SELECT path, sha256 FROM version_files",
      logged: "SELECT model_id, name, status FROM logged_models",
      artifacts: "SELECT path, sha256, size FROM artifacts",
      aliases: "SELECT alias FROM aliases",
    }).map(([table, sql]) => [
      table,
      db
        .prepare(sql)
        .all()
        .map((row) => JSON.stringify(row))
        .sort(),
    ]),
  );

describe.each(["an mlruns folder", "an MLflow database"])("%s", (kind) => {
  const source = (): Made => {
    const found = made.get(kind);
    if (!found) throw new Error(`no ${kind} was made`);
    return found;
  };

  test("is carried whole, and a second time nothing is", async () => {
    const { carry } = setup();
    const report = await carry(source().open());
    expect(report).toMatchObject({
      experiments: { new: 2, present: 1 },
      runs: { new: 5, present: 0 },
      logged_models: { new: 1, present: 0 },
      registered_models: { new: 4, present: 0 },
      model_versions: { new: 4, present: 0 },
      metric_points: 1006,
      problems: [{ what: "1 traces", why: "Outpost does not keep them yet" }],
    });
    expect(report.artifacts.files).toBeGreaterThan(5);
    expect(await carry(source().open())).toMatchObject({
      experiments: { ...NONE, present: 3 },
      runs: { ...NONE, present: 5 },
      logged_models: { ...NONE, present: 1 },
      registered_models: { ...NONE, present: 4 },
      model_versions: { ...NONE, present: 4 },
      metric_points: 0,
      artifacts: { files: 0, bytes: 0 },
    });
  });

  test("runs keep their ids, values, times, inputs and files", async () => {
    const { carry, get, file } = setup();
    await carry(source().open());
    const { first, model_run, logged_model } = source().ids;
    const run = async (run_id: string) => (await get("runs/get", { run_id }))[1]["run"];
    expect(await run(first)).toMatchObject({
      info: {
        run_name: "first",
        status: "FINISHED",
        start_time: 1700000000000,
        end_time: 1700000100000,
        lifecycle_stage: "active",
      },
      data: {
        params: expect.arrayContaining([
          { key: "multi", value: "a\nb" },
          { key: "null-like", value: "null" },
          { key: "nested/key", value: "1e3" },
        ]) as unknown,
        tags: expect.arrayContaining([{ key: "who", value: "me" }]) as unknown,
      },
      inputs: {
        dataset_inputs: [
          {
            dataset: { name: "train-data", source_type: "local" },
            tags: [{ key: "mlflow.data.context", value: "training" }],
          },
        ],
      },
    });
    const history = async (metric_key: string) =>
      (await get("metrics/get-history", { run_id: first, metric_key, max_results: 5000 }))[1]["metrics"];
    expect(await history("loss")).toHaveLength(1000);
    expect(await history("inf")).toMatchObject([
      { value: "Infinity", timestamp: 6, step: 1 },
      { value: "-Infinity", timestamp: 7, step: 2 },
    ]);
    expect(await history("nan metric")).toMatchObject([{ value: "NaN" }]);
    expect(await history("nested/metric")).toMatchObject([{ value: 1e-300, step: -3 }]);
    expect(await file(`/get-artifact?run_id=${first}&path=notes/hello.txt`)).toBe("hello");
    expect(await run(model_run)).toMatchObject({ outputs: { model_outputs: [{ model_id: logged_model, step: 4 }] } });
  });

  test("what was deleted there is in the trash here, and what runs goes on", async () => {
    const { carry, get } = setup();
    await carry(source().open());
    const { dead, in_gone, running } = source().ids;
    const stage = async (run_id: string) =>
      ((await get("runs/get", { run_id }))[1]["run"] as { info: { lifecycle_stage: string; status: string } }).info;
    expect([await stage(dead), await stage(in_gone), await stage(running)]).toMatchObject([
      { lifecycle_stage: "deleted", status: "FAILED" },
      { lifecycle_stage: "deleted", status: "KILLED" },
      { lifecycle_stage: "active", status: "RUNNING" },
    ]);
    expect((await get("experiments/get-by-name", { experiment_name: "gone" }))[1]).toMatchObject({
      experiment: { lifecycle_stage: "deleted" },
    });
    expect((await get("experiments/get-by-name", { experiment_name: "alpha" }))[1]).toMatchObject({
      experiment: { tags: expect.arrayContaining([{ key: "team", value: "vision" }]) as unknown },
    });
  });

  test("registered models keep their versions, stages, aliases and files; a logged model its own", async () => {
    const { carry, get, file, send } = setup();
    await carry(source().open());
    const { first, logged_model } = source().ids;
    expect((await get("registered-models/get", { name: "churn" }))[1]).toMatchObject({
      registered_model: {
        description: "the churn model",
        tags: [{ key: "owner", value: "me" }],
        aliases: [{ alias: "champion", version: "2" }],
      },
    });
    expect((await get("model-versions/get", { name: "churn", version: "1" }))[1]).toMatchObject({
      model_version: { current_stage: "Production", source: `models:/${logged_model}` },
    });
    expect((await get("registered-models/alias", { name: "churn", alias: "champion" }))[1]).toMatchObject({
      model_version: {
        version: "2",
        run_id: first,
        description: "second",
        tags: [{ key: "t", value: "x" }],
        source: `runs:/${first}/model`,
      },
    });
    expect(await file("/model-versions/get-artifact?name=churn&version=2&path=MLmodel")).toBe("flavors: {}\n");
    expect(await file("/model-versions/get-artifact?name=churn&version=1&path=MLmodel")).toContain(logged_model);
    expect((await get("model-versions/get", { name: "old", version: "1" }))[0]).toBe(404);
    expect((await get("model-versions/get", { name: "old", version: "2" }))[1]).toMatchObject({
      model_version: { source: "s3://bucket/model" },
    });
    expect((await get("model-versions/get", { name: "greeting", version: "1" }))[1]).toMatchObject({
      model_version: {
        tags: expect.arrayContaining([{ key: "mlflow.prompt.text", value: "Hello {{name}}" }]) as unknown,
      },
    });
    const [, answer] = await send("GET", `/api/2.0/mlflow/logged-models/${logged_model}`);
    expect(answer).toMatchObject({
      model: {
        info: {
          name: "echo",
          status: "LOGGED_MODEL_READY",
          tags: expect.arrayContaining([{ key: "k", value: "v" }]) as unknown,
        },
        data: {
          params: [{ key: "depth", value: "3" }],
          metrics: [{ key: "acc", value: 0.9, step: 4, dataset_name: "train-data" }],
        },
      },
    });
  });

  test("an import that was cut off at any write ends, the next time, where a whole one does", async () => {
    const whole = setup();
    let writes = 0;
    await whole.carry(source().open(), (job) => {
      writes += 1;
      return whole.write(job);
    });
    const wanted = dump(whole.db);
    for (let cut = 1; cut < writes; cut += 5) {
      const { carry, write, db } = setup();
      let left = cut;
      const failing: Write = (job) => (left-- > 0 ? write(job) : Promise.reject(new Error("power cut")));
      await expect(carry(source().open(), failing)).rejects.toThrow("power cut");
      const { problems } = await carry(source().open());
      expect(problems).toHaveLength(1);
      expect(dump(db)).toEqual(wanted);
    }
  }, 60_000);

  test("a run that went on there is brought up to date, and a name that is taken here is shared", async () => {
    const { carry, post, get } = setup();
    const [, { experiment_id }] = await post("experiments/create", {
      name: "alpha",
      tags: [{ key: "team", value: "mine" }],
    });
    await carry(source().open());
    expect((await get("experiments/get", { experiment_id }))[1]).toMatchObject({
      experiment: { tags: expect.arrayContaining([{ key: "team", value: "mine" }]) as unknown },
    });
    const { running, first } = source().ids;
    expect((await get("runs/get", { run_id: first }))[1]).toMatchObject({ run: { info: { experiment_id } } });
    const again = { ...source().open() };
    await carry({
      ...again,
      run: (experiment, id) => {
        const run = again.run(experiment, id);
        return run && id === running ? { ...run, status: "FINISHED", end_time: 99 } : run;
      },
    });
    expect((await get("runs/get", { run_id: running }))[1]).toMatchObject({
      run: { info: { status: "FINISHED", end_time: 99 } },
    });
  });

  test("a version number that is taken here is told, not overwritten", async () => {
    const { carry, post, get } = setup();
    await post("registered-models/create", { name: "churn" });
    await post("model-versions/create", { name: "churn", source: "s3://mine/model" });
    const { problems } = await carry(source().open());
    expect(problems.map(({ what }) => what)).toContain("version 1 of model 'churn'");
    expect((await get("model-versions/get", { name: "churn", version: "1" }))[1]).toMatchObject({
      model_version: { source: "s3://mine/model" },
    });
    expect((await get("model-versions/get", { name: "churn", version: "2" }))[1]).toMatchObject({
      model_version: { description: "second" },
    });
  });
});

/** A copy of the mlruns folder that a test may break. */
const brokenCopy = () => {
  const files = made.get("an mlruns folder");
  if (!files) throw new Error("no folder was made");
  const copy = setupFolder();
  cpSync(files.folder, copy, { recursive: true });
  const root = join(copy, "mlruns");
  const experiment = readdirSync(root).find((name) => /^\d{5,}$/.test(name)) ?? "";
  return { root, experiment: join(root, experiment), ids: files.ids, open: () => files.open(copy) };
};

test("what cannot be read in a folder is told by name, and the rest is carried; links are not followed", async () => {
  const { experiment, ids, open } = brokenCopy();
  const { carry, file } = setup();
  writeFileSync(join(experiment, ids.running, "meta.yaml"), "{ not: yaml: at all");
  writeFileSync(join(experiment, ids.first, "metrics", "loss"), "1 0.5 0\nnonsense\n");
  writeFileSync(join(experiment, ids.first, "params", "huge"), Buffer.alloc(1024 * 1024 + 1, "x"));
  symlinkSync("/etc/passwd", join(experiment, ids.first, "artifacts", "passwd"));
  symlinkSync("/etc", join(experiment, ids.first, "artifacts", "etc"));
  writeFileSync(join(experiment, ids.first, "artifacts", "back\\slash"), "x");
  const { problems, runs } = await carry(open());
  expect(runs).toMatchObject({ new: 4 });
  expect(problems.map(({ what }) => what).sort()).toEqual(
    [
      `artifact 'back\\slash' of run ${ids.first}`,
      `artifact 'etc' of run ${ids.first}`,
      `artifact 'passwd' of run ${ids.first}`,
      `line 2 of metric 'loss' of run ${ids.first}`,
      `param 'huge' of run ${ids.first}`,
      `run ${ids.running}`,
      "1 traces",
    ].sort(),
  );
  expect(await file(`/get-artifact?run_id=${ids.first}&path=notes/hello.txt`)).toBe("hello");
});

test("a store cannot make us read elsewhere: artifacts come from its own folders and from those that were named", async () => {
  const db = made.get("an MLflow database");
  if (!db) throw new Error("no database was made");
  const [copy, elsewhere] = [setupFolder(), setupFolder()];
  cpSync(join(db.folder, "mlflow.db"), join(copy, "mlflow.db"));
  const run = join(elsewhere, "exp", db.ids.first, "artifacts");
  cpSync(join(db.folder, "artifacts", "alpha", db.ids.first, "artifacts"), run, { recursive: true });
  const write = new Sqlite(join(copy, "mlflow.db"));
  write.prepare("UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?").run(run, db.ids.first);
  write.prepare("UPDATE runs SET artifact_uri = 's3://bucket/x' WHERE run_uuid = ?").run(db.ids.dead);
  write.close();
  const { carry, file } = setup();
  const { problems } = await carry(openMlflowDb(join(copy, "mlflow.db")));
  expect(problems.map(({ why }) => why)).toEqual(
    expect.arrayContaining([
      expect.stringContaining(`'${join(elsewhere, "exp")}' is outside of the store`),
      expect.stringContaining("s3://bucket/x"),
    ]),
  );
  expect(await file(`/get-artifact?run_id=${db.ids.first}&path=notes/hello.txt`)).toContain("RESOURCE_DOES_NOT_EXIST");
  await carry(openMlflowDb(join(copy, "mlflow.db"), elsewhere));
  expect(await file(`/get-artifact?run_id=${db.ids.first}&path=notes/hello.txt`)).toBe("hello");
});

test("an import leaves the store it reads as it was", async () => {
  const db = made.get("an MLflow database");
  if (!db) throw new Error("no database was made");
  const before = readFileSync(join(db.folder, "mlflow.db"));
  await setup().carry(db.open());
  expect(readFileSync(join(db.folder, "mlflow.db")).equals(before)).toBe(true);
});

test("what is no store is refused in one sentence, and another schema by its name", () => {
  const at = setupFolder();
  const file = (name: string, sql?: string): string => {
    const path = join(at, name);
    if (sql === undefined) writeFileSync(path, "no database at all, but long enough to look like one");
    else new Sqlite(path).exec(sql).close();
    return path;
  };
  expect(() => openMlruns(join(at, "nowhere"))).toThrow("There is no folder");
  expect(() => openMlruns(at)).toThrow("no folder of MLflow's file store");
  expect(() => openMlflowDb(join(at, "nowhere"))).toThrow("There is no file");
  expect(() => openMlflowDb(file("text"))).toThrow("cannot be read as an SQLite database");
  expect(() => openMlflowDb(file("other", "CREATE TABLE x (y)"))).toThrow("is not an MLflow database");
  const old = file(
    "old",
    "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('0a8213491aaa')",
  );
  expect(() => openMlflowDb(old)).toThrow(
    /schema 0a8213491aaa, which lacks experiments\.experiment_id.*mlflow db upgrade/,
  );
});
