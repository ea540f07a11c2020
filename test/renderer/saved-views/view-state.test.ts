import { expect, test } from "vitest";
import { isLink, queryOf, stateOf } from "../../../renderer/saved-views/view-state.ts";

test.each([
  ["", ""],
  ["view=1&missing=x", ""],
  ["sort=a&filter=b", "filter=b&sort=a"],
  ["cols=b&cols=a", "cols=b&cols=a"],
  ["filter=&sort=a", "sort=a"],
])("of the address %s the view is %s", (address, state) => expect(stateOf(address)).toBe(state));

test("two ways to one view are the same; another order of columns is another view", () => {
  expect(stateOf("cols=a&filter=x&cols=b")).toBe(stateOf("filter=x&cols=a&cols=b"));
  expect(stateOf("cols=a&cols=b")).not.toBe(stateOf("cols=b&cols=a"));
});

test("a view's address names it and what it holds; a link names it only", () => {
  const view = { view_id: "v1", query: "sort=metrics.loss+ASC&view=other" };
  expect(queryOf(view)).toBe("view=v1&sort=metrics.loss+ASC");
  expect(stateOf(queryOf(view))).toBe(stateOf(view.query));
  expect(queryOf(undefined)).toBe("");
  expect(isLink("view=v1")).toBe(true);
  expect(isLink("view=v1&sort=a")).toBe(false);
});
