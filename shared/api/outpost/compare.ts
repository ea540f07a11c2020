import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { List, Opt, Str } from "../wire.ts";
import { RunInfo } from "./runs.ts";
import { MetricValue, Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

export const ComparedRun = Type.Object({ ...RunInfo.properties, experiment_name: Text() });
export type ComparedRun = Static<typeof ComparedRun>;

/** A run that was asked for and is not compared. */
export const MissingRun = Type.Object({
  run_id: Text(),
  run_name: Nullable(Text()),
  reason: Type.Union([Type.Literal("unknown"), Type.Literal("deleted")]),
});
export type MissingRun = Static<typeof MissingRun>;

/**
 * One key over all runs: `at` has a place in `texts` for each run, -1 where the run lacks the key. Values are told
 * apart as they are stored; `texts` shows their beginning when they are long.
 */
export const TextRow = Type.Object({ key: Text(), texts: Type.Array(Text()), at: Type.Array(Whole()) });
export type TextRow = Static<typeof TextRow>;

/** The latest value of a metric in each run. */
export const MetricRow = Type.Object({
  key: Text(),
  values: Type.Array(Nullable(MetricValue)),
  curve: Type.Boolean(), // in at least one of the runs it has a history
});
export type MetricRow = Static<typeof MetricRow>;

export const compareRuns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/compare-runs`,
  summary: "Runs side by side as columns: infos, params, tags and latest metrics of up to 200 runs of any experiments",
  request: Type.Object({ run_ids: List(Str()), search: Opt(Str()) }),
  response: Type.Object({
    runs: Type.Array(ComparedRun), // in the order asked for
    missing: Type.Array(MissingRun),
    metrics: Type.Array(MetricRow),
    params: Type.Array(TextRow),
    tags: Type.Array(TextRow),
    more: Type.Object({ metrics: Whole(), params: Whole(), tags: Whole() }), // keys that did not fit: `search` finds them
  }),
});
export type Comparison = Static<typeof compareRuns.response>;

/** One path over all runs: `at` has a place in `digests` for each run, -1 where the run has no such file. */
export const FileRow = Type.Object({
  path: Text(),
  digests: Type.Array(Text()),
  sizes: Type.Array(Whole()), // of each digest, bytes
  at: Type.Array(Whole()),
});
export type FileRow = Static<typeof FileRow>;

export const compareFiles = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/compare-files`,
  summary: "The artifacts of up to 200 runs by path, with digests that tell which are the same",
  request: Type.Object({ run_ids: List(Str()), search: Opt(Str()) }),
  response: Type.Object({
    run_ids: Type.Array(Text()), // the runs compared, in the order of `at`
    roots: Type.Array(Text()), // the path of each run's artifact root below the artifact proxy
    files: Type.Array(FileRow),
    more: Whole(), // paths that did not fit
  }),
});
export type FileComparison = Static<typeof compareFiles.response>;
