/** What an MLmodel file says of a model: read defensively, since any client may have written it. */
import { parseFields, toColumn } from "../run/dataset.ts";

interface Column {
  readonly name: string;
  readonly type: string;
}

export interface ModelSpec {
  readonly flavors: readonly string[];
  readonly inputs: readonly Column[] | undefined;
  readonly outputs: readonly Column[] | undefined;
  readonly params: readonly (Column & { readonly standard: string })[];
  readonly example: string | undefined; // path of the input example below the model's folder
  readonly mlflowVersion: string | undefined;
  readonly size: number | undefined; // bytes
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** MLflow keeps each half of a signature as JSON in a text. */
const listIn = (value: unknown): readonly unknown[] | undefined => {
  if (typeof value !== "string") return undefined;
  const wrapped = parseFields(`{"list":${value}}`)?.["list"];
  return Array.isArray(wrapped) ? wrapped : undefined;
};

/** Reads a parsed MLmodel file. */
export const readModelSpec = (file: unknown): ModelSpec => {
  const model = isFields(file) ? file : {};
  const signature = isFields(model["signature"]) ? model["signature"] : {};
  const example = isFields(model["saved_input_example_info"]) ? model["saved_input_example_info"] : {};
  const flavors = isFields(model["flavors"]) ? Object.keys(model["flavors"]) : [];
  return {
    flavors: flavors.filter((name) => name !== "python_function" || flavors.length === 1),
    inputs: listIn(signature["inputs"])?.flatMap(toColumn),
    outputs: listIn(signature["outputs"])?.flatMap(toColumn),
    params: (listIn(signature["params"]) ?? []).flatMap((param) =>
      toColumn(param).map((column) => ({
        ...column,
        standard: JSON.stringify(isFields(param) ? (param["default"] ?? null) : null),
      })),
    ),
    example: text(example["artifact_path"]),
    mlflowVersion: text(model["mlflow_version"]),
    size: typeof model["model_size_bytes"] === "number" ? model["model_size_bytes"] : undefined,
  };
};

/** Python that loads a model. */
export const loadSnippet = (uri: string, spec: Pick<ModelSpec, "flavors"> | undefined): string => {
  const [flavor] = spec?.flavors ?? [];
  const native = flavor !== undefined && /^[a-z_]+$/.test(flavor) && flavor !== "python_function";
  return [
    "import mlflow",
    "",
    `model = mlflow.pyfunc.load_model(${JSON.stringify(uri)})`,
    "model.predict(data)",
    ...(native ? ["", `# the ${flavor} model itself`, `mlflow.${flavor}.load_model(${JSON.stringify(uri)})`] : []),
  ].join("\n");
};
