import { expect, test } from "vitest";
import { searchColumns } from "../../../renderer/search/columns.ts";

const ids = (...args: Parameters<typeof searchColumns>): string[] => searchColumns(...args).map(({ id }) => id);

test("columns are what the address, the filter and the order name, each once, metrics first", () => {
  const filter = "params.lr = '0.1' AND metrics.`val/loss` < 1 AND attributes.status = 'FAILED'";
  expect(ids(["tag/team", "metric/val/loss"], filter, "metrics.acc DESC")).toEqual([
    "metric/val/loss",
    "metric/acc",
    "param/lr",
    "tag/team",
  ]);
});

test("what cannot be read gives no column", () => {
  expect(ids(["odd", "other/x", "metric/"], "metrics.loss <<", "nonsense up")).toEqual(["metric/"]);
  expect(searchColumns(["metric/a b"], "", "")[0]?.orderBy).toBe("metrics.`a b`");
});
