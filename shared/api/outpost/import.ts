/**
 * Bringing an mlruns folder or an MLflow database of this machine. The host reads any path that its own user can read, so
 * these live under `admin/`, which only the owner and admin tokens reach.
 */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Opt, Required, Str } from "../wire.ts";
import { Job } from "./jobs.ts";
import { OUTPOST_API, Text, Whole } from "./words.ts";

const source = {
  path: Required(), // absolute, or from the home folder with ~/
  artifacts: Opt(Str()), // where the files are, when not in the store's own places
};

export const ImportPreview = Type.Object({
  kind: Type.Union([Type.Literal("mlruns"), Type.Literal("mlflow-db")]),
  path: Text(), // as it is read
  experiments: Whole(),
  runs: Whole(),
  registered_models: Whole(),
  left: Type.Array(Type.Object({ what: Text(), why: Text() })), // what would not be carried
});
export type ImportPreview = Static<typeof ImportPreview>;

export const previewImport = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/admin/imports/preview`,
  summary: "Looks at an mlruns folder or an MLflow database and counts what it holds; changes nothing",
  request: Type.Object(source),
  response: ImportPreview,
});

export const startImport = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/admin/imports`,
  summary: "Imports an mlruns folder or an MLflow database, as a job; what is here already is not brought twice",
  request: Type.Object(source),
  response: Job,
});
