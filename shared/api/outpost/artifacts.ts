import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Opt, Required, Str } from "../wire.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

/** A file, or a folder with the number and the size of all files below it. `path` is relative to the artifact root. */
export const ArtifactEntry = Type.Object({
  path: Text(),
  is_dir: Type.Boolean(),
  size: Whole(), // bytes
  files: Whole(),
  modified_at: Whole(),
  sha256: Nullable(Text()),
});
export type ArtifactEntry = Static<typeof ArtifactEntry>;

const Listing = Type.Object({
  entries: Type.Array(ArtifactEntry),
  root: Text(), // path of the artifact root below the artifact proxy: `<experiment>/<run>/artifacts`
});

export const listRunArtifacts = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs/:run_id/artifacts`,
  summary: "Files and folders of a run at `path`, with sizes",
  request: Type.Object({ run_id: Required(), path: Opt(Str()) }),
  response: Listing,
});

export const listLoggedModelArtifacts = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/logged-models/:model_id/artifacts`,
  summary: "Files and folders of a logged model at `path`, with sizes",
  request: Type.Object({ model_id: Required(), path: Opt(Str()) }),
  response: Listing,
});
export type ArtifactListing = Static<typeof Listing>;
