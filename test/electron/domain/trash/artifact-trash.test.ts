import { expect, test } from "vitest";
import { setupRun } from "../../../helpers/setup-run.ts";

const DELETE = "/api/outpost/v1/artifacts/delete";
const RESTORE = "/api/outpost/v1/trash/restore";

const setup = async () => {
  const api = await setupRun();
  const root = `0/${api.run_id}/artifacts`;
  const put = async (path: string, text: string): Promise<void> => {
    const answer = await api.app.inject({
      method: "PUT",
      url: `/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`,
      headers: { "content-type": "application/octet-stream" },
      payload: text,
    });
    expect(answer.statusCode).toBe(200);
  };
  const text = async (path: string): Promise<string | undefined> => {
    const answer = await api.app.inject({ url: `/api/2.0/mlflow-artifacts/artifacts/${root}/${path}` });
    return answer.statusCode === 200 ? answer.body : undefined;
  };
  const trash = async (paths: string[], from = root): Promise<[number, Record<string, unknown>]> =>
    api.send("POST", DELETE, { root: from, paths });
  const restore = (id: unknown, more: object = {}) => api.send("POST", RESTORE, { trash_ids: [id], ...more });
  const collect = () =>
    api.services.domains.collector.collect((job) => api.services.writer.write({ actor: "t", surface: "t" }, job), {
      graceMs: -1_000_000,
    });
  const register = async (name: string, path: string): Promise<string> => {
    await api.post("registered-models/create", { name });
    const [status, answer] = await api.post("model-versions/create", {
      name,
      source: `mlflow-artifacts:/${root}/${path}`,
      run_id: api.run_id,
    });
    expect(status).toBe(200);
    return (answer["model_version"] as { version: string }).version;
  };
  const filesOfVersion = async (name: string, version: string) => {
    const [, answer] = await api.send("GET", `/api/outpost/v1/registered-models/${name}/versions/${version}`);
    return (answer["files"] as { path: string }[]).map(({ path }) => path);
  };
  return { ...api, root, put, text, trash, restore, collect, register, filesOfVersion };
};

test("deleted files and folders come back with their bytes, also after a collection", async () => {
  const { put, text, trash, restore, collect } = await setup();
  await put("a.txt", "one");
  await put("plots/b.txt", "two");
  await put("plots/deep/c.txt", "three");
  await put("kept.txt", "four");
  const [status, answer] = await trash(["a.txt", "plots"]);
  expect([status, answer]).toEqual([200, { trash_id: answer["trash_id"], files: 3, bytes: 11 }]);
  expect(await Promise.all(["a.txt", "plots/deep/c.txt", "kept.txt"].map(text))).toEqual([
    undefined,
    undefined,
    "four",
  ]);
  await collect();
  expect((await restore(answer["trash_id"]))[1]).toEqual({ restored: [answer["trash_id"]], failed: [] });
  expect(await Promise.all(["a.txt", "plots/b.txt", "plots/deep/c.txt"].map(text))).toEqual(["one", "two", "three"]);
  const [, twice] = await restore(answer["trash_id"]);
  expect(twice["failed"]).toMatchObject([{ error_code: "RESOURCE_DOES_NOT_EXIST", suggested_name: null }]);
});

test("a file named twice, by itself and by its folder, is deleted once", async () => {
  const { put, trash } = await setup();
  await put("plots/b.txt", "two");
  expect((await trash(["plots", "plots/b.txt", "./plots"]))[1]).toMatchObject({ files: 1, bytes: 3 });
});

test("one path that is not there leaves everything as it was", async () => {
  const { put, text, trash, db } = await setup();
  await put("a.txt", "one");
  expect(await trash(["a.txt", "b.txt"])).toMatchObject([
    404,
    { message: expect.stringContaining("'b.txt'") as string },
  ]);
  expect(await text("a.txt")).toBe("one");
  expect(db.prepare("SELECT count(*) FROM artifact_trash").pluck().get()).toBe(0);
});

test.each([
  [[], "name at least one"],
  [[""], "name the files"],
  [["../x"], "leaves its folder"],
])("refuses the paths %j", async (paths, why) => {
  const { trash } = await setup();
  expect(await trash(paths)).toMatchObject([400, { message: expect.stringContaining(why) as string }]);
});

test("a root of nobody is refused by name", async () => {
  const { trash, put } = await setup();
  await put("a.txt", "one");
  expect(await trash(["a.txt"], "0")).toMatchObject([404, { message: expect.stringContaining("'0'") as string }]);
});

test("a file that has a new one in its place comes back into another folder", async () => {
  const { put, text, trash, restore } = await setup();
  await put("a.txt", "old");
  const [, { trash_id }] = await trash(["a.txt"]);
  await put("a.txt", "new");
  const [, refused] = await restore(trash_id);
  const [failure] = refused["failed"] as { suggested_name: string; error_code: string }[];
  expect(failure).toMatchObject({
    error_code: "RESOURCE_ALREADY_EXISTS",
    suggested_name: expect.stringMatching(/^restored-\d{4}/) as string,
  });
  expect((await restore(trash_id, { new_name: failure?.suggested_name }))[1]).toMatchObject({ failed: [] });
  expect([await text("a.txt"), await text(`${failure?.suggested_name ?? ""}/a.txt`)]).toEqual(["new", "old"]);
});

test("a file of a registered version is deleted on the version only, and leaves its list and comes back to it", async () => {
  const { put, text, trash, restore, register, filesOfVersion } = await setup();
  await put("model/MLmodel", "flavors: {}");
  await put("model/data.bin", "bytes");
  const version = await register("fraud", "model");
  expect(await trash(["model/data.bin"])).toMatchObject([
    409,
    { message: expect.stringContaining(`version ${version} of model 'fraud'`) as string },
  ]);
  const [status, { trash_id }] = await trash(["data.bin"], `models:/fraud/${version}`);
  expect(status).toBe(200);
  expect(await filesOfVersion("fraud", version)).toEqual(["MLmodel"]);
  expect(await text("model/data.bin")).toBe("bytes"); // the run keeps what it logged
  await restore(trash_id);
  expect(await filesOfVersion("fraud", version)).toEqual(["MLmodel", "data.bin"]);
});

test("a version keeps its files when another version of the same folder loses them", async () => {
  const { put, trash, register, filesOfVersion } = await setup();
  await put("model/data.bin", "bytes");
  await register("one", "model");
  await register("two", "model");
  expect(await trash(["data.bin"], "models:/one/1")).toMatchObject([200, { files: 1 }]);
  expect([await filesOfVersion("one", "1"), await filesOfVersion("two", "1")]).toEqual([[], ["data.bin"]]);
});

test("deleting and restoring are audited with the person's name and marked for the run", async () => {
  const { put, trash, restore, db } = await setup();
  await put("a.txt", "one");
  const [, { trash_id }] = await trash(["a.txt"]);
  await restore(trash_id);
  const rows = db.prepare("SELECT action, kind, actor FROM audit ORDER BY seq DESC LIMIT 2").all();
  expect(rows).toEqual([
    { action: "artifact.restore", kind: "run", actor: "uid:1000" },
    { action: "artifact.trash", kind: "run", actor: "uid:1000" },
  ]);
});
