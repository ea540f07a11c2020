import { expect, test } from "vitest";
import { setupRun } from "../../../helpers/setup-run.ts";

interface Item {
  readonly trash_id: string;
  readonly kind: string;
  readonly name: string;
  readonly bytes: number;
  readonly days_left: number;
  readonly parts: number;
  readonly purge_blocked: string | null;
  readonly restore_blocked: string | null;
  readonly suggested_name: string | null;
}

const V1 = "/api/outpost/v1";

const setup = async () => {
  const api = await setupRun();
  const { send, post, services, db } = api;
  const put = async (path: string, text: string): Promise<void> => {
    const answer = await api.app.inject({
      method: "PUT",
      url: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
      headers: { "content-type": "application/octet-stream" },
      payload: text,
    });
    expect(answer.statusCode).toBe(200);
  };
  const trash = async (query: object = {}) =>
    (await send("GET", `${V1}/trash`, query as Record<string, unknown>))[1] as unknown as {
      items: Item[];
      total: number;
      all: number;
      due: number;
      next_page_token?: string;
    };
  const purge = async (scope: object) => {
    const [status, job] = await send("POST", `${V1}/trash/purge`, scope as Record<string, unknown>);
    expect(status).toBe(200);
    await services.jobs.idle();
    const [, detail] = await send("GET", `${V1}/jobs/${String(job["job_id"])}`);
    return detail as unknown as {
      state: string;
      facts: { name: string; count: number }[];
      problems: { what: string; why: string }[];
    };
  };
  const preview = async (scope: object) =>
    (await send("POST", `${V1}/trash/purge-preview`, scope as Record<string, unknown>))[1];
  const deleteRun = (run_id: string) => post("runs/delete", { run_id });
  const removeVersion = (name: string, version: string) =>
    send("DELETE", "/api/2.0/mlflow/model-versions/delete", { name, version });
  const removeModel = (name: string) => send("DELETE", "/api/2.0/mlflow/registered-models/delete", { name });
  const register = async (name: string, run_id = api.run_id): Promise<string> => {
    await post("registered-models/create", { name });
    const [, answer] = await post("model-versions/create", { name, source: `runs:/${run_id}/model`, run_id });
    return (answer["model_version"] as { version: string; semver: string }).version;
  };
  const count = (sql: string): unknown => db.prepare(sql).pluck().get();
  return { ...api, put, trash, purge, preview, deleteRun, removeVersion, removeModel, register, count };
};

test("lists every kind with where it was, what it frees and how long it is kept", async () => {
  const { post, send, run, run_id, put, trash, deleteRun, register, removeModel } = await setup();
  await put(`0/${run_id}/artifacts/a.txt`, "12345");
  await send("POST", `${V1}/artifacts/delete`, { root: `0/${run_id}/artifacts`, paths: ["a.txt"] });
  const second = await run({ run_name: "second" });
  await deleteRun(second);
  const [, { experiment_id }] = await post("experiments/create", { name: "old" });
  await run({ experiment_id });
  await post("experiments/delete", { experiment_id });
  await register("fraud");
  await removeModel("fraud");
  const { items, total } = await trash();
  expect(items.map(({ kind, name, parts, bytes, days_left }) => [kind, name, parts, bytes, days_left])).toEqual([
    ["registered_model", "fraud", 1, 0, 30],
    ["experiment", "old", 1, 0, 30],
    ["run", "second", 1, 0, 30],
    ["artifacts", "a.txt", 1, 5, 30],
  ]);
  expect(total).toBe(4);
  expect((await trash({ kind: "run" })).items).toMatchObject([{ name: "second", place: "Default" }]);
  expect((await trash({ search: "SEC" })).items.map(({ name }) => name)).toEqual(["second"]);
});

test("pages go on where the last one ended", async () => {
  const { run, deleteRun, trash } = await setup();
  for (const run_name of ["one", "two", "three"]) await deleteRun(await run({ run_name }));
  const first = await trash({ max_results: 2 });
  const second = await trash({ max_results: 2, page_token: first.next_page_token });
  expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(["three", "two", "one"]);
});

test("a purge takes rows, history and files, and what it freed is told", async () => {
  const { run, put, post, deleteRun, trash, purge, count, services, db } = await setup();
  const run_id = await run({ run_name: "big" });
  await put(`0/${run_id}/artifacts/a.bin`, "0123456789");
  const points = Array.from({ length: 1000 }, (_unused, i) => ({ key: "loss", value: i, step: i, timestamp: i }));
  for (let batch = 0; batch < 12; batch++)
    await post("runs/log-batch", {
      run_id,
      metrics: points.map((point) => ({ ...point, step: point.step + batch * 1000 })),
    });
  await deleteRun(run_id);
  await services.domains.settler.flush(); // bytes that wait for their file are held
  db.prepare("UPDATE blobs SET created_at = 0").run();
  const [item] = (await trash()).items;
  expect(item?.bytes).toBe(10);
  expect(await purge({ trash_ids: [item?.trash_id] })).toMatchObject({
    state: "done",
    facts: [
      { name: "purged", count: 1 },
      { name: "blocked", count: 0 },
      { name: "bytes_freed", count: 10 },
      { name: "bytes_later", count: 0 },
    ],
  });
  expect(count(`SELECT count(*) FROM runs WHERE run_id = '${run_id}'`)).toBe(0);
  expect(count("SELECT count(*) FROM metrics")).toBe(0);
  expect(count("SELECT count(*) FROM artifacts")).toBe(0);
  expect(count("SELECT count(*) FROM blobs")).toBe(0);
  expect(count("SELECT count(*) FROM purges")).toBe(0);
  expect(count("SELECT count(*) FROM audit WHERE action = 'run.purge' AND actor = 'uid:1000'")).toBe(1);
});

test("bytes that something else names are not counted as freed, and stay", async () => {
  const { run, run_id, put, deleteRun, trash, purge, count, db } = await setup();
  const other = await run({});
  await put(`0/${run_id}/artifacts/same.bin`, "shared");
  await put(`0/${other}/artifacts/same.bin`, "shared");
  await deleteRun(other);
  db.prepare("UPDATE blobs SET created_at = 0").run();
  const [item] = (await trash()).items;
  expect(item?.bytes).toBe(0);
  await purge({ all: true });
  expect(count("SELECT count(*) FROM blobs")).toBe(1);
});

test("a run that a registered version needs stays and says so; once the version is purged too, both go", async () => {
  const { run_id, register, deleteRun, removeVersion, trash, purge, preview, count } = await setup();
  const version = await register("fraud");
  await deleteRun(run_id);
  const [item] = (await trash()).items;
  expect(item?.purge_blocked).toBe("version 1 of model 'fraud' needs it");
  expect(await preview({ all: true })).toMatchObject({ count: 0, blocked: [{ name: "first" }] });
  expect(await purge({ all: true })).toMatchObject({
    state: "done",
    problems: [{ what: "run 'first'", why: "version 1 of model 'fraud' needs it" }],
  });
  expect(count("SELECT count(*) FROM runs")).toBe(1);
  await removeVersion("fraud", version);
  expect((await trash({ kind: "run" })).items[0]?.purge_blocked).toContain("in the trash itself");
  expect(await preview({ all: true })).toMatchObject({ count: 2, blocked: [] });
  expect(await purge({ all: true })).toMatchObject({ problems: [] });
  expect(count("SELECT count(*) FROM runs")).toBe(0);
  expect(count("SELECT count(*) FROM model_versions")).toBe(0);
});

test("an experiment goes with its runs, its logged models and their files", async () => {
  const { post, run, put, purge, count } = await setup();
  const [, { experiment_id }] = await post("experiments/create", { name: "old" });
  const inside = await run({ experiment_id });
  await put(`${String(experiment_id)}/${inside}/artifacts/a.txt`, "a");
  const [, { model }] = await post("logged-models", { experiment_id, name: "net", source_run_id: inside });
  const { model_id } = (model as { info: { model_id: string } }).info;
  await put(`${String(experiment_id)}/models/${model_id}/artifacts/MLmodel`, "b");
  await post("experiments/delete", { experiment_id });
  expect(await purge({ all: true })).toMatchObject({ state: "done", problems: [] });
  expect(count("SELECT count(*) FROM experiments")).toBe(1);
  expect(count(`SELECT count(*) FROM runs WHERE run_id = '${inside}'`)).toBe(0);
  expect(count("SELECT count(*) FROM logged_models")).toBe(0);
  expect(count("SELECT count(*) FROM artifacts")).toBe(0);
});

test("the default experiment is never purged", async () => {
  const { post, purge, count } = await setup();
  await post("experiments/delete", { experiment_id: "0" });
  expect(await purge({ all: true })).toMatchObject({
    problems: [{ why: expect.stringContaining("default experiment") as string }],
  });
  expect(count("SELECT count(*) FROM experiments")).toBe(1);
});

test("numbers of a purged version are not given again", async () => {
  const { register, removeVersion, purge, send, run_id, post } = await setup();
  await register("fraud");
  await register("fraud");
  await removeVersion("fraud", "2");
  await purge({ all: true });
  const [, answer] = await post("model-versions/create", { name: "fraud", source: `runs:/${run_id}/model`, run_id });
  expect(answer).toMatchObject({ model_version: { version: "3" } });
  expect(await send("GET", `${V1}/registered-models/fraud/versions/3`)).toMatchObject([200, { semver: "1.0.2" }]);
});

test("what people added to a version goes with it, and with its model", async () => {
  const { post, send, put, purge, removeVersion, removeModel, count, trash, services, db } = await setup();
  await post("registered-models/create", { name: "own" });
  for (let i = 0; i < 2; i++) {
    const [, { version }] = await send("POST", `${V1}/registered-models/own/versions`, {});
    const [, { root }] = await send("POST", `${V1}/registered-models/own/versions/${String(version)}/files`, {});
    await put(`${String(root)}/weights.bin`, `weights ${String(version)}`);
  }
  await services.domains.settler.flush();
  db.prepare("UPDATE blobs SET created_at = 0").run();
  await removeVersion("own", "2");
  expect((await trash()).items).toMatchObject([{ kind: "model_version", bytes: 9 }]);
  expect(await purge({ all: true })).toMatchObject({ state: "done", problems: [] });
  expect(count("SELECT group_concat(path) FROM artifacts")).toMatch(/^\d+\/\w+\/artifacts\/weights.bin$/);
  await removeModel("own");
  expect((await trash()).items).toMatchObject([{ kind: "registered_model", bytes: 9 }]);
  expect(await purge({ all: true })).toMatchObject({ state: "done", problems: [] });
  expect(count("SELECT count(*) FROM artifacts")).toBe(0);
  expect(count("SELECT count(*) FROM blobs")).toBe(0);
  expect(count("SELECT count(*) FROM experiments")).toBe(1);
  expect(count("SELECT count(*) FROM runs")).toBe(1);
});

test("only what is due goes with due", async () => {
  const { run, deleteRun, trash, purge, send, db } = await setup();
  const [old, young] = [await run({ run_name: "old" }), await run({ run_name: "young" })];
  await deleteRun(old);
  await deleteRun(young);
  db.prepare("UPDATE runs SET trashed_at = trashed_at - 31 * 86400000 WHERE run_id = ?").run(old);
  expect(await trash()).toMatchObject({ all: 2, due: 1 });
  expect((await send("GET", `${V1}/attention`))[1]).toEqual({ disk: null, jobs: [], trash_due: 1 });
  await purge({ due: true });
  expect((await trash()).items.map(({ name }) => name)).toEqual(["young"]);
});

test.each([[{}], [{ trash_ids: [] }], [{ all: true, due: true }]])("refuses the scope %j", async (scope) => {
  const { send } = await setup();
  expect((await send("POST", `${V1}/trash/purge`, scope))[0]).toBe(400);
});

test("a purge begun and cut off can only go on", async () => {
  const { run_id, deleteRun, trash, purge, send, db } = await setup();
  await deleteRun(run_id);
  const [item] = (await trash()).items;
  const id = item?.trash_id ?? "";
  db.prepare("INSERT INTO purges VALUES ('run', ?)").run(id.slice(4));
  expect((await trash()).items).toMatchObject([{ purging: true, restore_blocked: "it is being deleted for good" }]);
  expect((await send("POST", `${V1}/trash/restore`, { trash_ids: [id] }))[1]).toMatchObject({ restored: [] });
  expect(await purge({ trash_ids: [id] })).toMatchObject({ state: "done" });
  expect((await trash()).all).toBe(0);
});

test("a purged experiment leaves the files of runs that moved away, and takes those of runs that moved in", async () => {
  const { post, send, run, put, trash, purge, count } = await setup();
  const create = async (name: string) => String((await post("experiments/create", { name }))[1]["experiment_id"]);
  const [old, other] = [await create("old"), await create("other")];
  const [gone, stays, came] = [
    await run({ experiment_id: old }),
    await run({ experiment_id: old }),
    await run({ experiment_id: other }),
  ];
  for (const [home, id] of [
    [old, gone],
    [old, stays],
    [other, came],
  ])
    await put(`${home}/${id}/artifacts/a.txt`, String(id));
  await put(`${old}/stray.txt`, "stray");
  const move = (from: string, id: string, to_experiment_id: string) =>
    send("POST", `${V1}/experiments/${from}/run-actions`, { action: "MOVE", run_ids: [id], to_experiment_id });
  expect((await move(old, stays, other))[0]).toBe(200);
  expect((await move(other, came, old))[0]).toBe(200);
  await post("experiments/delete", { experiment_id: old });
  const { items } = await trash({ kind: "experiment" });
  expect(await purge({ trash_ids: items.map(({ trash_id }) => trash_id) })).toMatchObject({ state: "done" });
  expect(count("SELECT group_concat(path) FROM artifacts")).toBe(`${old}/${stays}/artifacts/a.txt`);
  // And a moved run that is purged takes its files where they lie.
  await post("runs/delete", { run_id: stays });
  await purge({ trash_ids: (await trash({ kind: "run" })).items.map(({ trash_id }) => trash_id) });
  expect(count("SELECT count(*) FROM artifacts")).toBe(0);
});
