import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const BASE = "/api/outpost/v1";
const point = (key: string, value: unknown, step: number) => ({ key, value, timestamp: 1000 + step, step });

const setupSeries = () => {
  const api = setupApi();
  const series = (query: Record<string, unknown>) => api.send("POST", `${BASE}/series`, query);
  const csv = async (query: string) => {
    const { statusCode, headers, body } = await api.app.inject({ method: "GET", url: `${BASE}/series.csv?${query}` });
    return { status: statusCode, headers, body };
  };
  const logged = async (name: string, ...metrics: object[]): Promise<string> => {
    const run_id = await api.run({ run_name: name, start_time: 900 });
    await api.post("runs/log-batch", { run_id, metrics });
    return run_id;
  };
  return { ...api, series, csv, logged };
};

describe("one metric of many runs", () => {
  test("comes run by run, in the order asked for, each with its own origin; what is gone is named", async () => {
    const { series, logged } = setupSeries();
    const a = await logged("a", point("loss", 1, 0), point("loss", 0.5, 1));
    const b = await logged("b", point("other", 1, 0));
    const [status, answer] = await series({ run_ids: [b, "gone", a, a], metric_key: "loss" });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      runs: [
        { run_id: b, run_name: "b", series: { total: 0, values: [] } },
        { run_id: a, run_name: "a", series: { total: 2, values: [1, 0.5], origin: 900 } },
      ],
      missing: ["gone"],
    });
  });

  test("one window on one axis for all of them", async () => {
    const { series, logged } = setupSeries();
    const run = await logged("a", ...[0, 1, 2, 3].map((i) => point("loss", i, i)));
    const values = async (query: Record<string, unknown>) => {
      const [, answer] = await series({ run_ids: [run], metric_key: "loss", ...query });
      return (answer["runs"] as { series: { values: number[] } }[])[0]?.series.values;
    };
    expect(await values({ from: 1, to: 2 })).toEqual([1, 2]);
    expect(await values({ x_axis: "time", from: 1002 })).toEqual([2, 3]);
    expect(await values({ x_axis: "relative", to: 101 })).toEqual([0, 1]);
    expect(await values({ x_axis: "metric", x_metric: "loss", from: 3, to: 9 })).toEqual([3]);
  });

  test("too many runs, a window that is none and an axis without its metric are refused by name", async () => {
    const { series } = setupSeries();
    const many = Array.from({ length: 201 }, (_unused, i) => `r${i}`);
    const cases = [
      [{ run_ids: many, metric_key: "loss" }, "201 runs were asked for: at most 200"],
      [{ run_ids: ["a"], metric_key: "loss", from: 2, to: 1 }, "'from' must not be above 'to'"],
      [{ run_ids: ["a"], metric_key: "loss", from: "NaN" }, "'from' must not be above 'to'"],
      [{ run_ids: ["a"], metric_key: "loss", x_axis: "metric" }, "'x_metric'"],
      [{ run_ids: ["a"], metric_key: "loss", points: 0 }, "at least 1"],
      [{ run_ids: ["a"] }, "'metric_key'"],
    ] as const;
    for (const [query, message] of cases) {
      const [status, answer] = await series(query);
      expect(status).toBe(400);
      expect(answer["message"]).toContain(message);
    }
  });
});

describe("the CSV of all raw points", () => {
  test("is a file with every point as logged, the words for what is no number, and quoted names", async () => {
    const { csv, logged } = setupSeries();
    const run = await logged(
      'a "b", c/d',
      point("loss", 0.1, 0),
      point("loss", "NaN", 1),
      point("loss", "-Infinity", 2),
    );
    const { status, headers, body } = await csv(`run_ids=${run}&metric_keys=loss`);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(headers["content-disposition"]).toBe('attachment; filename="a _b_, c_d loss.csv"');
    const prefix = `${run},"a ""b"", c/d",loss`;
    expect(body.split("\r\n")).toEqual([
      "run_id,run_name,metric,step,timestamp,time,value",
      `${prefix},0,1000,1970-01-01T00:00:01.000Z,0.1`,
      `${prefix},1,1001,1970-01-01T00:00:01.001Z,NaN`,
      `${prefix},2,1002,1970-01-01T00:00:01.002Z,-Infinity`,
      "",
    ]);
  });

  test("of several runs and metrics is one file, page after page", async () => {
    const { csv, logged, post } = setupSeries();
    const first = await logged("first", point("loss", 1, 0), point("acc", 2, 0));
    const second = await logged("second");
    for (let from = 0; from < 10_001; from += 1000)
      await post("runs/log-batch", {
        run_id: second,
        metrics: Array.from({ length: Math.min(1000, 10_001 - from) }, (_unused, i) => point("loss", i, from + i)),
      });
    const { body, headers } = await csv(`run_ids=${first}&run_ids=${second}&metric_keys=loss&metric_keys=acc`);
    expect(headers["content-disposition"]).toContain("2 runs 2 metrics.csv");
    const lines = body.trimEnd().split("\r\n");
    expect(lines).toHaveLength(1 + 2 + 10_001);
    expect(new Set(lines).size).toBe(lines.length);
  });

  test("a name that a spreadsheet would run is text", async () => {
    const { csv, logged } = setupSeries();
    const run = await logged('=HYPERLINK("x")', point("loss", 1, 0));
    expect((await csv(`run_ids=${run}&metric_keys=loss`)).body).toContain(`"'=HYPERLINK(""x"")"`);
  });

  test("an unknown run and nothing asked for are refused before a byte is sent", async () => {
    const { csv } = setupSeries();
    expect((await csv("run_ids=nope&metric_keys=loss")).status).toBe(404);
    expect((await csv("metric_keys=loss")).body).toContain("'run_ids' and 'metric_keys'");
  });
});
