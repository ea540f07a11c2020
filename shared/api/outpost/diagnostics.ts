import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { OUTPOST_API, Text, Whole } from "./words.ts";

export const Diagnostics = Type.Object({
  name: Text(), // of the file to save
  contents: Type.Array(Type.Object({ path: Text(), what: Text(), bytes: Whole() })),
  missing: Type.Array(Text()), // parts that could not be collected, and why
  zip: Text(), // base64
});
export type Diagnostics = Static<typeof Diagnostics>;

/** For admins only, as everything under `admin/`. */
export const makeDiagnostics = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/admin/diagnostics`,
  summary: "A zip that tells how this Outpost is, without names, tokens or anything that was logged",
  request: Type.Object({}),
  response: Diagnostics,
});
