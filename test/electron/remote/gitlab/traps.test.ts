/** What is particular to GitLab: each of its traps once. */
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { NetworkEntry } from "../../../../electron/remote/http/client.ts";
import { MARKER, type Remote, type RemoteObject } from "../../../../electron/remote/remote.ts";
import { type GitlabDouble, startGitlabDouble } from "../../../doubles/gitlab/start.ts";
import { all, fileOf, make, marker, pointsOf, trouble } from "../contract-tools.ts";
import { PACE, gitlabRemote } from "./remote.ts";

let double: GitlabDouble;
let calls: NetworkEntry[];
let remote: Remote;
beforeAll(async () => {
  double = await startGitlabDouble(["--variant", "newer"]);
}, 60_000);
afterAll(() => double.stop());
beforeEach(async () => {
  await double.control("POST", "reset", {});
  calls = [];
  remote = gitlabRemote(double, { onCall: (entry) => calls.push(entry) });
});

/** As somebody else, past the adapter. */
const raw = async (method: string, path: string, body: object): Promise<unknown> => {
  const at = `${double.url}/api/v4/projects/4101/ml/mlflow/api/2.0/mlflow/${path}`;
  const headers = { authorization: `Bearer ${double.token("developer")}`, "content-type": "application/json" };
  const answer = await fetch(at, { method, headers, body: JSON.stringify(body) });
  return answer.json();
};
const rule = (match: object, fault: object) => double.control("POST", "rules", { rules: [{ match, fault }] });
const model = { kind: "registered_model", name: "m", parent: null, fields: {} } as const;
const version = (parent: RemoteObject, name = "1.0.0") =>
  remote.create({ kind: "model_version", name, parent: parent.id, fields: {} });

describe("names", () => {
  test.each(["two words", "a/", "ümlaut", "a//b", " "])(
    "a model '%s' is refused before GitLab sees it",
    async (name) => {
      expect(await trouble(remote.create({ ...model, name }))).toBe("invalid");
      expect(calls).toEqual([]);
    },
  );

  test("no experiment takes the name of a model's own, and none of them is listed or found", async () => {
    const experiment = { kind: "experiment", name: "[model]m", parent: null, fields: {} } as const;
    expect(await trouble(remote.create(experiment))).toBe("invalid");
    await version(await remote.create(model));
    expect(await all(remote, { of: "experiments" })).toEqual([]);
    expect(await remote.find("experiment", "[model]m", null)).toBeUndefined();
  });

  test("an experiment that belongs to no model and stands in the way is named, and left alone", async () => {
    await raw("POST", "experiments/create", { name: "[model]ghost" });
    await expect(remote.create({ ...model, name: "ghost" })).rejects.toMatchObject({
      trouble: "invalid",
      message: expect.stringContaining("'[model]ghost' that belongs to no model stands in the way"),
    });
    expect(calls.filter(({ url }) => url.includes("delete"))).toEqual([]);
  });

  test("a version is made under its own number only, never under one that GitLab counts up", async () => {
    const parent = await remote.create(model);
    for (const name of ["", "v1.0.0", "1.0", "01.0.0"]) {
      expect(await trouble(version(parent, name))).toBe("invalid");
    }
    await raw("POST", "model-versions/create", { name: "m" });
    await version(parent, "3.0.0");
    const [, ...found] = await all(remote, { of: "registry" });
    expect(found.map(({ fields }) => fields)).toEqual([{ semver: "3.0.0" }, { semver: "1.0.0" }]);
  });
});

test("a run's name that is too long is cut, a blank one is GitLab's to invent, and both are found again", async () => {
  const { id: parent } = await make(remote, "experiment", "e");
  const search = { kind: "run", parent, marker: marker("run"), startTime: undefined, until: undefined } as const;
  const long = await remote.create({ kind: "run", name: "n".repeat(300), parent, fields: {} });
  expect(long.fields["name"]).toBe("n".repeat(255));
  expect((await remote.look({ ...search, name: "n".repeat(300) })).map(({ id }) => id)).toEqual([long.id]);
  const blank = await remote.create({ kind: "run", name: " ", parent, fields: {} });
  expect(blank.fields["name"]).toMatch(/\S/);
  expect((await remote.look({ ...search, name: " " })).map(({ id }) => id)).toContain(blank.id);
});

test("a remote without a project is none", () => {
  expect(() => gitlabRemote(double, { project: " / " })).toThrow(/needs its project/);
});

describe("identity", () => {
  test("a model that was deleted and made again is another one", async () => {
    const old = await remote.create(model);
    const oldVersion = await version(old);
    await raw("DELETE", "registered-models/delete", { name: "m" });
    const now = await remote.create(model);
    const nowVersion = await version(now);
    expect([now.id, nowVersion.id]).not.toEqual([old.id, oldVersion.id]);
    for (const gone of [old, oldVersion]) {
      expect(await remote.read(gone)).toBeUndefined();
      for (const write of [{ description: "d" }, { "tag/a": "1" }])
        expect(await trouble(remote.write(gone, write))).toBe("gone");
      expect(await trouble(remote.remove(gone))).toBe("gone");
    }
    expect(await remote.read(now)).toMatchObject({ fields: { name: "m" } });
    expect(await remote.read(nowVersion)).toMatchObject({ fields: { semver: "1.0.0" } });
  });

  test("what a deleted model leaves behind in a release that does not clean up stands in the way of the next", async () => {
    await double.control("POST", "options", { deleteCascades: false });
    await remote.remove(await remote.create(model));
    expect(await remote.find("registered_model", "m", null)).toBeUndefined();
    await expect(remote.create(model)).rejects.toThrow(/stands in the way/);
  });

  test("a run that was created and not answered is found, one that never came is not", async () => {
    const { id: parent } = await make(remote, "experiment", "e");
    const wanted = marker("run");
    const run = { kind: "run", name: "r", parent, fields: { [`tag/${MARKER}`]: wanted } } as const;
    const search = { kind: "run", name: "r", parent, marker: wanted, startTime: undefined, until: undefined } as const;
    await rule({ operation: "runs.create" }, { kind: "drop-before" });
    await expect(remote.create(run)).rejects.toMatchObject({ maybeDone: true });
    expect(await remote.look(search)).toEqual([]);
    await rule({ operation: "runs.create" }, { kind: "drop-after" });
    await expect(remote.create(run)).rejects.toMatchObject({ maybeDone: true });
    expect(await remote.look(search)).toHaveLength(1);
  });

  test("a model that was created and could not be read back may be done", async () => {
    await rule({ operation: "experiments.get-by-name", times: 50 }, { kind: "status", status: 503 });
    await expect(remote.create(model)).rejects.toMatchObject({ maybeDone: true });
  });
});

describe("writes", () => {
  test("a tag that is there with that value is as it should be, with another it is refused", async () => {
    const experiment = await make(remote, "experiment", "e");
    for (const value of ["1", "1"]) await remote.write(experiment, { "tag/a": value });
    expect(await trouble(remote.write(experiment, { "tag/a": "2" }))).toBe("invalid");
    const made = await remote.create({ ...model, fields: { "tag/first": "1" } });
    const one = await remote.create({
      kind: "model_version",
      name: "1.0.0",
      parent: made.id,
      fields: { "tag/first": "1" },
    });
    for (const object of [made, one]) expect(await trouble(remote.write(object, { "tag/first": "2" }))).toBe("invalid");
    for (const object of [made, one])
      for (const tag of ["tag/first", "tag/later"]) {
        for (const value of ["1", "1"]) await remote.write(object, { [tag]: value });
        expect(await trouble(remote.write(object, { [tag]: "2" }))).toBe("invalid");
        expect((await remote.read(object))?.fields[tag]).toBe("1");
      }
  });

  test("tags that came later show in a listing, each with its own object", async () => {
    const parent = await remote.create(model);
    const [one, two] = [await version(parent), await version(parent, "2.0.0")];
    await remote.write(parent, { "tag/of": "model" });
    await remote.write(one, { "tag/of": "one" });
    await remote.write(two, { "tag/of": "two" });
    const listed = await all(gitlabRemote(double), { of: "registry" });
    expect(listed.map(({ name, fields }) => [name, fields["tag/of"]])).toEqual([
      ["m", "model"],
      ["2.0.0", "two"],
      ["1.0.0", "one"],
    ]);
  });

  test("a CI job is never linked: GitLab would fail after having made the run", async () => {
    const { id: parent } = await make(remote, "experiment", "e");
    const fields = { "tag/gitlab.CI_JOB_ID": "1" };
    calls = [];
    expect(await trouble(remote.create({ kind: "run", name: "r", parent, fields }))).toBe("invalid");
    expect(calls).toEqual([]);
  });

  test("fields of two groups are no single write", async () => {
    const run = await make(remote, "run", "r");
    expect(await trouble(remote.write(run, { "tag/a": "1", "param/a": "1" }))).toBe("invalid");
  });

  test("stamps are milliseconds, whatever GitLab counts in", async () => {
    const made = await remote.create(model);
    expect(made.updatedAt).toBeGreaterThan(1_600_000_000_000);
    const run = await make(remote, "run", "r", { fields: { start_time: "1700000000123" } });
    await remote.write(run, { end_time: "1700000000456" });
    expect((await remote.read(run))?.updatedAt).toBe(1_700_000_000_456);
  });

  test("points that others logged come as they are: twice, and without a step as step 0", async () => {
    const run = await make(remote, "run", "r");
    const metrics = [1, 1].map((value) => ({ key: "k", value, timestamp: 5 }));
    await raw("POST", "runs/log-batch", { run_id: run.id, metrics });
    const point = { key: "k", value: 1, timestamp: 5, step: 0 };
    expect(await pointsOf(remote, run)).toEqual([point, point]);
  });
});

describe("files", () => {
  test("packages are told apart though GitLab looks for names within names", async () => {
    const [short, long] = [await remote.create(model), await remote.create({ ...model, name: "m-long" })];
    const [one, two] = [await version(short), await version(long)];
    await remote.putFile(two, fileOf("f", "of the long one"));
    expect(await remote.files(one)).toEqual([]);
    expect(await remote.files(two)).toMatchObject([{ path: "f", size: 15 }]);
  });

  test("uploads of a path stay beside each other, and are counted", async () => {
    const run = await make(remote, "run", "r");
    for (const text of ["a", "bb"]) await remote.putFile(run, fileOf("dir/f", text));
    expect(await remote.files(run)).toMatchObject([{ path: "dir/f", size: 2, twins: 1 }]);
  });

  test.each([true, false])("too large a file is that, whichever way it is said (413: %s)", async (tooLargeIs413) => {
    await double.control("POST", "options", { tooLargeIs413 });
    await double.control("POST", "limits", { maxFileSize: 10 });
    const run = await make(remote, "run", "r");
    expect(await trouble(remote.putFile(run, fileOf("f", "x".repeat(11))))).toBe("too_large");
    const small = gitlabRemote(double, { fileBytes: 5 });
    expect(await trouble(small.putFile(run, fileOf("f", "123456")))).toBe("too_large");
    expect(await remote.files(run)).toEqual([]);
  });

  test("a release without folders has their files under one name; a probe knows, or the first try", async () => {
    await double.control("POST", "options", { fileFolders: false });
    const run = await make(remote, "run", "r");
    await remote.putFile(run, fileOf("a/b", "by trying"));
    const other = gitlabRemote(double);
    expect((await other.probe()).capabilities).toMatchObject({ file_folders: false });
    expect(other.nameOfFile?.("a/c")).toBe("outpost-name.a_2Fc");
    await other.putFile(run, fileOf("a/c", "by knowing"));
    for (const each of [remote, other, gitlabRemote(double)]) {
      expect((await each.files(run)).map(({ path }) => path).toSorted()).toEqual(["a/b", "a/c"]);
      const { body } = await each.getFile(run, "a/b", { from: 0, etag: undefined });
      expect(await text(body)).toBe("by trying");
    }
  });

  test("what a release without folders kept is found after its upgrade", async () => {
    await double.control("POST", "options", { fileFolders: false });
    const run = await make(remote, "run", "r");
    await remote.putFile(run, fileOf("a/b", "from before"));
    await double.control("POST", "options", { fileFolders: true });
    const later = gitlabRemote(double);
    const { body } = await later.getFile(run, "a/b", { from: 0, etag: undefined });
    expect(await text(body)).toBe("from before");
  });
});

describe("capabilities", () => {
  test.each(["older", "newer"] as const)("of %s releases are found out", async (variant) => {
    await double.control("POST", "reset", { variant });
    const run = await make(remote, "run", "r");
    await remote.putFile(run, fileOf("f", "x"));
    await version(await remote.create(model));
    const isNewer = variant === "newer";
    expect((await remote.probe()).capabilities).toEqual({
      metric_history: isNewer,
      version_objects: isNewer,
      artifact_proxy: true,
      file_folders: isNewer,
      file_sha256: isNewer,
    });
    await double.control("POST", "reset", { variant: "newer" });
  });
});

test("pages of runs are as long as their answers allow", { timeout: 60_000 }, async () => {
  const many = { experiments: 1, runs: 30, metrics: 10_000 };
  await double.control("POST", "fill", { prefix: "big", ...many });
  const [experiment] = await all(remote, { of: "experiments" });
  calls = [];
  const runs = await all(remote, { of: "runs", experiment: experiment?.id ?? "" });
  expect(new Set(runs.map(({ id }) => id)).size).toBe(30);
  expect(Math.max(...calls.map(({ bytesDown }) => bytesDown))).toBeLessThan(9 * 1024 * 1024);
  expect(calls.length).toBeGreaterThan(2);
});

test("a page that GitLab does not know any more is a refusal, after which a listing begins anew", async () => {
  await double.control("POST", "options", { badPageTokenIs500: true });
  const { id: experiment } = await make(remote, "experiment", "e");
  for (const stream of [{ of: "experiments" }, { of: "registry" }, { of: "runs", experiment }] as const)
    expect(await trouble(remote.list(stream, "no such page"))).toBe("invalid");
  expect(await trouble(remote.list({ of: "runs", experiment }, "graphql:abc"))).toBe("invalid");
});

test("a listing of many models goes by what was seen of their versions' runs for a while, never by less", async () => {
  await double.control("POST", "fill", { prefix: "x", models: 110, versions: 1 });
  let later = 0;
  const runSearches = () => calls.splice(0).filter(({ url }) => url.endsWith("runs/search")).length;
  const busy = gitlabRemote(double, { onCall: (entry) => calls.push(entry), now: () => later });
  const listed = async () => (await all(busy, { of: "registry" }))[1]!;
  const one = await listed();
  expect(runSearches()).toBe(110);
  expect(await listed()).toEqual(one);
  expect(runSearches()).toBe(0);
  await remote.write(one, { "param/of": "another workstation" });
  expect((await listed()).fields["param/of"]).toBeUndefined();
  expect((await busy.read(one))?.fields["param/of"]).toBe("another workstation");
  expect((await listed()).fields["param/of"]).toBe("another workstation");
  await busy.write(one, { "param/own": "here" });
  expect((await listed()).fields["param/own"]).toBe("here");
  await remote.write(one, { "param/last": "there" });
  runSearches();
  later += 3_600_000 * PACE;
  expect((await listed()).fields["param/last"]).toBe("there");
  expect(runSearches()).toBe(110);
});

test("what a release has is asked once", async () => {
  const run = await make(remote, "run", "r");
  await remote.putFile(run, fileOf("f", "x"));
  await version(await remote.create(model));
  const first = await remote.probe();
  calls = [];
  expect((await remote.probe()).capabilities).toEqual(first.capabilities);
  expect(calls).toHaveLength(5);
});

test("a listing of models takes the experiments of the listing before it", async () => {
  await version(await remote.create(model));
  calls = [];
  await all(remote, { of: "experiments" });
  await all(remote, { of: "registry" });
  expect(calls.map(({ url }) => new URL(url).pathname.split("/mlflow/").at(-1))).toEqual([
    "experiments/search",
    "registered-models/search",
    "runs/search",
  ]);
});
