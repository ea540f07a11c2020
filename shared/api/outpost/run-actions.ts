import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Enum, List, Opt, Required, Str } from "../wire.ts";
import { VIEW_TYPES } from "./runs.ts";
import { OUTPOST_API, Text } from "./words.ts";

export const RUN_ACTIONS = { DELETE: 1, RESTORE: 2, SET_TAG: 3, DELETE_TAG: 4, MOVE: 5 } as const;
export type RunAction = keyof typeof RUN_ACTIONS;

/**
 * Runs are named by id, or by a filter with the token of `countRuns`. A call works on up to 500 of them, all or none;
 * the next one goes on with the token that it gives back. So writers never wait long, and one can stop in between.
 */
export const actOnRuns = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/experiments/:experiment_id/run-actions`,
  summary: "Deletes, restores, tags or moves runs: those named, or all that match a filter, up to 500 a call",
  request: Type.Object({
    experiment_id: Required(),
    action: Enum(RUN_ACTIONS),
    run_ids: Opt(List(Str())),
    filter: Opt(Str()),
    view_type: Opt(Enum(VIEW_TYPES)),
    group: Opt(Str()),
    page_token: Opt(Str()),
    key: Opt(Str()), // of a tag
    value: Opt(Str()),
    to_experiment_id: Opt(Str()),
    trash_id: Opt(Str()), // of an earlier call: the values that this one takes away join that entry of the trash
  }),
  response: Type.Object({
    run_ids: Type.Array(Text()), // that changed; a move takes the children along
    next_page_token: Type.Optional(Text()),
    trash_id: Type.Optional(Text()), // where removed and replaced tags are kept
  }),
});

export const EXPORT_FORMATS = { csv: 1, json: 2 } as const;
export type ExportFormat = keyof typeof EXPORT_FORMATS;

export const ExportRunsRequest = Type.Object({
  format: Enum(EXPORT_FORMATS),
  run_ids: Opt(List(Str())),
  filter: Opt(Str()),
  view_type: Opt(Enum(VIEW_TYPES)),
  group: Opt(Str()),
  order_by: Opt(List(Str())),
  /** Keys to write; all of a kind where it is left out. */
  metrics: Opt(List(Str())),
  params: Opt(List(Str())),
  tags: Opt(List(Str())),
});
export type ExportRunsRequest = Static<typeof ExportRunsRequest>;

/** Answers a file, written while it is read: CSV, or JSON with NaN and infinities as MLflow's words for them. */
export const exportRunsPath = (experimentId: string): string =>
  `${OUTPOST_API}/experiments/${encodeURIComponent(experimentId)}/run-export`;
