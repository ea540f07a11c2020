/** What each token may, what a probe says about it, and what a refusal means. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Remote } from "../../../../electron/remote/remote.ts";
import { type GitlabDouble, startGitlabDouble } from "../../../doubles/gitlab/start.ts";
import { all, trouble } from "../contract-tools.ts";
import { gitlabRemote } from "./remote.ts";

let double: GitlabDouble;
beforeAll(async () => {
  double = await startGitlabDouble(["--variant", "newer"]);
}, 60_000);
afterAll(() => double.stop());
beforeEach(() => double.control("POST", "reset", {}));

const ALL = ["read", "search", "write", "upload", "delete"];
const experiment = { kind: "experiment", name: "e", parent: null, fields: {} } as const;

const as = (token: string, project = "4101"): Remote => gitlabRemote(double, { token, project });

describe("rights", () => {
  test.each([
    ["guest", ["read"], /role Guest in the project: it takes Developer/],
    ["planner", ["read"], /role Planner/],
    ["reporter", ["read"], /role Reporter/],
    ["developer", ALL, undefined],
    ["maintainer", ALL, undefined],
    ["owner", ALL, undefined],
    ["project-bot", ALL, undefined],
    ["read-api", ["read"], /scope read_api: it takes 'api'/],
  ])("%s may %j", async (token, rights, why) => {
    const { rights: found, missing } = await as(token).probe();
    expect(found).toEqual(rights);
    expect(missing.map(({ right }) => right)).toEqual(ALL.filter((each) => !rights.includes(each)));
    for (const each of missing) expect(each.why).toMatch(why ?? /never/);
  });

  test.each(["expired", "revoked", "read-user", "outsider", "job", "trigger", "deploy", "no such token"])(
    "%s is told to get another token",
    async (token) => {
      expect(await trouble(as(token).probe())).toBe("auth");
      expect(await trouble(as(token).list({ of: "experiments" }, undefined))).toBe("auth");
      expect(await trouble(as(token).create(experiment))).toBe("auth");
    },
  );

  test("the scope is named to a token that lacks it", async () => {
    await expect(as("read-user").probe()).rejects.toThrow(/scope 'api'/);
    await expect(as("read-api").create(experiment)).rejects.toThrow(/scope 'api'/);
  });

  test("a probe tells who it is, where, until when, and what the release has", async () => {
    const found = await as("developer", "team/models").probe();
    expect(found).toMatchObject({
      user: "developer",
      serverVersion: "18.6.1-ee",
      title: expect.stringContaining("team/models on "),
    });
    expect(found.identity).toBe(`${double.url}#4101`);
    expect(found.tokenExpires).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(Math.abs(found.clockOffsetMs)).toBeLessThan(60_000);
    expect(found.capabilities).toEqual({ metric_history: true, artifact_proxy: true, file_folders: true });
  });

  test("a stranger reads a public project and is told what more would take", async () => {
    const { rights, missing } = await as("outsider", "4103").probe();
    expect(rights).toEqual(["read"]);
    expect(missing[0]?.why).toMatch(/scope 'api' and a user with the role Developer/);
  });

  test.each([
    [{ archived: true }, ["read"], /archived/],
    [{ registryOn: false }, [], /model registry turned off/],
    [{ packagesOn: false }, ["read", "search", "write", "delete"], /package registry is turned off/],
  ])("a project that is %j", async (settings, rights, why) => {
    await double.control("POST", "actions", { actions: [{ do: "project", id: 4101, ...settings }] });
    const found = await as("developer").probe();
    expect(found.rights).toEqual(rights);
    expect(found.missing[0]?.why).toMatch(why);
  });
});

test("files of a project that turned its package registry off are out of reach, and not gone", async () => {
  const remote = as("developer");
  const { id: parent } = await remote.create(experiment);
  const run = await remote.create({ kind: "run", name: "r", parent, fields: {} });
  expect(await remote.files(run)).toEqual([]);
  await double.control("POST", "actions", { actions: [{ do: "project", id: 4101, packagesOn: false }] });
  await expect(as("developer").files(run)).rejects.toMatchObject({
    trouble: "unavailable",
    message: expect.stringContaining("The package registry is turned off"),
  });
});

describe("a role that is too low", () => {
  test("is no missing token: a write is forbidden, and reading goes on", async () => {
    const remote = as("reporter");
    const made = await as("developer").create(experiment);
    await expect(remote.create({ ...experiment, name: "f" })).rejects.toMatchObject({ trouble: "forbidden" });
    await expect(remote.write(made, { "tag/a": "1" })).rejects.toThrow(/role Developer/);
    expect(await remote.read(made)).toMatchObject({ name: "e" });
  });

  test.each(["reporter", "read-api"])("%s lists everything without a search", async (token) => {
    const developer = as("developer");
    const { id: parent } = await developer.create(experiment);
    const run = await developer.create({ kind: "run", name: "r", parent, fields: { "tag/a": "1" } });
    const model = await developer.create({ kind: "registered_model", name: "m", parent: null, fields: {} });
    const version = await developer.create({ kind: "model_version", name: "1.0.0", parent: model.id, fields: {} });
    await developer.write(version, { "param/depth": "3" });
    const remote = as(token);
    expect((await remote.list({ of: "experiments" }, undefined)).objects).toMatchObject([{ name: "e" }]);
    expect((await remote.list({ of: "runs", experiment: parent }, undefined)).objects).toMatchObject([{ id: run.id }]);
    const { objects } = await remote.list({ of: "registry" }, undefined);
    expect(objects).toMatchObject([{ name: "m" }, { name: "1.0.0", fields: { "param/depth": "3" } }]);
  });

  test("more runs than a page of GraphQL has come page by page, newest first", async () => {
    await double.control("POST", "fill", { prefix: "many", experiments: 1, runs: 120 });
    const remote = as("reporter");
    const [experiment] = await all(remote, { of: "experiments" });
    const names = (await all(remote, { of: "runs", experiment: experiment?.id ?? "" })).map(({ name }) => name);
    expect(names).toEqual(Array.from({ length: 120 }, (_, i) => `run-${119 - i}`));
    const { next } = await remote.list({ of: "runs", experiment: experiment?.id ?? "" }, undefined);
    const developer = as("developer").list({ of: "runs", experiment: experiment?.id ?? "" }, next);
    expect(await trouble(developer)).toBe("invalid"); // its rights are others: the listing begins anew
  });

  test("an older release cannot tell runs to it, and says so", async () => {
    const older = await startGitlabDouble(["--variant", "older"]);
    try {
      const { id } = await gitlabRemote(older).create(experiment);
      const remote = gitlabRemote(older, { token: "read-api" });
      const call = remote.list({ of: "runs", experiment: id }, undefined);
      await expect(call).rejects.toMatchObject({
        trouble: "forbidden",
        message: expect.stringContaining("scope 'api'"),
      });
    } finally {
      await older.stop();
    }
  });

  test("a token that loses its rights on the way stops the whole, one that loses its role only its writes", async () => {
    const remote = as("second");
    const made = await remote.create(experiment);
    await double.control("POST", "actions", { actions: [{ do: "token", name: "second", state: "revoked" }] });
    expect(await trouble(remote.read(made))).toBe("auth");
    expect(await trouble(remote.write(made, { "tag/a": "1" }))).toBe("auth");
  });
});

describe("what is not there", () => {
  test("an object is undefined, a project is a matter of the token, a feature that is off too", async () => {
    const remote = as("developer");
    expect(await remote.read({ kind: "experiment", id: "999" })).toBeUndefined();
    const nowhere = gitlabRemote(double, { project: "team/nothing" });
    expect(await trouble(nowhere.read({ kind: "experiment", id: "1" }))).toBe("auth");
    expect(await trouble(nowhere.find("registered_model", "m", null))).toBe("auth");
    await double.control("POST", "actions", { actions: [{ do: "project", id: 4101, experimentsOn: false }] });
    expect(await trouble(remote.find("experiment", "e", null))).toBe("auth");
  });

  test("a web page that says 404 is not GitLab saying so", async () => {
    const fault = {
      kind: "status",
      status: 404,
      body: "<html>not here</html>",
      headers: { "content-type": "text/html" },
    };
    const match = { operation: "experiments.get", times: 1 };
    await double.control("POST", "rules", { rules: [{ match, fault }] });
    expect(await trouble(as("developer").read({ kind: "experiment", id: "999" }))).toBe("captive");
    const { id } = await as("developer").create(experiment);
    const tag = { operation: "experiments.set-experiment-tag" };
    await double.control("POST", "rules", { rules: [{ match: tag, fault }] });
    expect(await trouble(as("developer").write({ kind: "experiment", id }, { "tag/a": "1" }))).toBe("captive");
  });
});
