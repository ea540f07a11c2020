import { expect, test } from "vitest";
import {
  columnById,
  columnOf,
  createCellReader,
  defaultColumns,
  moveColumn,
  toggleColumn,
} from "../../../renderer/runs/columns.ts";
import { parseOrder } from "../../../shared/search/parse-order.ts";

const ids = (columns: readonly { id: string }[]): string[] => columns.map(({ id }) => id);
const of = (...names: string[]) => names.flatMap((name) => columnById(name) ?? []);

test("by default: how a run went, and what the server says tells the runs apart", () => {
  expect(ids(defaultColumns({ metrics: ["loss", "acc"], params: ["lr"] }))).toEqual([
    "attribute/status",
    "attribute/start_time",
    "attribute/duration",
    "metric/loss",
    "metric/acc",
    "param/lr",
  ]);
});

test.each(["loss", "val/loss", "odd name", "a.b", "π", "from", "in"])(
  "the column of the key %s sorts by that key in MLflow's grammar",
  (key) => {
    expect(parseOrder("runs", [`${columnOf("metric", key).orderBy} DESC`])[0]).toMatchObject({
      field: { kind: "metric", key },
    });
  },
);

test("an address names columns; what is no column falls away", () => {
  expect(columnById("metric/val/loss")).toMatchObject({ kind: "metric", key: "val/loss" });
  for (const odd of ["nonsense", "other/x", "metric/", "attribute/none", "/x", ""])
    expect(columnById(odd)).toBeUndefined();
});

test("a cell is read from the values of its kind, wherever its column stands", () => {
  const columns = of("param/lr", "metric/b", "attribute/status", "metric/a");
  const row = { metrics: [1, "NaN" as const], params: ["0.1"], tags: [] };
  const read = createCellReader(columns);
  expect(of("metric/b", "metric/a", "param/lr").map((column) => read(row, column))).toEqual([1, "NaN", "0.1"]);
  expect(read(row, columnOf("metric", "other")), "a column that was not asked for").toBeUndefined();
  expect(read({ ...row, params: [null] }, columnOf("param", "lr"))).toBeNull();
});

test("a ticked column joins the last of its kind, an unticked one leaves", () => {
  const columns = of("attribute/status", "metric/a", "param/lr");
  expect(ids(toggleColumn(columns, columnOf("metric", "b")))).toEqual([
    "attribute/status",
    "metric/a",
    "metric/b",
    "param/lr",
  ]);
  expect(ids(toggleColumn(columns, columnOf("tag", "team"))).at(-1)).toBe("tag/team");
  expect(ids(toggleColumn(columns, columnOf("metric", "a")))).toEqual(["attribute/status", "param/lr"]);
});

test("a column moves to a place; over the edge it stays", () => {
  const columns = of("metric/a", "metric/b", "metric/c");
  expect(ids(moveColumn(columns, 2, 0))).toEqual(["metric/c", "metric/a", "metric/b"]);
  expect(ids(moveColumn(columns, 0, 1))).toEqual(["metric/b", "metric/a", "metric/c"]);
  expect(ids(moveColumn(columns, 0, -1))).toEqual(ids(columns));
  expect(ids(moveColumn(columns, 2, 3))).toEqual(ids(columns));
});
