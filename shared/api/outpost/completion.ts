import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Enum, Int32, Opt, Required, Str } from "../wire.ts";
import { OUTPOST_API, Text, Whole } from "./words.ts";

export const KEY_KINDS = { metric: 1, param: 2, tag: 3 } as const;
export const VALUE_KINDS = { param: 1, tag: 2, attribute: 3, dataset: 4 } as const;
export type KeyKind = keyof typeof KEY_KINDS;
export type ValueKind = keyof typeof VALUE_KINDS;

export const listKeys = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/completion/keys`,
  summary: "Keys that contain `text`, of one experiment's runs or of all: those that begin with it first",
  request: Type.Object({
    kind: Enum(KEY_KINDS),
    experiment_id: Opt(Str()),
    text: Opt(Str()),
    max_results: Opt(Int32()),
  }),
  response: Type.Object({ keys: Type.Array(Text()) }),
});

export const Suggestion = Type.Object({ value: Text(), runs: Whole() });
export type Suggestion = Static<typeof Suggestion>;

export const listValues = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/completion/values`,
  summary: "The most frequent values of a param, tag, dataset or attribute that contain `text`",
  request: Type.Object({
    kind: Enum(VALUE_KINDS),
    key: Required(),
    experiment_id: Opt(Str()),
    text: Opt(Str()),
    max_results: Opt(Int32()),
  }),
  response: Type.Object({ values: Type.Array(Suggestion) }),
});
