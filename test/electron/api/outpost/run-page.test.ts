import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupPage = () => {
  const api = setupApi();
  const view = async (path: string) => (await api.send("GET", `/api/outpost/v1/${path}`))[1];
  return { ...api, view };
};

describe("the runs beside a run", () => {
  test("are those above and below it in the run list, trashed ones left out", async () => {
    const { run, post, view } = setupPage();
    const start = async (name: string, start_time?: number): Promise<string> =>
      run({ run_name: name, ...(start_time !== undefined && { start_time }) });
    await start("old", 100);
    await start("twin-1", 200);
    await start("twin-2", 200);
    const gone = await start("gone", 250);
    await start("new", 300);
    await post("runs/delete", { run_id: gone });
    const [, { runs }] = await post("runs/search", { experiment_ids: ["0"] });
    const order = (runs as { info: { run_id: string; run_name: string } }[]).map(({ info }) => info);
    for (const [i, { run_id }] of order.entries())
      expect(await view(`runs/${run_id}/neighbours`)).toEqual({
        previous: order[i - 1] ? { run_id: order[i - 1]?.run_id, run_name: order[i - 1]?.run_name } : null,
        next: order[i + 1] ? { run_id: order[i + 1]?.run_id, run_name: order[i + 1]?.run_name } : null,
      });
    expect(order).toHaveLength(4);
  });

  test("are found for runs that never started, too", async () => {
    const { run, db, view } = setupPage();
    const ids = [await run({ start_time: 5 }), await run({ start_time: 6 }), await run({ start_time: 7 })];
    db.exec(`UPDATE runs SET start_time = NULL WHERE run_id IN ('${ids[1]}', '${ids[2]}')`);
    const [low, high] = [ids[1]!, ids[2]!].toSorted();
    expect(await view(`runs/${ids[0]}/neighbours`)).toMatchObject({ previous: null, next: { run_id: low } });
    expect(await view(`runs/${low}/neighbours`)).toMatchObject({
      previous: { run_id: ids[0] },
      next: { run_id: high },
    });
    expect(await view(`runs/${high}/neighbours`)).toMatchObject({ previous: { run_id: low }, next: null });
  });
});

test("a run's metrics have their lowest and highest value, NaN counted but never either", async () => {
  const { run, post, view } = setupPage();
  const run_id = await run();
  const points = (key: string, values: unknown[]) =>
    values.map((value, step) => ({ key, value, step, timestamp: 1000 + step }));
  await post("runs/log-batch", {
    run_id,
    metrics: [...points("loss", [3, 1, "NaN", 2]), ...points("odd", ["NaN"]), ...points("wild", ["-Infinity", 1])],
  });
  const { metrics } = await view(`runs/${run_id}/metric-ranges`);
  expect(metrics).toMatchObject([
    { key: "loss", min: 1, max: 3, points: 4 },
    { key: "odd", min: null, max: null, points: 1 },
    { key: "wild", max: 1, points: 2 },
  ]);
  expect(await view("runs/nope/metric-ranges")).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
});
