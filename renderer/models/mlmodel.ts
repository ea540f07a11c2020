/** What an MLmodel file says of a model. The file comes from outside: everything in it is checked and shown as text. */
import { readSignature, type Signature } from "../../shared/registry/signature.ts";

export interface ModelFacts {
  readonly signature: Signature | undefined;
  readonly flavors: readonly { name: string; facts: readonly { key: string; value: string }[] }[];
  readonly facts: readonly { key: string; value: string }[]; // the rest that is plain
  readonly exampleFile: string | undefined; // path of the input example below the model
  readonly environmentFiles: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
const isPlain = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);
const pairs = (fields: Fields): { key: string; value: string }[] =>
  Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ({ key, value: shown(value) }));

/** Files that name what a model needs, those for pip first. */
const ENVIRONMENT = ["requirements.txt", "python_env.yaml", "conda.yaml"];

/** Reads the text of an MLmodel file; undefined for what is none. */
export const readModelFile = async (text: string, files: readonly string[]): Promise<ModelFacts | undefined> => {
  const { parseYaml } = await import("../artifacts/yaml.ts");
  let root: unknown;
  try {
    root = parseYaml(text);
  } catch {
    return undefined; // the file is there to look into
  }
  if (!isFields(root)) return undefined;
  const { flavors, signature, saved_input_example_info: example, ...rest } = root;
  const examplePath = isFields(example) ? example["artifact_path"] : undefined;
  return {
    signature: readSignature(signature),
    flavors: isFields(flavors)
      ? Object.entries(flavors).map(([name, facts]) => ({ name, facts: isFields(facts) ? pairs(facts) : [] }))
      : [],
    facts: pairs(Object.fromEntries(Object.entries(rest).filter(([, value]) => isPlain(value)))),
    exampleFile: typeof examplePath === "string" && files.includes(examplePath) ? examplePath : undefined,
    environmentFiles: ENVIRONMENT.filter((name) => files.includes(name)),
  };
};

const valueOf = (facts: readonly { key: string; value: string }[], key: string): string | undefined =>
  facts.find((fact) => fact.key === key)?.value;

/** What a line has room for. The interface that all models have counts as a flavour only where there is no other. */
export const summaryOf = ({ flavors, facts }: Pick<ModelFacts, "flavors" | "facts">) => {
  const size = Number(valueOf(facts, "model_size_bytes") ?? NaN);
  return {
    flavors: flavors.map(({ name }) => name).filter((name) => name !== "python_function" || flavors.length === 1),
    mlflow: valueOf(facts, "mlflow_version"),
    python: valueOf(flavors.find(({ name }) => name === "python_function")?.facts ?? [], "python_version"),
    size: Number.isFinite(size) ? size : undefined, // bytes
  };
};

/** Where a version keeps its MLmodel: in the folder nearest to its root that has one. Undefined where it has none. */
export const modelFolder = (files: readonly { path: string }[]): string | undefined => {
  const found = files.filter(({ path }) => path === "MLmodel" || path.endsWith("/MLmodel"));
  const folders = found.map(({ path }) => path.slice(0, -"MLmodel".length));
  return folders.toSorted((a, b) => a.split("/").length - b.split("/").length || a.length - b.length)[0];
};
