import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool } from "../wire.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

export const Storage = Type.Object({
  database_bytes: Whole(), // the database with its write-ahead log
  backup_bytes: Whole(),
  stored_files: Whole(), // files as they lie on the disk: the same bytes are kept once
  stored_bytes: Whole(),
  listed_files: Whole(), // files as runs and models list them
  listed_bytes: Whole(),
  saved_bytes: Whole(), // what keeping the same bytes once saves
  free_bytes: Whole(), // on the volume of the data folder
  total_bytes: Whole(),
  experiments: Type.Array(
    Type.Object({ experiment_id: Text(), name: Text(), runs: Whole(), files: Whole(), bytes: Whole() }),
  ),
  more_experiments: Whole(), // those beyond the 200 largest
});
export type Storage = Static<typeof Storage>;

export const getStorage = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/storage`,
  summary: "What lies on the disk, by experiment, and what keeping the same bytes once saves",
  request: Type.Object({}),
  response: Storage,
});

export const About = Type.Object({
  version: Text(),
  node: Text(),
  sqlite: Text(),
  platform: Text(),
  data_folder: Text(),
  config_file: Text(),
  tracking_uri: Text(),
});
export type About = Static<typeof About>;

export const getAbout = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/about`,
  summary: "Versions of Outpost and of what it stands on, and where its files are",
  request: Type.Object({}),
  response: About,
});

export const HostSetting = Type.Object({
  name: Text(), // its key in config.yaml
  value: Nullable(Text()),
  default_value: Nullable(Text()),
  origin: Text(), // `policy`, `--port`, `OUTPOST_PORT`, the path of config.yaml, or `default`
  locked: Bool(), // by the administrators' policy: nothing else can change it
  flag: Text(),
  variable: Text(),
  description: Text(),
});
export type HostSetting = Static<typeof HostSetting>;

export const listHostSettings = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/host-settings`,
  summary: "The host's settings in force, and where each was set",
  request: Type.Object({}),
  response: Type.Object({
    config_file: Text(),
    policy: Nullable(Text()), // where the administrators' policy is
    settings: Type.Array(HostSetting),
  }),
});
