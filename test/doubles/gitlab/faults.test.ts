import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { setupDouble } from "./client.ts";

const setup = async (settings = {}) => {
  const double = await setupDouble(settings);
  const { control, ml, ask, project } = double;
  const rule = (match: object, fault: object) => control("POST", "rules", { rules: [{ match, fault }] });
  const names = async (): Promise<readonly string[]> =>
    (await control("GET", "state")).body.experiments.map((each: { name: string }) => each.name);
  const create = (name: string) => ml("POST", "experiments/create", { name });
  const files = `${project}/packages/ml_models/candidate:1/files`;
  const setupRun = async () => {
    await create("e");
    await ml("POST", "runs/create", { experiment_id: 1 });
  };
  const upload = (bytes: string) => ask("developer", "PUT", `${files}/f`, Buffer.from(bytes));
  const download = () => ask("developer", "GET", `${files}/f`);
  return { ...double, rule, names, create, files, setupRun, upload, download };
};

const onCreate = { operation: "experiments.create" };

describe("an answer that goes lost", () => {
  test("drop-before does nothing, drop-after does all; each strikes once", async () => {
    const { rule, create, names, control } = await setup();
    await rule(onCreate, { kind: "drop-before" });
    await expect(create("a")).rejects.toThrow();
    expect(await names()).toEqual([]);
    await rule(onCreate, { kind: "drop-after" });
    await expect(create("b")).rejects.toThrow();
    expect(await names()).toEqual(["b"]);
    expect((await create("c")).status).toBe(200);
    const { counts, log } = (await control("GET", "state")).body;
    expect(counts["experiments.create"]).toBe(3);
    expect(log.map((each: { fault: string; done: boolean }) => [each.fault, each.done])).toEqual([
      ["drop-before", false],
      ["drop-after", true],
      [null, true],
    ]);
  });

  test("a late effect lands after the client has given up", async () => {
    const { rule, names, url, tokens, project } = await setup();
    await rule(onCreate, { kind: "late-effect", ms: 150 });
    const sent = fetch(`${url}${project}/ml/mlflow/api/2.0/mlflow/experiments/create`, {
      method: "POST",
      headers: { authorization: `Bearer ${String(tokens.developer)}`, "content-type": "application/json" },
      body: '{"name":"late"}',
      signal: AbortSignal.timeout(60),
    });
    await expect(sent).rejects.toThrow();
    await expect.poll(names, { interval: 20, timeout: 5_000 }).toEqual(["late"]);
  });

  test.each([
    ["status", { status: 503, body: "gone" }, 503, "gone", []],
    ["status", { status: 502, body: "", effect: true }, 502, "", ["a"]],
    ["html", {}, 200, expect.stringContaining("<html>"), []],
    ["empty", { effect: true }, 200, "", ["a"]],
    ["truncate", { percent: 50 }, 200, expect.stringMatching(/^\{"exper[^}]*$/), ["a"]],
  ])("%s %j", async (kind, more, status, body, left) => {
    const { rule, create, names } = await setup();
    await rule(onCreate, { kind, ...more });
    expect(await create("a")).toMatchObject({ status, body });
    expect(await names()).toEqual(left);
  });

  test("gzip garbage and a cut answer break the read", async () => {
    const { rule, ml } = await setup();
    for (const fault of [{ kind: "garbage" }, { kind: "cut-at", percent: 50 }]) {
      await rule({ operation: "experiments.list" }, fault);
      await expect(ml("GET", "experiments/list")).rejects.toThrow();
    }
    expect((await ml("GET", "experiments/list")).body).toEqual({ experiments: [] });
  });

  test("the nth call, and so many times", async () => {
    const { rule, create } = await setup();
    await rule({ ...onCreate, nth: 2, times: 2 }, { kind: "status", status: 500 });
    const statuses = [];
    for (const name of ["a", "b", "c", "d"]) statuses.push((await create(name)).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  test("a rule with a slip in it is refused, not left out", async () => {
    const { rule } = await setup();
    for (const [match, fault] of [
      [{ operaton: "x" }, { kind: "empty" }],
      [{}, { kind: "explode" }],
      [{}, { kind: "slow", bytesPerSecnd: 1 }],
    ] as const)
      expect((await rule(match, fault)).status).toBe(400);
  });
});

describe("files", () => {
  test("a cut upload leaves nothing; a short or wrong one is stored as it is", async () => {
    const { rule, setupRun, upload, download, control } = await setup();
    await setupRun();
    await rule({ operation: "files.put" }, { kind: "cut-at", percent: 50 });
    await expect(upload("0123456789")).rejects.toThrow();
    expect((await control("GET", "state")).body.packages).toEqual([]);
    const { folder } = (await control("GET", "info")).body;
    await expect.poll(() => readdirSync(folder), { timeout: 5_000 }).toEqual([]);
    await rule({ operation: "files.put" }, { kind: "stored-short", bytes: 3 });
    expect((await upload("0123456789")).status).toBe(201);
    expect((await download()).bytes.toString()).toBe("0123456");
    await rule({ operation: "files.put" }, { kind: "stored-wrong", at: 0 });
    expect((await upload("0123456789")).status).toBe(201);
    expect((await download()).bytes.subarray(1).toString()).toBe("123456789");
    const [pack] = (await control("GET", "state")).body.packages;
    expect(pack.files.map((each: { size: number }) => each.size)).toEqual([7, 10]);
  });

  test.each([
    ["corrupt-byte", { at: 2 }, (bytes: Buffer) => bytes.length === 10 && bytes[2] === (0x32 ^ 0xff)],
    ["short", { bytes: 4 }, (bytes: Buffer) => bytes.toString() === "012345"],
    ["slow", { bytesPerSecond: 1_000 }, (bytes: Buffer) => bytes.toString() === "0123456789"],
  ])("a download with %s", async (kind, more, isRight) => {
    const { rule, setupRun, upload, download } = await setup();
    await setupRun();
    await upload("0123456789");
    await rule({ operation: "files.get" }, { kind, ...more });
    expect((await download()).bytes).toSatisfy(isRight);
  });

  test("an ignored range, a changed ETag, another host", async () => {
    const { rule, setupRun, upload, url, files, tokens } = await setup();
    await setupRun();
    await upload("0123456789");
    const get = (headers: Record<string, string>) =>
      fetch(`${url}${files}/f`, {
        headers: { authorization: `Bearer ${String(tokens.developer)}`, ...headers },
        redirect: "manual",
      });
    const etag = String((await get({})).headers.get("etag"));
    const resume = { range: "bytes=5-", "if-range": etag };
    expect((await get(resume)).status).toBe(206);
    await rule({ operation: "files.get" }, { kind: "ignore-range" });
    expect((await get(resume)).status).toBe(200);
    await rule({ operation: "files.get" }, { kind: "change-etag" });
    const changed = await get(resume);
    expect([changed.status, changed.headers.get("etag") === etag]).toEqual([200, false]);
    await rule({ operation: "files.get" }, { kind: "redirect", to: "http://other.test:81" });
    expect((await get({})).headers.get("location")).toBe(`http://other.test:81${files}/f`);
  });
});

describe("behind the client's back", () => {
  test("a token ends in the middle, and its value is nowhere in the dump", async () => {
    const { rule, create, control, tokens, url } = await setup();
    await rule(
      { ...onCreate, nth: 2 },
      { kind: "before-call", actions: [{ do: "token", name: "developer", state: "expired" }] },
    );
    expect((await create("a")).status).toBe(200);
    expect(await create("b")).toMatchObject({ status: 401, body: { error: "invalid_token" } });
    await fetch(`${url}/api/v4/version?private_token=${String(tokens.second)}`);
    const text = JSON.stringify((await control("GET", "state")).body);
    for (const value of Object.values(tokens)) expect(text).not.toContain(value);
    expect(text).toContain("[left out]");
  });

  test("a second writer comes between", async () => {
    const { rule, create, names, project } = await setup();
    const path = `${project}/ml/mlflow/api/2.0/mlflow/experiments/create`;
    const call = { do: "call", token: "second", method: "POST", path, body: { name: "a" } };
    await rule(onCreate, { kind: "before-call", actions: [call] });
    expect((await create("a")).body).toEqual({ error_code: "RESOURCE_ALREADY_EXISTS" });
    expect(await names()).toEqual(["a"]);
  });

  test("an object goes, a project moves, a role falls", async () => {
    const { control, ml, ask, setupRun } = await setup();
    await setupRun();
    const [run] = (await control("GET", "state")).body.runs;
    const act = (...actions: readonly object[]) => control("POST", "actions", { actions });
    await act({ do: "delete", kind: "run", id: run.eid });
    expect((await ml("GET", `runs/get?run_id=${String(run.eid)}`)).status).toBe(404);
    await act({ do: "project", id: 4101, path: "team/moved", members: { developer: "guest" } });
    expect((await ask("developer", "GET", "/api/v4/projects/team%2Fmodels")).status).toBe(404);
    expect((await ml("POST", "experiments/search", {})).status).toBe(401);
    expect((await act({ do: "nonsense" })).status).toBe(400);
  });

  test("a rate limit, with headers in the newer variant and without in the older", async () => {
    for (const variant of ["newer", "older"] as const) {
      const { control, ml } = await setup({ variant });
      await control("POST", "clock", { freeze: true });
      await control("POST", "limits", { max: 1 });
      expect((await ml("GET", "experiments/list")).status).toBe(200);
      const refused = await ml("GET", "experiments/list");
      expect([refused.status, refused.body]).toEqual([429, "Retry later\n"]);
      expect(refused.headers.has("retry-after")).toBe(variant === "newer");
      await control("POST", "clock", { advance: 60_000 });
      expect((await ml("GET", "experiments/list")).status).toBe(200);
    }
  });

  test("a reset begins anew; a fill makes many", async () => {
    const { control, ml, names } = await setup();
    await control("POST", "fill", { models: 3, versions: 2, experiments: 1, runs: 4, metrics: 2 });
    const state = (await control("GET", "state")).body;
    expect([state.models.length, state.versions.length, state.runs.length]).toEqual([3, 6, 10]);
    const { registered_models: models } = (await ml("GET", "registered-models/search")).body;
    expect(models[0].latest_versions.map((each: { aliases: unknown }) => each.aliases)).toEqual([["1.0.0"], ["1.1.0"]]);
    await control("POST", "reset", { variant: "older" });
    expect(await names()).toEqual([]);
  });
});

describe("pipelines", () => {
  test("one is triggered twice when asked twice, and moves along by the clock", async () => {
    const { ask, project, tokens, control } = await setup();
    const trigger = (body: object) =>
      ask(null, "POST", `${project}/trigger/pipeline`, { token: tokens.trigger, ...body });
    expect((await trigger({})).body).toEqual({ error: "ref is missing" });
    expect((await trigger({ ref: "no" })).body).toEqual({ message: { base: ["Reference not found"] } });
    const bad = await trigger({ ref: "main", variables: { A: 1 } });
    expect(bad.body).toEqual({ message: "variables needs to be a map of key-valued strings" });
    expect((await trigger({ ref: "main", token: "x" })).body).toEqual({ message: "404 Not Found" });
    await control("POST", "clock", { freeze: true });
    const first = await trigger({ ref: "main", variables: { UID: "u1" } });
    expect([first.status, first.body.status]).toEqual([201, "created"]);
    await trigger({ ref: "main" });
    const path = `${project}/pipelines/${String(first.body.id)}`;
    expect((await ask("developer", "GET", `${project}/pipelines`)).body).toHaveLength(2);
    expect((await ask("developer", "GET", `${path}/variables`)).body).toMatchObject([{ key: "UID", value: "u1" }]);
    for (const status of ["pending", "running", "success"]) {
      await control("POST", "clock", { advance: { pending: 1_000, running: 3_000, success: 8_000 }[status] });
      expect((await ask("developer", "GET", path)).body.status).toBe(status);
    }
  });
});
