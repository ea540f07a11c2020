import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { List, Opt, Required, Str } from "../wire.ts";
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

/** Root: a path below the artifact proxy, as a listing names it (`<experiment>/<run>/artifacts`). */
export const listArtifacts = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/artifacts`,
  summary: "Files and folders below an artifact root at `path`, with sizes",
  request: Type.Object({ root: Required(), path: Opt(Str()) }),
  response: Listing,
});

/** What stands at paths where an upload wants to put files. */
export const ExistingArtifact = Type.Object({
  path: Text(),
  in_the_way: Text(), // the path that is there: the same one, a file above it, or the folder itself
  kind: Type.Union([Type.Literal("file"), Type.Literal("folder"), Type.Literal("file_above")]),
});
export type ExistingArtifact = Static<typeof ExistingArtifact>;

export const findExistingArtifacts = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/artifacts/existing`,
  summary: "Which of these paths are taken, so that an upload can ask before it replaces",
  request: Type.Object({ root: Required(), paths: List(Str()) }),
  response: Type.Object({ existing: Type.Array(ExistingArtifact) }),
});

/** A selection too long for an address gets one of its own for ten minutes. */
export const prepareDownload = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/downloads`,
  summary: "An address where files and folders can be downloaded as one zip",
  request: Type.Object({ root: Required(), paths: List(Str()), name: Opt(Str()) }),
  response: Type.Object({ href: Text(), files: Whole(), size: Whole() }),
});

/** `?root=…&path=…&path=…&name=…`: files and folders as one zip; without a path, all. */
export const DOWNLOAD_PATH = `${OUTPOST_API}/download`;
/** Followed by a path below the artifact root: a file as a browser shows it, active content sandboxed. */
export const PREVIEW_PATH = `${OUTPOST_API}/preview`;
/** An empty sandboxed document that writes what its parent sends. */
export const PREVIEW_FRAME_PATH = `${OUTPOST_API}/preview-frame`;
