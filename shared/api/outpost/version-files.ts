import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Required } from "../wire.ts";
import { OUTPOST_API, Text } from "./words.ts";

export const openVersionFiles = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/registered-models/:name/versions/:version/files`,
  summary:
    "Make a version ready for files: gives the root that they are put under by the artifact proxy. `artifacts/delete` takes them out again",
  request: Type.Object({ name: Required(), version: Required() }),
  response: Type.Object({ root: Text() }),
});
