import { expect, test } from "vitest";
import { arrange, columnById, columnOf, createCellReader, defaultColumns } from "../../../renderer/runs/columns.ts";
import { parseOrder } from "../../../shared/search/parse-order.ts";

const keys = (all: Record<string, boolean>) => Object.entries(all).map(([key, differs]) => ({ key, differs }));

test("by default: how a run went, its own metrics, and the params that differ", () => {
  const columns = defaultColumns({
    metrics: keys({ loss: true, "system/cpu": true, acc: false }),
    params: keys({ lr: true, seed: false }),
    tags: keys({ team: true }),
    more: false,
  });
  expect(columns.map(({ id }) => id)).toEqual([
    "attribute/status",
    "attribute/start_time",
    "attribute/duration",
    "metric/loss",
    "metric/acc",
    "param/lr",
  ]);
});

test.each(["loss", "val/loss", "odd name", "a.b", "π"])(
  "the column of the key %s sorts by that key in MLflow's grammar",
  (key) => {
    expect(parseOrder("runs", [`${columnOf("metric", key).orderBy} DESC`])[0]).toMatchObject({
      field: { kind: "metric", key },
    });
  },
);

test("an address names columns; what is no column falls away", () => {
  expect(columnById("metric/val/loss")).toMatchObject({ kind: "metric", key: "val/loss" });
  expect(columnById("nonsense")).toBeUndefined();
  expect(columnById("other/x")).toBeUndefined();
});

test("a cell is read from the values of its kind, wherever its column stands", () => {
  const columns = arrange([
    columnOf("param", "lr"),
    columnOf("metric", "b"),
    columnOf("metric", "a"),
    columnOf("attribute", "status"),
  ]);
  expect(columns.map(({ kind }) => kind)).toEqual(["attribute", "metric", "metric", "param"]);
  const row = {
    run_id: "r", experiment_id: "0", run_name: "n", user_id: "", status: "FINISHED", start_time: 0, end_time: 1,
    lifecycle_stage: "active", parent_run_id: null,
  children: 0, metrics: [1, "NaN"], params: ["0.1"], tags: [],
  } as const; // prettier-ignore
  const read = createCellReader(columns);
  expect(
    columns
      .slice(1)
      .map((column) => read({ ...row, metrics: [...row.metrics], params: [...row.params], tags: [] }, column)),
  ).toEqual([1, "NaN", "0.1"]);
});
