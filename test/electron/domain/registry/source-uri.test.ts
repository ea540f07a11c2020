import fc from "fast-check";
import { expect, test } from "vitest";
import {
  artifactPath,
  assertSafeSource,
  parseModelUri,
  parseRunsUri,
  parseUri,
  pathParts,
} from "../../../../electron/domain/registry/source-uri.ts";

test.each([
  "s3://b/m",
  "S3://b/m",
  " s3://b/m",
  "s3://b//m",
  "s3://b/m/",
  "s3://b/m?x=1",
  "s3://b/a%2e%2e/x",
  "s3://b/a b",
  "s3://b/a+b",
  "dbfs:/x",
  "gs://a/b",
  "wasbs://c@a/b",
  "abfs://x/y",
  "mlflow-artifacts:/1/2/artifacts",
  "runs:/r/model",
  "models:/m/1",
])("%s is accepted as MLflow accepts it", (source) => {
  expect(() => assertSafeSource(source)).not.toThrow();
});

test.each([
  "",
  "x",
  "./x",
  "/etc",
  "/",
  "file:///etc",
  "file://host/x",
  "FILE:/etc",
  "C:\\x",
  "http://h/x",
  "https://localhost/x",
  "ftp://h/x",
  "sftp://h/x",
  "hdfs:/x",
  "viewfs://x/y",
  "abfss://a@b/c",
  "mlflow-artifacts://h/x",
  "mlflow-artifacts:/",
  "s3://b",
  "s3://b/",
  "s3://b/../x",
  "s3://b/./x",
  "s3://b/%2e%2e/x",
  "s3://b/%252e%252e/x",
  "s3://b/x\0",
  "s3://b/x%00",
  "s3://[/x",
  "dbfs:x",
  "runs:/r/../x",
  "runs:/r/..%2f..%2fx",
  "\tfile:/etc",
  "fi\nle:/etc",
  "h\tttp://h/x",
  "s3://b/.\t./x",
  "s3://../x",
  "s3://b/m?a/../b",
])("%j is refused", (source) => {
  expect(() => assertSafeSource(source)).toThrow(expect.objectContaining({ name: "DomainError", kind: "invalid" }));
});

test("no encoding of a step upwards is accepted", () => {
  const dots = fc.constantFrom("..", "%2e.", ".%2E", "%2e%2e", "%252e%252e", "%25252e.");
  const slash = fc.constantFrom("/", "%2f", "%2F", "%252f");
  const scheme = fc.constantFrom("s3://b", "mlflow-artifacts:", "runs:/r", "dbfs:", "gs://x");
  fc.assert(
    fc.property(scheme, slash, dots, slash, fc.string({ maxLength: 8 }), (start, before, up, after, end) => {
      expect(() => assertSafeSource(`${start}/a${before}${up}${after}${end}`)).toThrow();
    }),
  );
});

test.each([
  ["models:/m/3", { type: "version", name: "m", version: "3" }],
  ["models:/m/03", { type: "version", name: "m", version: "03" }],
  ["models:/m/Latest", { type: "stage", name: "m", stage: undefined }],
  ["models:/m/Production", { type: "stage", name: "m", stage: "Production" }],
  ["models:/m/2.1.0", { type: "stage", name: "m", stage: "2.1.0" }],
  ["models:/m@champ", { type: "alias", name: "m", alias: "champ" }],
  ["models:/a@b@champ", { type: "alias", name: "a@b", alias: "champ" }],
  ["models:/m-0123", { type: "logged_model", model_id: "m-0123" }],
  ["models:/", undefined],
  ["models:m/1", undefined],
  ["models:/m/", undefined],
  ["models:/m@", undefined],
  ["models:/a/b/c", undefined],
  ["models:/ /1", undefined],
])("%s reads as %j", (source, expected) => {
  expect(parseModelUri(parseUri(source))).toEqual(expected);
});

test("a runs:/ URI is a run and a path below it", () => {
  expect(parseRunsUri(parseUri("runs:/r1/a//b/"))).toEqual({ run_id: "r1", path: "a/b" });
  expect(parseRunsUri(parseUri("runs:/r1"))).toEqual({ run_id: "r1", path: "" });
});

test("paths keep what their URI spells, parts compare decoded", () => {
  const uri = parseUri("mlflow-artifacts:/1/r/artifacts/a%2520b/");
  expect(artifactPath(uri)).toBe("1/r/artifacts/a%2520b");
  expect(pathParts(uri.path)).toEqual(["1", "r", "artifacts", "a b"]);
});
