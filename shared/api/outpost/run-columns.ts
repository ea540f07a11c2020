import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Opt, Required, Str } from "../wire.ts";
import { OUTPOST_API, Text, Whole } from "./words.ts";

export const FoundColumn = Type.Object({ key: Text(), differs: Type.Boolean() });
const Found = Type.Object({ keys: Type.Array(FoundColumn), total: Whole() });
export const RunColumns = Type.Object({ metrics: Found, params: Found, tags: Found });
export type RunColumns = Static<typeof RunColumns>;

export const findRunColumns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id/run-columns`,
  summary: "Keys that an experiment's runs have and that contain a text, up to 200 of each kind",
  request: Type.Object({ experiment_id: Required(), search: Opt(Str()) }),
  response: RunColumns,
});

export const SuggestedColumns = Type.Object({ metrics: Type.Array(Text()), params: Type.Array(Text()) });
export type SuggestedColumns = Static<typeof SuggestedColumns>;

export const suggestRunColumns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id/suggested-columns`,
  summary:
    "What tells the newest runs apart: the metrics that most of them have and that vary most, the params that differ",
  request: Type.Object({ experiment_id: Required() }),
  response: SuggestedColumns,
});
