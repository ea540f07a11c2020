import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupCompare = () => {
  const api = setupApi();
  const compare = (run_ids: readonly string[], search?: string) =>
    api.send("GET", "/api/outpost/v1/compare-runs", { run_ids, ...(search !== undefined && { search }) });
  const files = (run_ids: readonly string[], search?: string) =>
    api.send("GET", "/api/outpost/v1/compare-files", { run_ids, ...(search !== undefined && { search }) });
  const log = (run_id: string, batch: Record<string, unknown>) => api.post("runs/log-batch", { run_id, ...batch });
  const put = async (path: string, content: string): Promise<void> => {
    const { statusCode } = await api.app.inject({
      method: "PUT",
      url: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
      headers: { "content-type": "application/octet-stream" },
      payload: content,
    });
    expect(statusCode).toBe(200);
  };
  return { ...api, compare, files, log, put };
};

const metric = (key: string, value: unknown, step = 0) => ({ key, value, timestamp: 1000 + step, step });
const param = (key: string, value: string) => ({ key, value });

describe("runs side by side", () => {
  test("are columns in the order asked for, with a place for each run in every row", async () => {
    const { compare, run, log, post } = setupCompare();
    const [, other] = await post("experiments/create", { name: "other" });
    const a = await run({ run_name: "a" });
    const b = await run({ run_name: "b", experiment_id: other["experiment_id"] });
    await log(a, {
      params: [param("lr", "0.1"), param("only a", "x")],
      metrics: [metric("loss", 2), metric("loss", 1, 1)],
    });
    await log(b, { params: [param("lr", "0.1")], metrics: [metric("acc", "NaN")], tags: [param("team", "red")] });
    const [status, answer] = await compare([b, a, b]);
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      runs: [
        { run_id: b, run_name: "b", experiment_name: "other" },
        { run_id: a, run_name: "a", experiment_name: "Default" },
      ],
      missing: [],
      metrics: [
        { key: "acc", values: ["NaN", null], curve: false },
        { key: "loss", values: [null, 1], curve: true },
      ],
      params: [
        { key: "lr", texts: ["0.1"], at: [0, 0] },
        { key: "only a", texts: ["x"], at: [-1, 0] },
      ],
      more: { metrics: 0, params: 0, tags: 0 },
    });
    expect(answer["tags"]).toContainEqual({ key: "team", texts: ["red"], at: [0, -1] });
    expect(Object.keys((answer["runs"] as object[])[0] ?? {})).not.toContain("id");
  });

  test("long values that differ only at their end are told apart, though both are shown cut", async () => {
    const { compare, run, log } = setupCompare();
    const ids = [await run(), await run(), await run()];
    for (const [i, id] of ids.entries()) await log(id, { params: [param("config", `${"x".repeat(3000)}${i % 2}`)] });
    const [, answer] = await compare(ids);
    const cut = `${"x".repeat(500)}…`;
    expect(answer["params"]).toEqual([{ key: "config", texts: [cut, cut], at: [0, 1, 0] }]);
  });

  test("runs that are unknown or in the trash are named", async () => {
    const { compare, run, post } = setupCompare();
    const [kept, gone] = [await run(), await run({ run_name: "gone" })];
    await post("runs/delete", { run_id: gone });
    const [, answer] = await compare(["nonsense", gone, kept]);
    expect(answer).toMatchObject({
      runs: [{ run_id: kept }],
      missing: [
        { run_id: "nonsense", run_name: null, reason: "unknown" },
        { run_id: gone, run_name: "gone", reason: "deleted" },
      ],
    });
  });

  test("more than 200 are refused, 200 are not", async () => {
    const { compare } = setupCompare();
    const ids = (count: number): string[] => Array.from({ length: count }, (_unused, i) => `run-${i}`);
    expect(await compare(ids(200))).toMatchObject([200, { runs: [] }]);
    expect(await compare(ids(201))).toMatchObject([
      400,
      { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining("at most 200") as string },
    ]);
  });

  test("keys that do not fit are counted, and a search finds them", async () => {
    const { compare, run, log } = setupCompare();
    const id = await run();
    for (let i = 0; i < 6; i += 1)
      await log(id, { metrics: Array.from({ length: 1000 }, (_unused, k) => metric(`m${i}/${k}`, 1)) });
    const [, all] = await compare([id]);
    expect(all["metrics"]).toHaveLength(5000);
    expect(all["more"]).toEqual({ metrics: 1000, params: 0, tags: 0 });
    const [, found] = await compare([id], "m5/99");
    expect((found["metrics"] as { key: string }[]).map(({ key }) => key)).toContain("m5/999");
    expect(found["more"]).toMatchObject({ metrics: 0 });
    expect((await compare([id], "m_/99"))[1]["metrics"]).toEqual([]); // _ is only a character
  });
});

describe("files side by side", () => {
  test("the same bytes have the same place, a run without the file has none", async () => {
    const { files, run, put } = setupCompare();
    const [a, b, c] = [await run(), await run(), await run()];
    await put(`0/${a}/artifacts/model/config.json`, "{}");
    await put(`0/${b}/artifacts/model/config.json`, "{ }");
    await put(`0/${c}/artifacts/model/config.json`, "{}");
    await put(`0/${b}/artifacts/log.txt`, "hello");
    const [, answer] = await files([a, b, c]);
    expect(answer).toMatchObject({
      run_ids: [a, b, c],
      roots: [a, b, c].map((id) => `0/${id}/artifacts`),
      files: [
        { path: "log.txt", sizes: [5], at: [-1, 0, -1] },
        { path: "model/config.json", sizes: [2, 3], at: [0, 1, 0] },
      ],
      more: 0,
    });
    expect((await files([a, b], "LOG"))[1]).toMatchObject({ files: [{ path: "log.txt" }] });
  });
});
