import { describe, expect, test } from "vitest";
import {
  adviseRaise,
  describeType,
  diffFields,
  readSignature,
  type Signature,
} from "../../../shared/registry/signature.ts";

const signature = (parts: Readonly<Record<string, readonly unknown[]>>): Signature | undefined =>
  readSignature(Object.fromEntries(Object.entries(parts).map(([part, list]) => [part, JSON.stringify(list)])));
const column = (name: string, type = "double", more = {}) => ({ name, type, required: true, ...more });

test.each([
  [{ type: "double" }, "double"],
  [{ type: "array", items: { type: "string" } }, "array<string>"],
  [{ type: "map", values: { type: "any" } }, "map<any>"],
  [
    {
      type: "object",
      properties: { a: { type: "long", required: true }, b: { type: "string", required: false } },
    },
    "{a: long, b?: string}",
  ],
  [{ type: "tensor", "tensor-spec": { dtype: "float32", shape: [-1, 3] } }, "tensor float32 [-1, 3]"],
  [null, "…"],
  [{}, "…"],
])("%j is read as %s", (spec, shown) => {
  expect(describeType(spec)).toBe(shown);
});

test("a type that contains itself without end is cut", () => {
  let spec: unknown = { type: "long" };
  for (let i = 0; i < 100; i++) spec = { type: "array", items: spec };
  expect(describeType(spec)).toContain("…");
});

test("older files say optional, newer ones required; a param's default makes it optional", () => {
  expect(
    signature({
      inputs: [column("a"), { name: "b", type: "long", optional: true }, { type: "string" }],
      params: [{ name: "t", type: "float", default: 0.5, shape: null }],
    }),
  ).toEqual({
    inputs: [
      { name: "a", type: "double", required: true, fallback: undefined },
      { name: "b", type: "long", required: false, fallback: undefined },
      { name: "", type: "string", required: true, fallback: undefined },
    ],
    outputs: [],
    params: [{ name: "t", type: "float", required: false, fallback: "0.5" }],
  });
});

test("what is no signature is none, and a broken part is empty", () => {
  expect(readSignature(null)).toBeUndefined();
  expect(readSignature({ inputs: "not json", outputs: 7 })).toEqual({ inputs: [], outputs: [], params: [] });
});

test("a difference names what came, went and changed", () => {
  const before = signature({ inputs: [column("a"), column("b"), column("gone")] })?.inputs ?? [];
  const after = signature({ inputs: [column("new"), column("a"), column("b", "long")] })?.inputs ?? [];
  expect(diffFields(before, after).map(({ name, change }) => [name, change])).toEqual([
    ["new", "added"],
    ["a", "same"],
    ["b", "changed"],
    ["gone", "removed"],
  ]);
});

describe("the advice on a semantic version", () => {
  const base = { inputs: [column("a")], outputs: [column("y")], params: [{ name: "t", type: "float", default: 1 }] };
  test.each([
    ["nothing changed", {}, "patch", "none"],
    ["a new mandatory column", { inputs: [column("a"), column("b")] }, "major", "input_required"],
    ["another type", { inputs: [column("a", "string")] }, "major", "input_required"],
    [
      "a new optional column",
      { inputs: [column("a"), column("b", "double", { required: false })] },
      "minor",
      "input_optional",
    ],
    ["a column made optional", { inputs: [column("a", "double", { required: false })] }, "minor", "input_optional"],
    ["a column gone", { inputs: [] }, "minor", "input_optional"],
    ["an output gone", { outputs: [] }, "major", "output_changed"],
    ["an output more", { outputs: [column("y"), column("z")] }, "minor", "output_added"],
    ["a param gone", { params: [] }, "major", "param_changed"],
    ["another default", { params: [{ name: "t", type: "float", default: 2 }] }, "minor", "input_optional"],
  ] as const)("%s asks for %s", (_what, change, raise, reason) => {
    expect(adviseRaise(signature(base), signature({ ...base, ...change }))).toMatchObject({ raise, reason });
  });

  test("the field that asks for the most decides, and without a signature there is none", () => {
    const after = signature({ ...base, inputs: [column("a", "double", { required: false }), column("must")] });
    expect(adviseRaise(signature(base), after)).toEqual({ raise: "major", reason: "input_required", field: "must" });
    expect(adviseRaise(undefined, after)).toBeUndefined();
  });
});
