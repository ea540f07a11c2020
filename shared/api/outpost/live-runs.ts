/** Which runs are being logged to: what a person should know before Outpost is quit, and what the tray shows. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { OUTPOST_API, Text } from "./words.ts";

export const LiveRun = Type.Object({
  run_id: Text(),
  run_name: Text(),
  experiment_id: Text(),
  experiment_name: Text(),
});
export type LiveRun = Static<typeof LiveRun>;

export const LiveRuns = Type.Object({ runs: Type.Array(LiveRun) }); // the one that was written to last comes first
export type LiveRuns = Static<typeof LiveRuns>;

export const getLiveRuns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/live-runs`,
  summary: "Runs with the status RUNNING that were written to in the last fifteen minutes",
  request: Type.Object({}),
  response: LiveRuns,
});
