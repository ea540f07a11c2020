/** Configured remotes: the far registries that this machine syncs with. A token is set and used, and never answered. */
import { Type, type Static, type TSchema } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Enum, Int32, List, Opt, Required, Str } from "../wire.ts";
import { Nullable, OneOf, OUTPOST_API, Text, Whole } from "./words.ts";

const KindInput = Enum({ gitlab: 1, mlflow: 2 });
const ModeInput = Enum({ never: 1, ask: 2, auto: 3 });
const FilesInput = Enum({ light: 1, pinned: 2, all: 3 });
const ClassInput = Enum({ public: 1, official: 2, secret: 3 });

export const SyncStateWord = OneOf(
  "local",
  "queued",
  "inflight",
  "done",
  "uncertain",
  "blocked",
  "conflict",
  "auth_needed",
  "forbidden",
  "remote_gone",
  "remote_only",
  "excluded",
);

export const Count = Type.Object({ name: Text(), count: Whole() });

/** What the last look at the remote found; rights are `read`, `search`, `write`, `upload`, `delete`. */
export const RemoteProbe = Type.Object({
  title: Text(),
  server_version: Text(),
  user: Text(),
  rights: Type.Array(Text()),
  missing: Type.Array(Type.Object({ right: Text(), why: Text() })),
  token_expires: Nullable(Text()),
  capabilities: Type.Array(Type.Object({ name: Text(), there: Type.Boolean() })),
  clock_offset_ms: Whole(),
});
export type RemoteProbe = Static<typeof RemoteProbe>;

export const RemoteStateWord = OneOf("new", "ok", "offline", "auth_needed", "problem");

export const SyncRun = Type.Object({
  id: Whole(),
  remote: Text(),
  started_at: Whole(),
  ended_at: Nullable(Whole()), // null: under way
  actor: Text(),
  what: Text(), // "push", "pull", "push,pull"
  /** done, partial, conflict, offline, auth_needed, cancelled, waiting, changed, failed, interrupted */
  outcome: Nullable(Text()),
  problem: Nullable(Text()),
  counts: Type.Array(Count),
});
export type SyncRun = Static<typeof SyncRun>;

export const RemoteInfo = Type.Object({
  name: Text(),
  kind: OneOf("gitlab", "mlflow"),
  url: Text(),
  project: Nullable(Text()),
  /** Where the token is read from: `file:<path>`, `variable:<name>`, `kept` (in this app), `none`. */
  token_place: Text(),
  mode: OneOf("never", "ask", "auto"),
  files: OneOf("light", "pinned", "all"),
  class_max: Nullable(Text()),
  required_tags: Type.Array(Text()),
  ca_file: Nullable(Text()),
  proxy: Nullable(Text()),
  up_limit: Nullable(Whole()), // bytes per second
  down_limit: Nullable(Whole()),
  paused: Type.Boolean(),
  title: Nullable(Text()),
  state: RemoteStateWord,
  problem: Nullable(Text()),
  checked_at: Nullable(Whole()),
  /** No plan has been accepted yet: the first contact is a plan. */
  first_contact: Type.Boolean(),
  probe: Nullable(RemoteProbe),
  ahead: Whole(), // objects changed here
  behind: Whole(), // objects changed there
  conflicts: Whole(),
  states: Type.Array(Count), // objects by state
  job_id: Nullable(Text()), // of the sync under way
  plan: Nullable(Text()), // hash of the newest open plan
  last: Nullable(SyncRun),
});
export type RemoteInfo = Static<typeof RemoteInfo>;

const options = {
  token: Opt(Str()), // kept where this system keeps secrets
  token_file: Opt(Str()),
  ca_file: Opt(Str()),
  proxy: Opt(Str()),
  mode: Opt(ModeInput),
  files: Opt(FilesInput),
  class_max: Opt(ClassInput),
  required_tags: Opt(List(Str())),
  up_limit: Opt(Int32()), // kilobytes per second; 0: none
  down_limit: Opt(Int32()),
};
const REMOTES = `${OUTPOST_API}/sync/remotes`;
const one = { name: Required() };
const info = Type.Object({ remote: RemoteInfo });
const post = <Res extends TSchema>(word: string, summary: string, response: Res) =>
  endpoint({ method: "POST", path: `${REMOTES}/:name/${word}`, summary, request: Type.Object(one), response });

export const listRemotes = endpoint({
  method: "GET",
  path: REMOTES,
  summary: "Remotes with their state, how far ahead and behind they are, and their last sync",
  request: Type.Object({}),
  response: Type.Object({ remotes: Type.Array(RemoteInfo) }),
});

export const addRemote = endpoint({
  method: "POST",
  path: REMOTES,
  summary: "Adds a remote; nothing is sent before a plan is accepted",
  request: Type.Object({ ...one, kind: KindInput, url: Required(), project: Opt(Str()), ...options }),
  response: info,
});

export const updateRemote = endpoint({
  method: "PATCH",
  path: `${REMOTES}/:name`,
  summary: "Changes settings of a remote: those that are named; `clear` names the ones to unset",
  request: Type.Object({ ...one, url: Opt(Str()), ...options, clear: Opt(List(Str())) }),
  response: info,
});

export const removeRemote = endpoint({
  method: "DELETE",
  path: `${REMOTES}/:name`,
  summary: "Forgets a remote and what is known of it; objects here and there stay",
  request: Type.Object(one),
  response: Type.Object({}),
});

export const testRemote = post(
  "test",
  "Looks at the remote once: who one is there, and which rights are missing",
  info,
);
export const pauseRemote = post("pause", "Lets the remote rest: nothing is synced by itself", info);
export const resumeRemote = post("resume", "Ends the rest", info);
export const giveToken = endpoint({
  method: "POST",
  path: `${REMOTES}/:name/token`,
  summary: "Gives a token for this run of the host alone: the desktop app keeps it, in the system's keychain",
  request: Type.Object({ ...one, token: Required() }),
  response: Type.Object({}),
});
export const forgetToken = post("forget-token", "Drops the kept token", info);
