import { expect, test } from "vitest";
import type { FindRow } from "../../../shared/api/outpost/find.ts";
import { actionGroups, filled, fits, foundGroups, hrefOf, recentGroup } from "../../../renderer/palette/entries.ts";
import { readVisits, visitOf, withVisit } from "../../../renderer/palette/recent.ts";
import { mistakeIn } from "../../../renderer/filter/mistake.ts";

const row = (fields: Partial<FindRow> & Pick<FindRow, "kind" | "id">): FindRow => ({
  title: fields.id,
  context: null,
  experiment_id: null,
  version: null,
  semver: null,
  digest: null,
  status: null,
  time: null,
  excerpt: null,
  ...fields,
});

test.each([
  [row({ kind: "experiment", id: "3" }), "#/experiments/3"],
  [row({ kind: "run", id: "abc", experiment_id: "3" }), "#/experiments/3/runs/abc"],
  [row({ kind: "registered_model", id: "a/b c" }), "#/models/a%2Fb%20c"],
  [row({ kind: "model_version", id: "m/2", title: "m", version: "2" }), "#/models/m/versions/2"],
  [row({ kind: "logged_model", id: "m-1", experiment_id: "3" }), "#/experiments/3/models/m-1"],
])("$0.kind leads to %s", (found, href) => expect(hrefOf(found)).toBe(href));

test.each([
  row({ kind: "metric", id: "val/loss" }),
  row({ kind: "param", id: "odd `key`" }),
  row({ kind: "tag", id: "팀" }),
  row({ kind: "dataset", id: "it's", digest: "d", experiment_id: "0" }),
])("$kind leads to a filter that can be read", (found) => {
  const query = new URLSearchParams(hrefOf(found).split("?")[1]);
  expect(mistakeIn(query.get("filter") ?? "")).toBeUndefined();
});

test("a version is told apart from its model, an excerpt stands behind the experiment's name", () => {
  const [group] = foundGroups([row({ kind: "model_version", id: "m/2", title: "m", version: "2", semver: "1.1.0" })]);
  expect(group?.entries[0]?.title).toBe("m v2 (1.1.0)");
  const [runs] = foundGroups([row({ kind: "run", id: "r", context: "churn", excerpt: "…words…" })]);
  expect(runs?.entries[0]?.detail).toBe("churn · …words…");
});

test("actions fit by all their words in any order, pages stand apart, one thing comes once", () => {
  const run = (): void => undefined;
  const list = [
    { keys: "g e", text: "Go to Experiments", run },
    { keys: "c", text: "Compare runs", run },
    { keys: "x", text: "Compare runs", run },
    { keys: "?", text: "Secret", run, hidden: true },
  ];
  const titles = (text: string) =>
    filled(actionGroups(list, text)).map(({ entries }) => entries.map(({ title }) => title));
  expect(titles("")).toEqual([["Go to Experiments"], ["Compare runs"]]);
  expect(titles("runs comp")).toEqual([["Compare runs"]]);
  expect(titles("secret")).toEqual([]);
  expect(fits("Ｇｏ to", "go")).toBe(true);
});

test("what was visited is kept by thing, not by tab, the newest first and once", () => {
  const visit = visitOf("/experiments/3/runs/abc/artifacts/x", "trial");
  expect(visit).toEqual({ href: "#/experiments/3/runs/abc", title: "trial", kind: "run" });
  expect(visitOf("/experiments", "Experiments")).toBeUndefined();
  expect(visitOf("/models/m/versions/2", "m v2")?.kind).toBe("model_version");
  if (!visit) throw new Error("no visit");
  const other = { ...visit, href: "#/experiments/3" };
  expect(withVisit(withVisit([visit], other), visit)).toEqual([visit, other]);
  expect(recentGroup([visit, other], "/experiments/3").entries.map(({ href }) => href)).toEqual([visit.href]);
  expect(readVisits({ getItem: () => `[{"href":"javascript:x","title":"t","kind":"run"}, 1]` })).toEqual([]);
});
