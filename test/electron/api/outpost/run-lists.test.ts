import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const metric = (key: string, value: unknown, step = 0) => ({ key, value, timestamp: 1000 + step, step });
const pairs = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => ({ key, value }));

interface Logged {
  readonly name: string;
  readonly params?: Record<string, string>;
  readonly tags?: Record<string, string>;
  readonly metrics?: Record<string, unknown>;
}

const setupLists = () => {
  const api = setupApi();
  const log = async ({ name, params = {}, tags = {}, metrics = {} }: Logged): Promise<string> => {
    const run_id = await api.run({ run_name: name, tags: pairs(tags) });
    const points = Object.entries(metrics).map(([key, value]) => metric(key, value));
    expect(await api.post("runs/log-batch", { run_id, params: pairs(params), metrics: points })).toEqual([200, {}]);
    return run_id;
  };
  const view = async (path: string, query: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
    const [status, answer] = await api.send("GET", `/api/outpost/v1/experiments/0/${path}`, query);
    return { status, ...answer };
  };
  const namesOf = (answer: Record<string, unknown>): string[] =>
    (answer["runs"] as { run_name: string }[]).map(({ run_name }) => run_name);
  return { ...api, log, view, namesOf };
};

const child = (parent: string) => ({ "mlflow.parentRunId": parent });

describe("the tree", () => {
  test("has at its top the runs whose parent is not there; children are asked for by their parent", async () => {
    const { log, view, namesOf } = setupLists();
    const parent = await log({ name: "sweep" });
    await log({ name: "one", tags: child(parent), metrics: { loss: 1 } });
    await log({ name: "two", tags: child(parent), metrics: { loss: 2 } });
    await log({ name: "orphan", tags: child("gone") });
    const top = await view("runs", { roots: true, order_by: "attributes.run_name" });
    expect(top["runs"]).toMatchObject([
      { run_name: "orphan", children: 0 },
      { run_name: "sweep", children: 2, parent_run_id: null },
    ]);
    expect(namesOf(await view("runs", { parent_run_id: parent, order_by: "metrics.loss" }))).toEqual(["one", "two"]);
    expect(namesOf(await view("runs", { parent_run_id: parent, filter: "metrics.loss > 1" }))).toEqual(["two"]);
  });

  test("under a filter, shows a matching child whose parent does not match at the top", async () => {
    const { log, view, namesOf } = setupLists();
    const sweep = await log({ name: "sweep", metrics: { loss: 0 } });
    const one = await log({ name: "one", tags: child(sweep), metrics: { loss: 5 } });
    await log({ name: "deep", tags: child(one), metrics: { loss: 6 } });
    expect(namesOf(await view("runs", { roots: true, filter: "metrics.loss > 1" }))).toEqual(["one"]);
    expect(namesOf(await view("runs", { roots: true }))).toEqual(["sweep"]);
  });

  test("counts as children only those of the same stage", async () => {
    const { log, view, post } = setupLists();
    const parent = await log({ name: "sweep" });
    const one = await log({ name: "one", tags: child(parent) });
    await post("runs/delete", { run_id: one });
    expect((await view("runs"))["runs"]).toMatchObject([{ run_name: "sweep", children: 0 }]);
    expect((await view("runs", { view_type: "DELETED_ONLY", roots: true }))["runs"]).toMatchObject([
      { run_name: "one" },
    ]);
  });

  test("a page token belongs to its part of the tree", async () => {
    const { log, view } = setupLists();
    const parent = await log({ name: "sweep" });
    for (const name of ["one", "two"]) await log({ name, tags: child(parent) });
    const first = await view("runs", { parent_run_id: parent, max_results: 1 });
    const token = first["next_page_token"];
    expect(await view("runs", { parent_run_id: parent, max_results: 1, page_token: token })).toMatchObject({
      status: 200,
    });
    expect(await view("runs", { max_results: 1, page_token: token })).toMatchObject({ status: 400 });
  });
});

describe("groups", () => {
  test("count runs and give mean, min, max and deviation of the metrics over all that match", async () => {
    const { log, view } = setupLists();
    for (const [i, loss] of [1, 2, 6].entries()) await log({ name: `a${i}`, params: { lr: "0.1" }, metrics: { loss } });
    await log({ name: "nan", params: { lr: "0.1" }, metrics: { loss: "NaN" } });
    await log({ name: "b", params: { lr: "0.2" }, metrics: { loss: 9 } });
    await log({ name: "none" });
    const answer = await view("run-groups", { by: "param/lr", metrics: ["loss", "other"] });
    expect(answer).toMatchObject({ status: 200, total_groups: 3, total_runs: 6 });
    expect(answer["groups"]).toMatchObject([
      { values: ["0.1"], runs: 4, metrics: [{ runs: 4, nan: 1, mean: 3, min: 1, max: 6 }, null] },
      { values: ["0.2"], runs: 1, metrics: [{ runs: 1, nan: 0, mean: 9, std: 0 }, null] },
      { values: [null], runs: 1, metrics: [null, null] },
    ]);
    const [first] = answer["groups"] as { metrics: { std: number }[] }[];
    expect(first?.metrics[0]?.std).toBeCloseTo(Math.sqrt(14 / 3), 12);
    const filtered = await view("run-groups", { by: "param/lr", filter: "metrics.loss > 1", metrics: ["loss"] });
    expect(filtered["groups"]).toMatchObject([
      { values: ["0.1"], runs: 2, metrics: [{ mean: 4 }] },
      { values: ["0.2"], runs: 1 },
    ]);
  });

  test("infinite values stay infinite, and nothing but NaN is NaN", async () => {
    const { log, view } = setupLists();
    await log({ name: "a", params: { k: "inf" }, metrics: { m: "Infinity" } });
    await log({ name: "b", params: { k: "inf" }, metrics: { m: 1 } });
    await log({ name: "c", params: { k: "nan" }, metrics: { m: "NaN" } });
    expect((await view("run-groups", { by: "param/k", metrics: "m" }))["groups"]).toMatchObject([
      { values: ["inf"], metrics: [{ mean: "Infinity", min: 1, max: "Infinity", std: "NaN" }] },
      { values: ["nan"], metrics: [{ runs: 1, nan: 1, mean: "NaN", min: "NaN" }] },
    ]);
  });

  test("are made of several things, of datasets too, and come page by page in the order asked for", async () => {
    const { log, view, post } = setupLists();
    const use = async (run_id: string, name: string) =>
      post("runs/log-inputs", {
        run_id,
        datasets: [{ dataset: { name, digest: "d", source_type: "local", source: "x" }, tags: [] }],
      });
    const both = await log({ name: "both", tags: { team: "a" }, metrics: { acc: 0.9 } });
    await use(both, "iris");
    await use(both, "mnist");
    await use(await log({ name: "one", tags: { team: "b" }, metrics: { acc: 0.5 } }), "iris");
    await log({ name: "none", tags: { team: "b" } });
    expect(await view("run-groups", { by: "dataset/name" })).toMatchObject({
      total_runs: 3,
      groups: [
        { values: ["iris"], runs: 2 },
        { values: ["mnist"], runs: 1 },
        { values: [null], runs: 1 },
      ],
    });
    const query = { by: ["tag/team", "dataset/name"], order_by: "metrics.acc DESC", max_results: 3 };
    const first = await view("run-groups", query);
    expect((first["groups"] as { values: unknown }[]).map(({ values }) => values)).toEqual([
      ["a", "iris"],
      ["a", "mnist"],
      ["b", "iris"],
    ]);
    const second = await view("run-groups", { ...query, page_token: first["next_page_token"] });
    expect(second).toMatchObject({ groups: [{ values: ["b", null] }], total_groups: 4 });
    expect(second["next_page_token"]).toBeUndefined();
    const byTag = await view("run-groups", { by: "tag/team", order_by: "tags.team DESC" });
    expect(byTag["groups"]).toMatchObject([{ values: ["b"] }, { values: ["a"] }]);
  });

  test("hold the runs that a list of the group gives, whatever is in their value", async () => {
    const { log, view, namesOf } = setupLists();
    const odd = `it's "odd" \`100%\``;
    await log({ name: "odd", params: { note: odd } });
    await log({ name: "plain", params: { note: "x" } });
    await log({ name: "none" });
    const of = async (value: string | null) =>
      namesOf(await view("runs", { group: JSON.stringify([["param/note", value]]) }));
    expect(await of(odd)).toEqual(["odd"]);
    expect(await of(null)).toEqual(["none"]);
    expect(namesOf(await view("runs", { group: JSON.stringify([["dataset/name", null]]) }))).toHaveLength(3);
    expect(await view("run-count", { group: JSON.stringify([["param/note", odd]]) })).toMatchObject({ count: 1 });
  });

  test("what cannot be grouped by is refused by name", async () => {
    const { view } = setupLists();
    for (const by of ["metric/loss", "param/", "attribute/run_id", "x"])
      expect(await view("run-groups", { by })).toMatchObject({
        status: 400,
        message: expect.stringContaining(`'${by}'`) as unknown,
      });
    expect(await view("run-groups", { by: ["tag/a", "tag/b", "tag/c", "tag/d"] })).toMatchObject({ status: 400 });
    expect(await view("run-groups", { by: "tag/a", page_token: "bm8" })).toMatchObject({ status: 400 });
    for (const group of ["[]", "x", '[["tag/a",1]]'])
      expect(await view("runs", { group })).toMatchObject({ status: 400 });
  });
});

describe("columns", () => {
  test("are found by what their key contains, with how many there are", async () => {
    const { log, view } = setupLists();
    const metrics = Object.fromEntries(Array.from({ length: 250 }, (_unused, i) => [`layer_${i}/norm`, i]));
    await log({ name: "wide", metrics: { ...metrics, loss: 1 }, params: { lr: "1" } });
    await log({ name: "other", metrics: { loss: 2 }, params: { lr: "1" } });
    const found = await view("run-columns", { search: "norm" });
    expect(found["metrics"]).toMatchObject({ total: 250 });
    expect((found["metrics"] as { keys: unknown[] }).keys).toHaveLength(200);
    expect(found["params"]).toEqual({ keys: [], total: 0 });
    expect(await view("run-columns", { search: "LOS" })).toMatchObject({
      metrics: { keys: [{ key: "loss", differs: true }], total: 1 },
    });
    expect(await view("run-columns", { search: "%" })).toMatchObject({ metrics: { total: 0 } });
  });

  test("are suggested: metrics that most runs have and that vary most, params that differ", async () => {
    const { log, view } = setupLists();
    for (let i = 0; i < 6; i += 1)
      await log({
        name: `r${i}`,
        metrics: { steady: 1 + i / 1000, loss: 10 / (1 + i), same: 7, "system/cpu": i, ...(i === 0 && { rare: 1 }) },
        params: { lr: String(i), seed: "1", ...(i > 0 && { warmup: "2" }) },
      });
    await log({ name: "odd", metrics: { rare: 99 } });
    expect(await view("suggested-columns")).toMatchObject({
      metrics: ["loss", "steady", "rare", "same"],
      params: ["lr"],
    });
  });
});
