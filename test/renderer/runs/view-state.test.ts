import { expect, test } from "vitest";
import { fileNameOf } from "../../../renderer/runs/bulk.ts";
import { nextSort, type Query, readView, sortOf, topRuns } from "../../../renderer/runs/view-state.ts";

const queryOf = (text: string): Query => {
  const params = new URLSearchParams(text);
  return { get: (n) => params.get(n) ?? "", all: (n) => params.getAll(n), has: (n) => params.has(n) };
};

test("an address without a view is the plain table", () => {
  expect(readView(queryOf(""))).toEqual({
    filter: "",
    sort: [],
    deleted: false,
    columns: undefined,
    left: new Set(),
    group: [],
    aggregate: "mean",
    flat: false,
    pins: [],
    baseline: "",
    differing: false,
    charts: false,
  });
});

test("an address holds the whole view; what is odd in it falls away", () => {
  const id = "a".repeat(32);
  const view = readView(
    queryOf(
      `filter=x&sort=a+ASC&sort=b+DESC&cols=metric/loss&cols=odd&left=metric/loss&group=param/lr&agg=std&pins=${id}&pins=${id}&pins=%27+OR&baseline=%27&flat=1`,
    ),
  );
  expect(view).toMatchObject({
    filter: "x",
    sort: ["a ASC", "b DESC"],
    group: ["param/lr"],
    aggregate: "std",
    flat: true,
  });
  expect(view.columns?.map((column) => column.id)).toEqual(["metric/loss"]);
  expect(view.pins).toEqual([id]);
  expect(view.baseline).toBe("");
  expect(readView(queryOf("agg=constructor")).aggregate).toBe("mean");
  expect(readView(queryOf("cols=")).columns).toEqual([]);
});

test("the baseline is the first of the runs on top, and only once there", () => {
  expect(topRuns({ pins: ["a", "b"], baseline: "b" })).toEqual(["b", "a"]);
  expect(topRuns({ pins: ["a"], baseline: "" })).toEqual(["a"]);
});

test("a click sorts, a second one turns; with Shift behind the others", () => {
  expect(nextSort([], "metrics.loss", true, false)).toEqual(["metrics.loss DESC"]);
  expect(nextSort(["metrics.loss DESC"], "metrics.loss", true, false)).toEqual(["metrics.loss ASC"]);
  expect(nextSort(["metrics.loss DESC"], "params.lr", false, false)).toEqual(["params.lr ASC"]);
  expect(nextSort(["metrics.loss DESC"], "params.lr", false, true)).toEqual(["metrics.loss DESC", "params.lr ASC"]);
  expect(nextSort(["a ASC", "b ASC"], "a", false, true)).toEqual(["a DESC", "b ASC"]);
  expect(sortOf(["a ASC", "b DESC"], "b")).toEqual({ direction: "descending", place: 1 });
  expect(sortOf(["ab ASC"], "a")).toBeUndefined();
  expect(sortOf(["a ASC"], undefined)).toBeUndefined();
});

test.each([
  ["churn/boosting", "churn-boosting"],
  ["../../etc/passwd", "etc-passwd"],
  ["실험 1", "실험-1"],
  ["???", "runs"],
])("the file of %s is called %s", (name, file) => expect(fileNameOf(name)).toBe(file));
