import { expect, test } from "vitest";
import { deltaOf, fileRows, metricRows, paramRows, readMlflowCompare } from "../../../renderer/models/compare.ts";
import { firstLine } from "../../../renderer/lib/first-line.ts";
import { modelUri, usageCode, waysOf } from "../../../renderer/models/usage.ts";
import { versionRows } from "../../../renderer/models/version-rows.ts";
import type { ModelVersion, VersionRow } from "../../../shared/api/outpost/models.ts";

const version = (parts: Partial<ModelVersion>): ModelVersion => ({
  uid: "u",
  name: "m",
  version: "1",
  semver: "1.0.0",
  description: null,
  current_stage: "None",
  status: "READY",
  status_message: null,
  source: "",
  run_id: null,
  run_name: null,
  experiment_id: null,
  model_id: null,
  user_id: null,
  aliases: [],
  tags: [],
  creation_timestamp: 0,
  last_updated_timestamp: 0,
  params: [],
  metrics: [],
  files: [],
  root: null,
  own_run_id: null,
  previous: null,
  next: null,
  ...parts,
});
const file = (path: string, sha256: string) => ({ path, sha256, size: 1 });
const metric = (key: string, value: number | "NaN") => ({ key, value, own: false });

test("metrics line up by key; what one lacks differs; NaN is the same as NaN; system metrics stay out", () => {
  const rows = metricRows([
    version({ metrics: [metric("auc", 0.9), metric("nan", "NaN"), metric("system/cpu", 1)] }),
    version({ metrics: [metric("nan", "NaN"), metric("f1", 0.5), metric("auc", 0.9)] }),
  ]);
  expect(rows).toEqual([
    { key: "auc", values: [0.9, 0.9], differs: false },
    { key: "f1", values: [undefined, 0.5], differs: true },
    { key: "nan", values: ["NaN", "NaN"], differs: false },
  ]);
  expect([deltaOf(0.5, 0.75), deltaOf("NaN", 1), deltaOf(undefined, 1)]).toEqual([0.25, undefined, undefined]);
});

test("an empty param is not a missing one", () => {
  const [row] = paramRows([version({ params: [{ key: "a", value: "", own: false }] }), version({})]);
  expect(row).toEqual({ key: "a", values: ["", undefined], differs: true });
});

test("files are identical, changed, or not in all; bytes under another name are found", () => {
  const rows = fileRows([
    version({ files: [file("same", "a"), file("edited", "b"), file("old", "c")] }),
    version({ files: [file("same", "a"), file("edited", "b2"), file("new", "c")] }),
  ]);
  expect(rows.map(({ path, state, movedFrom }) => [path, state, movedFrom])).toEqual([
    ["edited", "changed", undefined],
    ["new", "partial", "old"],
    ["old", "partial", "new"],
    ["same", "identical", undefined],
  ]);
});

test.each([
  ['name="churn"&runs={"aa":"1","bb":"2"}', { name: "churn", versions: ["1", "2"] }],
  ['name="a%2520b"&runs={}', { name: "a b", versions: [] }],
  ["name=plain&runs=no json", { name: "plain", versions: [] }],
  ['name="50%25"&runs={"aa":"x"}', { name: "50%", versions: [] }],
  ["runs={}", undefined],
])("MLflow's address with %s is read", (query, wanted) => {
  expect(readMlflowCompare(new URLSearchParams(query))).toEqual(wanted);
});

test("versions are found by each word in any of their fields, and ordered as versions", () => {
  const rows: VersionRow[] = [
    version({ version: "1", semver: "1.9.0", aliases: ["champion"] }),
    version({ version: "2", semver: "1.10.0", tags: [{ key: "team", value: "risk" }] }),
    version({ version: "3", semver: "1.10.0-rc.1", run_name: "night" }),
  ];
  const found = (search: string, order: "semver" | "version" = "semver") =>
    versionRows(rows, search, order, true).map(({ version: number }) => number);
  expect(found("")).toEqual(["2", "3", "1"]);
  expect(found("", "version")).toEqual(["3", "2", "1"]);
  expect(found("@champion")).toEqual(["1"]);
  expect(found("team=risk 1.10")).toEqual(["2"]);
  expect(found("night risk")).toEqual([]);
});

test("snippets name what they load, whatever is in the name", () => {
  expect(modelUri("m", { alias: "champion" })).toBe("models:/m@champion");
  expect(usageCode("sklearn", modelUri('a"b', { version: "1.2.0" }), "http://h")).toContain(
    'mlflow.sklearn.load_model("models:/a\\"b/1.2.0")',
  );
  expect(usageCode("download", "models:/m/1", "http://h")).toContain("download_artifacts");
  expect(usageCode("pyfunc", "models:/m-1", "http://h")).toMatch(
    /pyfunc\.load_model\("models:\/m-1"\)\nmodel\.predict/,
  );
  expect(usageCode("pytorch", "models:/m-1", "http://h")).toMatch(/mlflow\.pytorch\.load_model\("models:\/m-1"\)$/);
});

test("a model is loaded as each of its flavours that names a module, never by another text", () => {
  expect(waysOf(["python_function", "sklearn", "os; evil", "Shell()"])).toEqual(["pyfunc", "sklearn", "download"]);
  expect(waysOf([])).toEqual(["pyfunc", "download"]);
});

test.each([
  [null, ""],
  ["# Churn\n\nText", "Churn"],
  ["\n---\n> quoted", "quoted"],
  ["C# is no heading", "C# is no heading"],
])("the first line of %j is %j", (text, line) => {
  expect(firstLine(text)).toBe(line);
});
