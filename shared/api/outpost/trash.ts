/** The trash: what was deleted, with what a purge would free and what stands in the way of it. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Enum, Int32, List, Opt, Required, Str } from "../wire.ts";
import { Job } from "./jobs.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

export const deleteArtifacts = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/artifacts/delete`,
  summary:
    "Moves files and folders to the trash, all or none; `root` as listings give it, or `models:/<name>/<version>` for a version's files",
  request: Type.Object({ root: Required(), paths: List(Str()) }),
  response: Type.Object({ trash_id: Text(), files: Whole(), bytes: Whole() }),
});

export const TRASH_KINDS = {
  experiment: 1,
  run: 2,
  logged_model: 3,
  registered_model: 4,
  model_version: 5,
  artifacts: 6,
  tags: 7,
  aliases: 8,
  texts: 9, // descriptions
  saved_view: 10,
} as const;
export type TrashKind = keyof typeof TRASH_KINDS;

export const TrashItem = Type.Object({
  trash_id: Text(),
  kind: Type.Unsafe<TrashKind>({ type: "string", enum: Object.keys(TRASH_KINDS) }),
  key: Text(), // an experiment's, run's or logged model's id, a model's name, a version's number, a root of files, a tag's key
  name: Text(), // a version's semantic version; for files the first path
  place: Nullable(Text()), // the experiment or model it is part of
  parts: Whole(), // runs of an experiment, versions of a model, files, things that a tag was on
  value: Nullable(Text()), // the beginning of what a tag or description said; of an alias the version's number
  replaced: Type.Boolean(), // another value took its place
  actor: Nullable(Text()), // who deleted it, where that is kept
  trashed_at: Whole(),
  days_left: Whole(), // 0 or less: it is due
  bytes: Whole(), // that a purge would free
  purging: Type.Boolean(),
  purge_blocked: Nullable(Text()),
  restore_blocked: Nullable(Text()),
  suggested_name: Nullable(Text()), // to restore under, where its own name is taken
  can_overwrite: Type.Boolean(), // it comes back with `overwrite`: what took its place goes to the trash
  restore_first: Nullable(Text()), // trash id of what has to come back before it
});
export type TrashItem = Static<typeof TrashItem>;

export const listTrash = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/trash`,
  summary: "What was deleted and not purged, the latest first; `search` looks in names",
  request: Type.Object({
    search: Opt(Str()),
    kind: Opt(Enum(TRASH_KINDS)),
    max_results: Opt(Int32()),
    page_token: Opt(Str()),
  }),
  response: Type.Object({
    items: Type.Array(TrashItem),
    total: Whole(), // that match
    all: Whole(), // in the trash
    due: Whole(), // of all, those kept for longer than keep_days
    keep_days: Whole(),
    next_page_token: Type.Optional(Text()),
  }),
});

/** Which things: these, all, or those that are due. */
const scope = { trash_ids: Opt(List(Str())), all: Opt(Bool()), due: Opt(Bool()) };

export const previewPurge = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/trash/purge-preview`,
  summary: "What deleting for good would do: how many things, the bytes it frees at least, and what is in the way",
  request: Type.Object(scope),
  response: Type.Object({
    count: Whole(),
    bytes: Whole(),
    complete: Type.Boolean(), // every thing was looked at; of very many only the first thousands are
    blocked: Type.Array(Type.Object({ trash_id: Text(), name: Text(), why: Text() })),
  }),
});
export type PurgePreview = Static<typeof previewPurge.response>;

export const purgeTrash = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/trash/purge`,
  summary: "Deletes things in the trash for good, as a job; what something else needs stays and is named",
  request: Type.Object(scope),
  response: Job,
});

/** One thing that could not be done, with a name that would do where the old one is taken. */
export const TrashFailure = Type.Object({
  trash_id: Text(),
  error_code: Text(),
  message: Text(),
  suggested_name: Nullable(Text()),
  can_overwrite: Type.Boolean(),
  restore_first: Nullable(Text()),
});
export type TrashFailure = Static<typeof TrashFailure>;

export const restoreTrash = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/trash/restore`,
  summary:
    "Brings things back from the trash, each for itself; `new_name` (for one) takes the place of a name that is taken: a name, a semantic version, or a folder for files; with `overwrite` a value that took the place of an old one goes to the trash in turn",
  request: Type.Object({ trash_ids: List(Str()), new_name: Opt(Str()), overwrite: Opt(Bool()) }),
  response: Type.Object({ restored: Type.Array(Text()), failed: Type.Array(TrashFailure) }),
});
