import { describe, expect, test } from "vitest";
import { codeLink } from "../../../renderer/run/code-link.ts";
import { columnsOf, prettyJson, sourceText } from "../../../renderer/run/dataset.ts";
import { fold, isGroup, visible, type Node } from "../../../renderer/run/fold.ts";

type Row = { key: string };
const outline = (nodes: readonly Node<Row>[], depth = 0): string[] =>
  nodes.flatMap((node) =>
    isGroup(node)
      ? [`${"  ".repeat(depth)}${node.label} ${node.count}`, ...outline(node.nodes, depth + 1)]
      : [`${"  ".repeat(depth)}${node.label}`],
  );
const rows = (...keys: string[]): Row[] => keys.map((key) => ({ key }));

describe("nested keys", () => {
  test("are folded by dots and slashes, groups of one left alone", () => {
    expect(outline(fold(rows("lr", "opt.lr", "opt.beta.1", "opt.beta.2", "val/loss")))).toEqual([
      "lr",
      "opt. 3",
      "  lr",
      "  beta. 2",
      "    1",
      "    2",
      "val/loss",
    ]);
  });
  test("that share a long beginning stand in one group", () => {
    expect(outline(fold(rows("a.b.c.x", "a.b.c.y")))).toEqual(["a.b.c. 2", "  x", "  y"]);
  });
  test("keep what begins or ends with a separator whole", () => {
    expect(outline(fold(rows(".hidden", ".other", "end.", "a..b", "a..c")))).toEqual([
      ".hidden",
      ".other",
      "end.",
      "a..b",
      "a..c",
    ]);
  });
  test("are visible where their groups are open", () => {
    const nodes = fold(rows("a.x", "a.y", "b"));
    expect(visible(nodes, () => false)).toHaveLength(2);
    expect(visible(nodes, (path) => path === "a.").map(({ level }) => level)).toEqual([1, 2, 2, 1]);
  });
});

describe("a dataset", () => {
  test("has its columns, of MLflow's several shapes", () => {
    const schema = JSON.stringify({
      mlflow_colspec: [
        { type: "double", name: "x", required: true },
        { type: "string", name: "y", required: false },
        { type: "array", name: "z", items: { type: "long" } },
        { type: "tensor", name: "t", "tensor-spec": { dtype: "float32", shape: [-1, 3] } },
      ],
    });
    expect(columnsOf(schema)).toEqual([
      { name: "x", type: "double" },
      { name: "y", type: "string?" },
      { name: "z", type: "array<long>" },
      { name: "t", type: "float32 [-1,3]" },
    ]);
    for (const other of [null, "", "not json", "[]", '{"mlflow_tensorspec":{}}'])
      expect(columnsOf(other)).toBeUndefined();
  });
  test("names its source, and shows another's words as they are", () => {
    expect(sourceText('{"uri": "data/train.csv"}')).toBe("data/train.csv");
    expect(sourceText("{}")).toBe("");
    expect(sourceText('{"tags": {"a": 1}}')).toBe('{"tags": {"a": 1}}');
    expect(sourceText("plain")).toBe("plain");
    expect(prettyJson("{bad")).toBe("{bad");
  });
});

test.each([
  ["git@gitlab.example.com:team/churn.git", "https://gitlab.example.com/team/churn/commit/0123456789"],
  ["ssh://git@gitlab.example.com:2222/team/churn.git", "https://gitlab.example.com/team/churn/commit/0123456789"],
  ["https://user:secret@gitlab.example.com/team/churn.git", "https://gitlab.example.com/team/churn/commit/0123456789"],
  ["https://github.com/a/b/", "https://github.com/a/b/commit/0123456789"],
  ["javascript:alert(1)", undefined],
  ["/srv/git/churn", undefined],
  [undefined, undefined],
])("the commit's page at %s is %s", (remote, page) => {
  expect(codeLink(remote, "0123456789")).toBe(page);
});
test("what is no commit has no page", () => expect(codeLink("https://github.com/a/b", "x' onclick")).toBeUndefined());
