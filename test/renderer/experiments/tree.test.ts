import { describe, expect, test } from "vitest";
import type { ExperimentNode } from "../../../shared/api/outpost/experiment-tree.ts";
import { buildTree, linesOf, nameTrouble, type Sort, type TreeOptions } from "../../../renderer/experiments/tree.ts";

let next = 1;
const one = (name: string, fields: Partial<ExperimentNode> = {}): ExperimentNode => ({
  experiment_id: String(next++),
  name,
  creation_time: 1,
  last_activity: 1,
  runs: 1,
  running: 0,
  note: "",
  tags: [],
  ...fields,
});
const byName: Sort = { key: "name", ascending: true };
const options = (fields: Partial<TreeOptions> = {}): TreeOptions => ({
  search: "",
  flat: false,
  sort: byName,
  bytesOf: new Map(),
  ...fields,
});
/** The lines as `depth label`, folders with a slash. */
const shown = (experiments: readonly ExperimentNode[], fields: Partial<TreeOptions> = {}, isOpen = () => true) =>
  linesOf(buildTree(experiments, options(fields)), isOpen).map(
    ({ node, depth, isFolder }) => `${depth} ${node.label}${isFolder ? "/" : ""}`,
  );

describe("the tree of experiments", () => {
  test("has a folder for each part of a name, and an experiment may be a folder too", () => {
    const names = ["a/b/c", "a/b/d", "a", "z", "a/e"];
    expect(shown(names.map((name) => one(name)))).toEqual(["0 a/", "1 b/", "2 c", "2 d", "1 e", "0 z"]);
  });

  test("leaves names alone whose slashes make no folders", () => {
    expect(shown(["/lead", "trail/", "a//b", "http://x"].map((name) => one(name)))).toEqual([
      "0 /lead",
      "0 a//b",
      "0 http://x",
      "0 trail/",
    ]);
  });

  test.each(["<script>a</script>", "team/<img src=x>", "https:/host/path", "a /b", "a/ b", "1/2/3/4/5/6/7/8/9"])(
    "leaves '%s' whole: nobody wrote that as a path",
    (name) => {
      expect(shown([one(name)])).toEqual([`0 ${name}`]);
    },
  );

  test("leaves a name with control characters whole", () => {
    expect(shown([one("a/b\u0000/c")])).toHaveLength(1);
  });

  test("takes any script, spaces within and punctuation for a folder's name", () => {
    expect(shown([one("팀/비전 (v2)/a: b?/1/2/3/4/5")])).toHaveLength(8);
  });

  test("sums up what a folder holds, its own experiment included", () => {
    const experiments = [
      one("a", { experiment_id: "x", runs: 2, last_activity: 5, creation_time: 3 }),
      one("a/b", { experiment_id: "y", runs: 3, running: 1, last_activity: 9, creation_time: 4 }),
    ];
    const bytesOf = new Map([
      ["x", 10],
      ["y", 20],
    ]);
    expect(buildTree(experiments, options({ bytesOf }))).toMatchObject([
      { path: "a", runs: 5, running: 1, last_activity: 9, creation_time: 3, bytes: 30, experiments: 2 },
    ]);
  });

  test("keeps the folders that lead to what a search finds, by name or by tag", () => {
    const experiments = [one("team/vision/resnet"), one("team/text/bert", { tags: [{ key: "stage", value: "done" }] })];
    expect(shown(experiments, { search: "RESNET" })).toEqual(["0 team/", "1 vision/", "2 resnet"]);
    expect(shown(experiments, { search: "stage: do" })).toEqual(["0 team/", "1 text/", "2 bert"]);
    expect(shown(experiments, { search: "nothing" })).toEqual([]);
  });

  test("is a list when flat, and leaves out what a closed folder holds", () => {
    const experiments = [one("a/b"), one("a/c")];
    expect(shown(experiments, { flat: true })).toEqual(["0 a/b", "0 a/c"]);
    expect(shown(experiments, {}, () => false)).toEqual(["0 a/"]);
  });

  test("is sorted within each folder, by numbers as people count and by sums", () => {
    const experiments = [one("f/x10", { runs: 1 }), one("f/x2", { runs: 7 }), one("g", { runs: 5 })];
    expect(shown(experiments)).toEqual(["0 f/", "1 x2", "1 x10", "0 g"]);
    expect(shown(experiments, { sort: { key: "runs", ascending: true } })).toEqual(["0 g", "0 f/", "1 x10", "1 x2"]);
    expect(shown(experiments, { sort: { key: "runs", ascending: false } })).toEqual(["0 f/", "1 x2", "1 x10", "0 g"]);
  });

  test("names like parts of an object are only names", () => {
    expect(shown([one("__proto__/constructor"), one("toString")])).toEqual([
      "0 __proto__/",
      "1 constructor",
      "0 toString",
    ]);
  });
});

test.each([
  ["new", undefined],
  ["taken", "taken"],
  ["a/ /b", "folders"],
  ["a/", "folders"],
  ["x".repeat(501), "long"],
  ["own", undefined],
])("of the name %s is said: %s", (name, trouble) => {
  expect(nameTrouble(name, [{ name: "taken" }, { name: "own" }], "own")).toBe(trouble);
});
