import { expect, test } from "vitest";
import { modelFolder, readModelFile, summaryOf } from "../../../renderer/models/mlmodel.ts";

const MLMODEL = `flavors:
  python_function:
    loader_module: mlflow.sklearn
    env: {conda: conda.yaml}
mlflow_version: 3.17.2
saved_input_example_info:
  artifact_path: input_example.json
signature:
  inputs: '[{"type": "double", "name": "age", "required": true},
    {"type": "string", "name": "city", "required": false}]'
  outputs: null
`;

test("an MLmodel file is read, folded text and all", async () => {
  const facts = await readModelFile(MLMODEL, ["MLmodel", "input_example.json", "requirements.txt"]);
  expect(facts?.signature?.inputs.map(({ name, required }) => [name, required])).toEqual([
    ["age", true],
    ["city", false],
  ]);
  expect(facts).toMatchObject({
    exampleFile: "input_example.json",
    environmentFiles: ["requirements.txt"],
    facts: [{ key: "mlflow_version", value: "3.17.2" }],
    flavors: [{ name: "python_function", facts: [{ key: "loader_module" }, { value: '{"conda":"conda.yaml"}' }] }],
  });
});

test.each(["", "- a list", "{unclosed", "a: &a [*a, *a]\nb: !!js/function x", "__proto__: {polluted: 1}"])(
  "what is no MLmodel file does no harm: %j",
  async (text) => {
    const facts = await readModelFile(text, []);
    expect(facts?.signature).toBeUndefined();
    expect("polluted" in {}).toBe(false);
  },
);

test("an example that points outside of the version is none", async () => {
  const facts = await readModelFile("saved_input_example_info: {artifact_path: ../../secret.json}", ["MLmodel"]);
  expect(facts?.exampleFile).toBeUndefined();
});

test("the MLmodel nearest to the root is the version's", () => {
  const at = (...paths: string[]) => modelFolder(paths.map((path) => ({ path })));
  expect(at("a/b/MLmodel", "model/MLmodel")).toBe("model/");
  expect(at("x/MLmodel", "MLmodel")).toBe("");
  expect(at("notMLmodel")).toBeUndefined();
});

test("a line says of a model what it has room for", async () => {
  const facts = await readModelFile(
    "flavors: {python_function: {python_version: 3.12.1}, sklearn: {}}\nmlflow_version: 3.17.2\nmodel_size_bytes: 12",
    [],
  );
  expect(facts && summaryOf(facts)).toEqual({ flavors: ["sklearn"], mlflow: "3.17.2", python: "3.12.1", size: 12 });
  const bare = await readModelFile("flavors: {python_function: {}}\nmodel_size_bytes: many", []);
  expect(bare && summaryOf(bare)).toEqual({
    flavors: ["python_function"],
    mlflow: undefined,
    python: undefined,
    size: undefined,
  });
});
