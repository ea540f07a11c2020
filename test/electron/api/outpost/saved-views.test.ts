import { expect, test } from "vitest";
import type { SavedView } from "../../../../shared/api/outpost/saved-views.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupSaved = () => {
  const api = setupApi();
  const at = (path = "") => `/api/outpost/v1/saved-views${path}`;
  const create = async (body: Record<string, unknown>): Promise<SavedView> => {
    const [status, answer] = await api.send("POST", at(), { query: "", ...body });
    expect([status, answer["message"]]).toEqual([200, undefined]);
    return answer["view"] as SavedView;
  };
  const list = async (query: Record<string, unknown> = {}): Promise<SavedView[]> =>
    (await api.send("GET", at(), query))[1]["views"] as SavedView[];
  const names = async (query: Record<string, unknown> = {}): Promise<string[]> =>
    (await list(query)).map(({ name, is_default }) => (is_default ? `${name}*` : name));
  return { ...api, at, create, list, names };
};

test("a view is kept with its experiment, or with the search over all of them", async () => {
  const { create, names, send, at } = setupSaved();
  const best = await create({ experiment_id: "0", name: " Best ", query: "sort=metrics.loss+ASC" });
  await create({ name: "Everywhere", query: "filter=x" });
  expect(best).toMatchObject({ experiment_id: "0", name: "Best", query: "sort=metrics.loss+ASC", is_default: false });
  expect(await names({ experiment_id: "0" })).toEqual(["Best"]);
  expect(await names()).toEqual(["Everywhere"]);
  expect(await send("GET", at(`/${best.view_id}`))).toEqual([200, { view: best }]);
});

test("changes, the one default, deletion and its undo leave an audit row and a mark each", async () => {
  const { create, names, send, at, db } = setupSaved();
  const [a, b] = [await create({ experiment_id: "0", name: "a" }), await create({ experiment_id: "0", name: "b" })];
  await send("PATCH", at(`/${a.view_id}`), { is_default: true });
  expect(await names({ experiment_id: "0" })).toEqual(["a*", "b"]);
  await send("PATCH", at(`/${b.view_id}`), { is_default: true, name: "c", query: "cols=x" });
  expect(await names({ experiment_id: "0" })).toEqual(["a", "c*"]);
  await send("DELETE", at(`/${b.view_id}`));
  expect(await names({ experiment_id: "0" })).toEqual(["a"]);
  expect((await send("GET", at(`/${b.view_id}`)))[0]).toBe(404);
  expect(await send("POST", at(`/${b.view_id}/restore`))).toMatchObject([
    200,
    { view: { name: "c", query: "cols=x" } },
  ]);
  expect(await names({ experiment_id: "0" })).toEqual(["a", "c"]);
  expect(db.prepare("SELECT action FROM audit WHERE kind = 'saved_view' ORDER BY seq").pluck().all()).toEqual([
    "saved-view.create",
    "saved-view.create",
    "saved-view.update",
    "saved-view.update",
    "saved-view.update",
    "saved-view.update",
    "saved-view.delete",
    "saved-view.restore",
  ]);
  expect(db.prepare("SELECT count(*) FROM changes WHERE kind = 'saved_view'").pluck().get()).toBe(2);
});

test("a taken name, an empty one, a long query and what is not there are refused by name", async () => {
  const { create, send, at } = setupSaved();
  const { view_id } = await create({ experiment_id: "0", name: "taken" });
  const other = await create({ experiment_id: "0", name: "other" });
  await create({ name: "taken" }); // of another scope
  const body = (name: string, query = "") => ({ experiment_id: "0", name, query });
  expect(await send("POST", at(), body("taken"))).toMatchObject([400, { error_code: "RESOURCE_ALREADY_EXISTS" }]);
  expect((await send("PATCH", at(`/${other.view_id}`), { name: "taken" }))[0]).toBe(400);
  expect((await send("PATCH", at(`/${view_id}`), { name: "taken" }))[0]).toBe(200);
  expect(await send("POST", at(), body("  "))).toMatchObject([400, { error_code: "INVALID_PARAMETER_VALUE" }]);
  expect((await send("POST", at(), body("long", "x".repeat(16_001))))[0]).toBe(400);
  expect((await send("POST", at(), { experiment_id: "77", name: "x", query: "" }))[0]).toBe(404);
  expect((await send("GET", at("/nothing")))[0]).toBe(404);
  expect((await send("DELETE", at("/nothing")))[0]).toBe(404);
  expect((await send("POST", at(`/${view_id}/restore`)))[0]).toBe(404);
  await send("DELETE", at(`/${view_id}`));
  await create({ experiment_id: "0", name: "taken" });
  expect((await send("POST", at(`/${view_id}/restore`)))[0]).toBe(400);
});

test("a view deleted a month ago is kept until the trash is emptied, and all leave with their experiment", async () => {
  const { create, send, at, db, list } = setupSaved();
  const old = await create({ name: "old" });
  const young = await create({ name: "young" });
  await send("DELETE", at(`/${old.view_id}`));
  db.prepare("UPDATE saved_views SET trashed_at = trashed_at - 31 * 86400000 WHERE uid = ?").run(old.view_id);
  await send("DELETE", at(`/${young.view_id}`));
  expect((await send("POST", at(`/${old.view_id}/restore`)))[0]).toBe(200);
  expect((await send("POST", at(`/${young.view_id}/restore`)))[0]).toBe(200);
  await create({ experiment_id: "0", name: "of the experiment" });
  db.prepare("DELETE FROM experiments WHERE id = 0").run();
  expect((await list()).map(({ name }) => name)).toEqual(["old", "young"]);
  expect(db.prepare("SELECT count(*) FROM saved_views").pluck().get()).toBe(2);
});
