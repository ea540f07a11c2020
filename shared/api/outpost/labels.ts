/** Tags, aliases and descriptions, changed so that what was there before goes to the trash. */
import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Enum, Opt, Required, Str } from "../wire.ts";
import { Nullable, OUTPOST_API, Text } from "./words.ts";

export const OWNER_KINDS = { experiment: 1, run: 2, logged_model: 3, registered_model: 4, model_version: 5 } as const;
export type OwnerKind = keyof typeof OWNER_KINDS;

/** An id, or for the registry the name of a model, and the number of its version. */
const owner = { owner_kind: Enum(OWNER_KINDS), owner_id: Required(), version: Opt(Str()) };
/** The entry of the trash that holds what was there before; null when there was nothing. */
const Kept = Type.Object({ trash_id: Nullable(Text()) });

export const removeTag = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/tags/remove`,
  summary: "Moves a tag to the trash",
  request: Type.Object({ ...owner, key: Required() }),
  response: Kept,
});

export const writeTag = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/tags/set`,
  summary: "Sets a tag; a value that it takes the place of goes to the trash",
  request: Type.Object({ ...owner, key: Required(), value: Str() }),
  response: Kept,
});

export const writeDescription = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/descriptions/set`,
  summary: "Describes a registered model or a version; the text that it takes the place of goes to the trash",
  request: Type.Object({ ...owner, value: Str() }),
  response: Kept,
});

export const removeAlias = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/aliases/remove`,
  summary: "Moves an alias of a model to the trash",
  request: Type.Object({ name: Required(), alias: Required() }),
  response: Kept,
});

export const writeAlias = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/aliases/set`,
  summary: "Points an alias to a version; where it pointed before is kept in the trash",
  request: Type.Object({ name: Required(), alias: Required(), version: Required() }),
  response: Kept,
});
