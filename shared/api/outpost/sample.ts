/** The sample project, made on this machine, and taken away whole. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Job } from "./jobs.ts";
import { OUTPOST_API, Text, Whole } from "./words.ts";

export const Sample = Type.Object({
  loaded: Type.Boolean(),
  experiments: Type.Array(Type.Object({ experiment_id: Text(), name: Text() })),
  models: Type.Array(Text()),
  runs: Whole(),
});
export type Sample = Static<typeof Sample>;

export const getSample = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/sample`,
  summary: "Whether the sample project is here, and what belongs to it",
  request: Type.Object({}),
  response: Sample,
});

export const loadSample = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/sample`,
  summary: "Makes the sample project, as a job: two experiments, a registered model, files; nothing is downloaded",
  request: Type.Object({}),
  response: Job,
});

export const removeSample = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/sample/remove`,
  summary: "Deletes the sample project for good, as a job, with everything that is in its experiments",
  request: Type.Object({}),
  response: Job,
});
