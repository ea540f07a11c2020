/** The trash: what was deleted, with what a purge would free and what stands in the way of it. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { List, Opt, Required, Str } from "../wire.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

export const deleteArtifacts = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/artifacts/delete`,
  summary:
    "Moves files and folders to the trash, all or none; `root` as listings give it, or `models:/<name>/<version>` for a version's files",
  request: Type.Object({ root: Required(), paths: List(Str()) }),
  response: Type.Object({ trash_id: Text(), files: Whole(), bytes: Whole() }),
});

/** One thing that could not be done, with a name that would do where the old one is taken. */
export const TrashFailure = Type.Object({
  trash_id: Text(),
  error_code: Text(),
  message: Text(),
  suggested_name: Nullable(Text()),
});
export type TrashFailure = Static<typeof TrashFailure>;

export const restoreTrash = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/trash/restore`,
  summary:
    "Brings things back from the trash, each for itself; `new_name` (for one) takes the place of a name that is taken: a name, a semantic version, or a folder for files",
  request: Type.Object({ trash_ids: List(Str()), new_name: Opt(Str()) }),
  response: Type.Object({ restored: Type.Array(Text()), failed: Type.Array(TrashFailure) }),
});
