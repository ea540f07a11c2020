import { expect, test } from "vitest";
import { loadSnippet, readModelSpec } from "../../../renderer/logged-models/mlmodel.ts";

test("an MLmodel file tells flavor, signature, params and input example", () => {
  expect(
    readModelSpec({
      flavors: { python_function: {}, sklearn: {} },
      mlflow_version: "3.17.2",
      model_size_bytes: 12,
      signature: {
        inputs: '[{"type": "double", "name": "x", "required": true}]',
        outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]',
        params: '[{"name": "t", "type": "double", "default": 0.5, "shape": null}]',
      },
      saved_input_example_info: { artifact_path: "input_example.json" },
    }),
  ).toEqual({
    flavors: ["sklearn"],
    inputs: [{ name: "x", type: "double" }],
    outputs: [{ name: "", type: "int64 [-1]" }],
    params: [{ name: "t", type: "double", standard: "0.5" }],
    example: "input_example.json",
    mlflowVersion: "3.17.2",
    size: 12,
  });
});

test("a file of another shape tells nothing and does no harm", () => {
  for (const file of [null, 7, [], { flavors: 3, signature: "x" }, { signature: { inputs: "{bad" } }])
    expect(readModelSpec(file)).toMatchObject({ flavors: [], params: [] });
});

test("the snippet loads the model, and its own kind where that is a plain word", () => {
  expect(loadSnippet("models:/m-1", { flavors: ["sklearn"] })).toContain('mlflow.sklearn.load_model("models:/m-1")');
  expect(loadSnippet("models:/m-1", { flavors: ["os; evil"] })).not.toContain("evil");
  expect(loadSnippet("models:/m-1", undefined)).toContain('mlflow.pyfunc.load_model("models:/m-1")');
});
