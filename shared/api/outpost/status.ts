import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

export const Status = Type.Object({
  tracking_uri: Text(), // what MLFLOW_TRACKING_URI must be, with the real port
  version: Text(),
  data_folder: Text(),
  rev: Whole(), // the newest change: where an event stream may start
  experiments: Whole(),
  runs: Whole(),
  registered_models: Whole(),
});
export type Status = Static<typeof Status>;

export const getStatus = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/status`,
  summary: "Where this Outpost answers, its version, its data folder and how much it holds",
  request: Type.Object({}),
  response: Status,
});

/**
 * One change on the event stream `GET /api/outpost/v1/events?cursor=<rev>`; `id` is what the MLflow wire calls it: a
 * run's or experiment's id, a model's name, `<model>/<version>`.
 */
export const ChangeEvent = Type.Object({ rev: Whole(), kind: Text(), id: Text(), experiment_id: Nullable(Text()) });
export type ChangeEvent = Static<typeof ChangeEvent>;
export const EVENTS_PATH = `${OUTPOST_API}/events`;
