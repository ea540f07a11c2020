import { expect, test } from "vitest";
import { setupRun } from "../../../helpers/setup-run.ts";

interface Item {
  readonly trash_id: string;
  readonly kind: string;
  readonly name: string;
  readonly value: string | null;
  readonly parts: number;
  readonly place: string | null;
}

const setup = async () => {
  const api = await setupRun();
  const outpost = (path: string, body: Record<string, unknown>) => api.send("POST", `/api/outpost/v1/${path}`, body);
  const trash = async (): Promise<Item[]> => (await api.send("GET", "/api/outpost/v1/trash"))[1]["items"] as Item[];
  const restore = async (trash_ids: (string | undefined)[], more: object = {}) =>
    (await outpost("trash/restore", { trash_ids, ...more }))[1];
  const tags = async () =>
    Object.fromEntries(((await api.whole()).data.tags ?? []).map(({ key, value }) => [key, value]));
  const set = (key: string, value: string) => api.post("runs/set-tag", { run_id: api.run_id, key, value });
  const remove = (key: string) => api.post("runs/delete-tag", { run_id: api.run_id, key });
  return { ...api, outpost, trash, restore, tags, set, remove };
};

const setupModel = async () => {
  const api = await setup();
  await api.post("registered-models/create", { name: "fraud", description: "first words" });
  for (let i = 0; i < 2; i++)
    await api.post("model-versions/create", { name: "fraud", source: `runs:/${api.run_id}/model`, run_id: api.run_id });
  const alias = (version: string) => api.post("registered-models/alias", { name: "fraud", alias: "champion", version });
  const pointsTo = async () =>
    (
      (await api.get("registered-models/alias", { name: "fraud", alias: "champion" }))[1]["model_version"] as
        { version: string } | undefined
    )?.version;
  return { ...api, alias, pointsTo };
};

test("a tag that a script removed lies in the trash with its value, when and by whom, and comes back", async () => {
  const { set, remove, trash, restore, tags } = await setup();
  await set("team", "vision");
  await remove("team");
  const [item, ...others] = await trash();
  expect(others).toEqual([]);
  expect(item).toMatchObject({ kind: "tags", name: "team", value: "vision", place: "first", parts: 1, bytes: 0 });
  expect(item).toMatchObject({ actor: "uid:1000", replaced: false, restore_blocked: null });
  expect(await restore([item?.trash_id])).toEqual({ restored: [item?.trash_id], failed: [] });
  expect(await tags()).toMatchObject({ team: "vision" });
  expect(await trash()).toEqual([]);
});

test("tags of every kind of thing come back", async () => {
  const { post, send, outpost, restore, run_id } = await setupModel();
  const [, made] = await post("logged-models", { experiment_id: "0", name: "net" });
  const { model_id } = (made["model"] as { info: { model_id: string } }).info;
  const owners = [
    { owner_kind: "experiment", owner_id: "0" },
    { owner_kind: "run", owner_id: run_id },
    { owner_kind: "logged_model", owner_id: model_id },
    { owner_kind: "registered_model", owner_id: "fraud" },
    { owner_kind: "model_version", owner_id: "fraud", version: "1" },
  ];
  for (const owner of owners) {
    await outpost("tags/set", { ...owner, key: "a/b c", value: "한글" });
    const [status, { trash_id }] = await outpost("tags/remove", { ...owner, key: "a/b c" });
    expect([status, String(trash_id)]).toEqual([200, expect.stringMatching(/^tags:[0-9a-f]{32}$/)]);
    expect(await restore([String(trash_id)])).toMatchObject({ restored: [trash_id] });
    expect((await outpost("tags/remove", { ...owner, key: "a/b c" }))[1]).toEqual({ trash_id: expect.any(String) });
  }
  const [, page] = await send("GET", "/api/outpost/v1/trash", { kind: "tags" });
  expect((page["items"] as Item[]).map(({ value, place }) => [value, place])).toEqual(
    ["fraud 1.0.0", "fraud", "net", "first", "Default"].map((place) => ["한글", place]),
  );
});

test("a key that was set again meanwhile is overwritten only when that is said, and its value is kept in turn", async () => {
  const { set, remove, trash, restore, tags } = await setup();
  await set("team", "vision");
  await remove("team");
  await set("team", "audio");
  const [item] = await trash();
  expect(item).toMatchObject({ restore_blocked: "it is 'audio' now", can_overwrite: true });
  expect(await restore([item?.trash_id])).toMatchObject({
    restored: [],
    failed: [
      {
        error_code: "RESOURCE_ALREADY_EXISTS",
        message: "The tag 'team' was not restored: it is 'audio' now",
        can_overwrite: true,
      },
    ],
  });
  expect(await tags()).toMatchObject({ team: "audio" });
  await restore([item?.trash_id], { overwrite: true });
  expect(await tags()).toMatchObject({ team: "vision" });
  expect(await trash()).toMatchObject([{ name: "team", value: "audio", replaced: true }]);
});

test("a tag of a run in the trash says what to restore first; of one that is gone for good, that it cannot", async () => {
  const { post, set, remove, trash, restore, db, run_id, services } = await setup();
  await set("team", "vision");
  await remove("team");
  await post("runs/delete", { run_id });
  const [tag] = (await trash()).filter(({ kind }) => kind === "tags");
  const run = `run:${String(db.prepare("SELECT uid FROM runs").pluck().get())}`;
  expect(tag).toMatchObject({ restore_blocked: "'first' is in the trash itself", restore_first: run });
  expect(await restore([tag?.trash_id])).toMatchObject({
    failed: [{ error_code: "RESOURCE_CONFLICT", restore_first: run }],
  });
  await services.domains.trash.purge.purgeOne(services.domains.trash.find(run), {
    write: (job) => services.writer.write({ actor: "t", surface: "t" }, job),
  });
  expect(await restore([tag?.trash_id], { overwrite: true })).toMatchObject({
    failed: [{ message: "The tag 'team' was not restored: what it belonged to is gone for good", restore_first: null }],
  });
});

test("writing over a tag in the interface keeps the old value; a script's own writing does not", async () => {
  const { set, outpost, trash, restore, tags, run_id } = await setup();
  await set("team", "vision");
  await set("team", "audio");
  expect(await trash()).toEqual([]);
  const owner = { owner_kind: "run", owner_id: run_id, key: "team" };
  expect((await outpost("tags/set", { ...owner, value: "audio" }))[1]).toEqual({ trash_id: null });
  const [, { trash_id }] = await outpost("tags/set", { ...owner, value: "video" });
  expect(await trash()).toMatchObject([{ value: "audio", replaced: true, restore_blocked: null }]);
  await restore([String(trash_id)]);
  expect(await tags()).toMatchObject({ team: "audio" });
});

test("a tag removed from many runs is one entry, over several calls too, and comes back whole", async () => {
  const { run, post, outpost, trash, restore, db } = await setup();
  const ids = [await run(), await run(), await run()];
  for (const [i, run_id] of ids.entries()) await post("runs/set-tag", { run_id, key: "team", value: `t${i}` });
  const act = (run_ids: string[], more: object = {}) =>
    outpost("experiments/0/run-actions", { action: "DELETE_TAG", key: "team", run_ids, ...more });
  const [, { trash_id }] = await act(ids.slice(0, 2));
  expect((await act(ids.slice(2), { trash_id }))[1]).toMatchObject({ trash_id });
  expect(await trash()).toMatchObject([{ parts: 3, value: null, place: "Default" }]);
  await post("runs/set-tag", { run_id: ids[1], key: "team", value: "new" });
  expect(await restore([String(trash_id)])).toMatchObject({
    failed: [{ message: "The tag 'team' was not restored: it was set again on 1 of 3" }],
  });
  await post("runs/delete-tag", { run_id: ids[1], key: "team" });
  await restore([String(trash_id)]);
  expect(db.prepare("SELECT value FROM run_tags WHERE value LIKE 't_' ORDER BY value").pluck().all()).toEqual([
    "t0",
    "t1",
    "t2",
  ]);
});

test("a tag of more runs than one write takes comes back whole, to those in the trash too", async () => {
  const { run, post, outpost, trash, restore, db, services } = await setup();
  const first = await run();
  await post("runs/set-tag", { run_id: first, key: "team", value: "first" });
  const key = services.stores.keys.idOf("team");
  db.exec(`
    INSERT INTO runs (run_id, experiment, name, user_id, status) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
      SELECT printf('%032x', i), 0, 'run ' || i, 'u', 'FINISHED' FROM n;
    INSERT INTO run_tags (run, key, experiment, value) SELECT id, ${key}, 0, 'v' || id FROM runs WHERE name LIKE 'run %'`);
  const before = db.prepare("SELECT run, value FROM run_tags WHERE key = ? ORDER BY run").all(key);
  const ids = db.prepare<[], string>("SELECT run_id FROM runs WHERE name LIKE 'run %' ORDER BY id").pluck().all();
  let trash_id: unknown;
  for (let i = 0; i < ids.length; i += 500)
    trash_id = (
      await outpost("experiments/0/run-actions", {
        action: "DELETE_TAG",
        key: "team",
        run_ids: ids.slice(i, i + 500),
        ...(trash_id === undefined ? {} : { trash_id }),
      })
    )[1]["trash_id"];
  expect(await trash()).toMatchObject([{ parts: 1200 }]);
  await post("runs/delete", { run_id: ids.at(-1) });
  expect(await restore([String(trash_id)])).toEqual({ restored: [trash_id], failed: [] });
  expect(db.prepare("SELECT run, value FROM run_tags WHERE key = ? ORDER BY run").all(key)).toEqual(before);
  expect((await trash()).filter(({ kind }) => kind === "tags")).toEqual([]);
});

test("a call cannot join another key's act", async () => {
  const { run_id, set, outpost, tags } = await setup();
  await set("a", "1");
  await set("b", "2");
  const [, { trash_id }] = await outpost("tags/remove", { owner_kind: "run", owner_id: run_id, key: "a" });
  const [status, answer] = await outpost("experiments/0/run-actions", {
    action: "DELETE_TAG",
    key: "b",
    run_ids: [run_id],
    trash_id,
  });
  expect([status, answer["error_code"]]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
  expect(await tags()).toMatchObject({ b: "2" });
});

test("an alias that was removed or moved comes back, and says where it was", async () => {
  const { send, alias, pointsTo, trash, restore } = await setupModel();
  await alias("1");
  await alias("2");
  expect(await trash()).toMatchObject([
    { kind: "aliases", name: "champion", value: "1", place: "fraud", replaced: true },
  ]);
  await restore((await trash()).map(({ trash_id }) => trash_id));
  expect(await pointsTo()).toBe("1");
  await send("DELETE", "/api/2.0/mlflow/registered-models/alias", { name: "fraud", alias: "champion" });
  await alias("2");
  const [removed] = await trash();
  expect(await restore([removed?.trash_id])).toMatchObject({
    failed: [{ message: "The alias 'champion' was not restored: it is '2' now" }],
  });
  await restore([removed?.trash_id], { overwrite: true });
  expect(await pointsTo()).toBe("1");
});

test("aliases go to the trash with their version and come back with it, unless they were given away", async () => {
  const { send, alias, pointsTo, trash, restore } = await setupModel();
  const removeVersion = () => send("DELETE", "/api/2.0/mlflow/model-versions/delete", { name: "fraud", version: "1" });
  await alias("1");
  await removeVersion();
  expect(await trash()).toMatchObject([{ kind: "model_version" }]);
  await restore((await trash()).map(({ trash_id }) => trash_id));
  expect(await pointsTo()).toBe("1");
  await removeVersion();
  await alias("2");
  await restore((await trash()).map(({ trash_id }) => trash_id));
  expect(await pointsTo()).toBe("2");
  expect(await trash()).toMatchObject([{ kind: "aliases", value: "1", can_overwrite: true }]);
});

test("an alias of a version in the trash says what to restore first", async () => {
  const { send, alias, pointsTo, trash, restore } = await setupModel();
  await alias("1");
  await alias("2");
  await send("DELETE", "/api/2.0/mlflow/model-versions/delete", { name: "fraud", version: "1" });
  const [moved] = (await trash()).filter(({ kind }) => kind === "aliases");
  const [version] = (await trash()).filter(({ kind }) => kind === "model_version");
  expect(moved).toMatchObject({ restore_first: version?.trash_id });
  await restore([version?.trash_id, moved?.trash_id]);
  expect(await pointsTo()).toBe("1");
});

test("a description that was written over comes back", async () => {
  const { get, outpost, trash, restore } = await setupModel();
  const owner = { owner_kind: "registered_model", owner_id: "fraud" };
  await outpost("descriptions/set", { ...owner, value: "other words" });
  expect(await trash()).toMatchObject([{ kind: "texts", name: "description", value: "first words", place: "fraud" }]);
  await restore((await trash()).map(({ trash_id }) => trash_id));
  expect((await get("registered-models/get", { name: "fraud" }))[1]).toMatchObject({
    registered_model: { description: "first words" },
  });
  expect(await outpost("descriptions/set", { owner_kind: "run", owner_id: "x", value: "" })).toMatchObject([400, {}]);
});

test("a saved view lies in the trash, comes back, and under another name where its own is taken", async () => {
  const { send, post, outpost, trash, restore } = await setup();
  const create = async () =>
    (await outpost("saved-views", { experiment_id: "0", name: "best", query: "q=1" }))[1]["view"] as {
      view_id: string;
    };
  const { view_id } = await create();
  await send("DELETE", `/api/outpost/v1/saved-views/${view_id}`);
  expect(await trash()).toMatchObject([{ kind: "saved_view", name: "best", place: "Default", restore_blocked: null }]);
  await create();
  const trash_id = `saved_view:${view_id}`;
  expect(await restore([trash_id])).toMatchObject({ failed: [{ suggested_name: "best (restored)" }] });
  expect(await restore([trash_id], { new_name: "best (restored)" })).toMatchObject({ restored: [trash_id] });
  await send("DELETE", `/api/outpost/v1/saved-views/${view_id}`);
  const [, { experiment_id }] = await post("experiments/create", { name: "other" });
  const [, { view }] = await outpost("saved-views", { experiment_id, name: "its", query: "" });
  await send("DELETE", `/api/outpost/v1/saved-views/${(view as { view_id: string }).view_id}`);
  await post("experiments/delete", { experiment_id });
  const [blocked] = (await trash()).filter(({ name }) => name === "its");
  expect(blocked).toMatchObject({ restore_first: expect.stringMatching(/^experiment:/) });
  expect(await restore([blocked?.trash_id])).toMatchObject({ failed: [{ error_code: "RESOURCE_CONFLICT" }] });
});

test("what was removed is deleted for good with the rest, and frees nothing else", async () => {
  const { set, remove, trash, services, db, tags } = await setup();
  await set("team", "vision");
  await set("keep", "me");
  await remove("team");
  const [item] = await trash();
  await services.domains.trash.purge.purgeOne(services.domains.trash.find(item?.trash_id ?? ""), {
    write: (job) => services.writer.write({ actor: "t", surface: "t" }, job),
  });
  expect(await trash()).toEqual([]);
  expect(db.prepare("SELECT count(*) FROM removed_values").pluck().get()).toBe(0);
  expect(await tags()).toMatchObject({ keep: "me" });
  expect(db.prepare("SELECT action FROM audit ORDER BY seq DESC LIMIT 1").pluck().get()).toBe("tags.purge");
});

test("logging and setting tags writes nothing for the trash", async () => {
  const { post, run_id, db } = await setup();
  for (const value of ["a", "b"])
    await post("runs/log-batch", { run_id, metrics: [], params: [], tags: [{ key: "k", value }] });
  expect(db.prepare("SELECT count(*) FROM removals").pluck().get()).toBe(0);
});
