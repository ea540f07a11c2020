import { describe, expect, test } from "vitest";
import { contextAt } from "../../../renderer/filter/context.ts";

/** The context where `|` stands. */
const at = (marked: string) => {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { from, to, ...context } = contextAt(text, caret);
  return { ...context, replaces: text.slice(from, to) };
};

describe("where a field is expected", () => {
  test.each([
    ["|", { typed: "", replaces: "" }],
    ["lo|", { typed: "lo", replaces: "lo" }],
    ["metrics.|", { prefix: "metric", typed: "", replaces: "metrics." }],
    ["metrics.va|", { prefix: "metric", typed: "va", replaces: "metrics.va" }],
    ["metrics.`val/l|", { prefix: "metric", typed: "val/l", replaces: "metrics.`val/l" }],
    ["metrics.`val/l|oss` > 1", { prefix: "metric", typed: "val/l", replaces: "metrics.`val/loss`" }],
    ["metrics.1|", { prefix: "metric", typed: "1", replaces: "metrics.1" }],
    ["params.a.b|", { prefix: "param", typed: "a.b", replaces: "params.a.b" }],
    ["tags.팀|", { prefix: "tag", typed: "팀", replaces: "tags.팀" }],
    ["metrics.loss < 1 AND par|", { typed: "par", replaces: "par" }],
    ["metrics.loss < 1 AND |", { typed: "", replaces: "" }],
    ["(metrics.loss < 1 OR |", { typed: "", replaces: "", depth: 1 }],
    ["NOT |", { typed: "", replaces: "" }],
    ["NOT (tags.a = 'x' OR pa|", { typed: "pa", depth: 1 }],
    ["run_n|", { typed: "run_n", replaces: "run_n" }],
    ["nonsense.k|", { typed: "nonsense.k" }],
  ])("%s", (marked, expected) => expect(at(marked)).toMatchObject({ expects: "field", ...expected }));
});

describe("where an operator is expected", () => {
  test.each([
    ["metrics.loss |", { typed: "", replaces: "", field: { kind: "metric", key: "loss" } }],
    ["metrics.`val/loss` |", { field: { kind: "metric", key: "val/loss" } }],
    ["metrics.loss <|", { typed: "<", replaces: "<" }],
    ["params.lr LI|", { typed: "LI", replaces: "LI", field: { kind: "param", key: "lr" } }],
    ["tags.team IS |", { typed: "IS", replaces: "IS " }],
    ["tags.team IS NO|", { typed: "IS NO", replaces: "IS NO" }],
    ["tags.team NOT |", { typed: "NOT" }],
    ["status |", { field: { kind: "attribute", key: "status", value: "text" } }],
    ["Created |", { field: { kind: "attribute", key: "start_time", value: "number" } }],
    ["wrong.key |", { typed: "" }],
  ])("%s", (marked, expected) => expect(at(marked)).toMatchObject({ expects: "operator", ...expected }));
});

describe("where a value is expected", () => {
  test.each([
    ["params.lr = |", { typed: "", operator: "=", field: { kind: "param", key: "lr" } }],
    ["params.lr =|'0.1'", { expects: "operator" }],
    ["params.lr = 'ad|", { typed: "ad", replaces: "'ad" }],
    ["params.lr = 'ad|am'", { typed: "ad", replaces: "'adam'" }],
    ['params.lr = "ad|', { typed: "ad", replaces: '"ad' }],
    ["params.lr = ad|", { typed: "ad", replaces: "ad" }],
    ["params.lr = 0.1|", { typed: "0.1" }],
    ["params.lr ILIKE '%x|", { typed: "%x", operator: "ILIKE" }],
    ["params.lr IN |", { list: "first", operator: "IN" }],
    ["params.lr NOT IN (|", { list: "inside", operator: "NOT IN" }],
    ["params.lr IN ('a|", { list: "inside", typed: "a", replaces: "'a" }],
    ["params.lr IN ('a' |", { list: "after", typed: "" }],
    ["params.lr IN ('a', |", { list: "inside", typed: "" }],
    ["tags.a = 'x' AND status = |", { field: { kind: "attribute", key: "status", value: "text" } }],
    ["dataset.name = |", { field: { kind: "dataset", key: "name" } }],
  ])("%s", (marked, expected) => expect(at(marked)).toMatchObject({ expects: "value", ...expected }));
});

describe("where something joins conditions", () => {
  test.each([
    ["metrics.loss < 1 |", { typed: "", depth: 0 }],
    ["metrics.loss < 1 A|", { typed: "A", replaces: "A" }],
    ["tags.team IS NOT NULL |", { typed: "" }],
    ["params.lr IN ('a', 'b') |", { typed: "", depth: 0 }],
    ["(metrics.loss < 1 |", { depth: 1 }],
    ["(metrics.loss < 1) |", { depth: 0 }],
    ["(params.lr IN ('a') |", { depth: 1 }],
  ])("%s", (marked, expected) => expect(at(marked)).toMatchObject({ expects: "join", ...expected }));
});

test("no text and no caret make it throw", () => {
  const text = "NOT (metrics.`a b` >= -1.5e3 AND params.x IN ('a', \"b\")) OR tags.t IS NOT NULL AND # ' \\ ` \"";
  for (let end = 0; end <= text.length; end += 1)
    for (let caret = 0; caret <= end; caret += 1) {
      const context = contextAt(text.slice(0, end), caret);
      expect(context.from).toBeLessThanOrEqual(context.to);
    }
});
