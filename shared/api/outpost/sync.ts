/** Syncing: plans, their application, the states of objects, conflicts, history and the ledger of network calls. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Enum, Int32, List, Opt, Required, Str } from "../wire.ts";
import { Job } from "./jobs.ts";
import { SyncRun, SyncStateWord } from "./remotes.ts";
import { Nullable, OneOf, OUTPOST_API, Text, Whole } from "./words.ts";

const SYNC = `${OUTPOST_API}/sync`;
const What = Enum({ push: 1, pull: 2, both: 3 });
const KindWord = OneOf("experiment", "run", "registered_model", "model_version");

export const PlanCounts = Type.Object({ fields: Whole(), points: Whole(), files: Whole(), bytes: Whole() });
const SideTotals = Type.Object({ ...PlanCounts.properties, objects: Whole() });

export const SyncPlan = Type.Object({
  hash: Text(),
  remote: Text(),
  what: Text(),
  made_at: Whole(),
  first_contact: Type.Boolean(),
  state: OneOf("open", "applied", "stale"),
  totals: Type.Object({
    items: Whole(),
    push: SideTotals,
    pull: SideTotals,
    conflicts: Whole(),
    excluded: Whole(),
    blocked: Whole(),
    gone: Whole(),
  }),
});
export type SyncPlan = Static<typeof SyncPlan>;

export const SyncPlanItem = Type.Object({
  seq: Whole(),
  direction: OneOf("push", "pull", "none"),
  action: OneOf("create", "update", "link", "remove", "download", "settle", "conflict", "exclude", "block", "gone"),
  kind: KindWord,
  label: Text(),
  href: Nullable(Text()), // its page here
  counts: PlanCounts,
  reason: Text(),
  reversible: Type.Boolean(),
  losses: Type.Array(Text()), // what the other side cannot hold, and where it goes
  outcome: Nullable(Text()), // done, failed, skipped; null: not applied yet
  detail: Nullable(Text()),
});
export type SyncPlanItem = Static<typeof SyncPlanItem>;

export const makePlan = endpoint({
  method: "POST",
  path: `${SYNC}/plans`,
  summary: "Starts to make a plan: what would be sent and fetched. Nothing is written on either side",
  request: Type.Object({ remote: Required(), what: Opt(What), full: Opt(Bool()) }),
  response: Job,
});

export const getPlan = endpoint({
  method: "GET",
  path: `${SYNC}/plans/:hash`,
  summary: "A plan's totals",
  request: Type.Object({ hash: Required() }),
  response: SyncPlan,
});

export const listPlanItems = endpoint({
  method: "GET",
  path: `${SYNC}/plans/:hash/items`,
  summary: "The items of a plan in their order",
  request: Type.Object({
    hash: Required(),
    show: Opt(Enum({ all: 1, push: 2, pull: 3, attention: 4 })), // attention: conflicts, excluded, blocked, gone, losses
    after: Opt(Int32()),
    max_results: Opt(Int32()),
  }),
  response: Type.Object({ items: Type.Array(SyncPlanItem), next: Nullable(Whole()) }),
});

export const startSync = endpoint({
  method: "POST",
  path: `${SYNC}/start`,
  summary: "Starts a sync. With `hash` exactly that plan; on first contact only with a hash, or with `accept`",
  request: Type.Object({
    remote: Required(),
    what: Opt(What),
    hash: Opt(Str()),
    accept: Opt(Bool()),
    full: Opt(Bool()),
  }),
  response: Job,
});

export const SyncObject = Type.Object({
  remote: Text(),
  kind: KindWord,
  uid: Text(),
  label: Text(),
  href: Nullable(Text()), // its page here
  web_url: Nullable(Text()), // its page there
  state: SyncStateWord,
  reason: Nullable(Text()),
  pinned: Type.Boolean(),
  files_missing: Whole(), // files whose bytes are not here
});
export type SyncObject = Static<typeof SyncObject>;

export const listSyncObjects = endpoint({
  method: "GET",
  path: `${SYNC}/objects`,
  summary: "Objects in one state towards a remote",
  request: Type.Object({
    remote: Required(),
    state: Required(),
    max_results: Opt(Int32()),
    page_token: Opt(Str()),
  }),
  response: Type.Object({ objects: Type.Array(SyncObject), next_page_token: Type.Optional(Text()) }),
});

/** One word for all remotes: the one that needs a person most. `ahead`: changed here since it was last settled. */
export const SyncBadge = Type.Object({
  id: Text(), // as asked for
  badge: OneOf(
    "none",
    "local",
    "queued",
    "pushing",
    "in_sync",
    "ahead",
    "behind",
    "conflict",
    "remote_only",
    "blocked",
  ),
  remote: Nullable(Text()),
  reason: Nullable(Text()),
  ahead: Whole(), // objects in it, itself among them, that changed here; 0 also where they are too many to count
  files_missing: Whole(), // files of a run or a version whose bytes are on that remote only
  bytes_missing: Whole(),
});
export type SyncBadge = Static<typeof SyncBadge>;

export const syncBadges = endpoint({
  method: "POST",
  path: `${SYNC}/badges`,
  summary: "Sync badges of objects: run ids, experiment ids, names of models, `name/version` of versions. At most 200",
  request: Type.Object({
    kind: Enum({ experiment: 1, run: 2, registered_model: 3, model_version: 4 }),
    ids: List(Str()),
  }),
  response: Type.Object({ badges: Type.Array(SyncBadge) }),
});

export const SyncConflict = Type.Object({
  id: Whole(),
  remote: Text(),
  kind: KindWord,
  uid: Text(),
  label: Text(),
  href: Nullable(Text()),
  web_url: Nullable(Text()),
  field: Text(), // description, tag/<key>, param/<key>, semver …
  base: Nullable(Text()),
  local: Nullable(Text()),
  remote_value: Nullable(Text()),
  found_at: Whole(),
  /** What can be done: local, remote, merged, skip, and for a version's number next_patch, pre_release. */
  choices: Type.Array(Text()),
  numbers: Type.Array(Type.Object({ choice: Text(), number: Text() })), // what a version's number would become
});
export type SyncConflict = Static<typeof SyncConflict>;

export const listConflicts = endpoint({
  method: "GET",
  path: `${SYNC}/conflicts`,
  summary: "Open conflicts: both sides changed the same field",
  request: Type.Object({ remote: Opt(Str()) }),
  response: Type.Object({ conflicts: Type.Array(SyncConflict) }),
});

export const resolveConflict = endpoint({
  method: "POST",
  path: `${SYNC}/conflicts/:id/resolve`,
  summary: "Settles a conflict; the next sync carries it out. `value` is the text of a merge",
  request: Type.Object({ id: Int32(), take: Required(), value: Opt(Str()) }),
  response: Type.Object({}),
});

export const listSyncRuns = endpoint({
  method: "GET",
  path: `${SYNC}/history`,
  summary: "Past syncs, the newest first",
  request: Type.Object({ remote: Opt(Str()), before: Opt(Int32()), max_results: Opt(Int32()) }),
  response: Type.Object({ runs: Type.Array(SyncRun), next: Nullable(Whole()) }),
});

export const wantFiles = endpoint({
  method: "POST",
  path: `${SYNC}/files`,
  summary: "Keeps the files of a pulled object here (they come with the next pull), or lets go of the wish",
  request: Type.Object({
    kind: Enum({ run: 2, model_version: 4 }),
    id: Required(), // a run id, `name/version`
    wanted: Bool(),
  }),
  response: Type.Object({ files: Whole(), bytes: Whole() }),
});

export const consentRemoval = endpoint({
  method: "POST",
  path: `${SYNC}/removals`,
  summary: "Agrees that an object that lies in the trash here is deleted on the remote too, with the next push",
  request: Type.Object({ remote: Required(), kind: Required(), uid: Required(), name: Required() }),
  response: Type.Object({}),
});

export const Removal = Type.Object({
  kind: KindWord,
  uid: Text(),
  label: Text(), // what `name` has to be to agree
  files: Whole(),
  bytes: Whole(),
  agreed: Type.Boolean(), // deleted there with the next push
});
export type Removal = Static<typeof Removal>;

export const listRemovals = endpoint({
  method: "GET",
  path: `${SYNC}/removals`,
  summary: "What lies in the trash here and is still on the remote; the first 500",
  request: Type.Object({ remote: Required() }),
  response: Type.Object({ removals: Type.Array(Removal), more: Type.Boolean() }),
});

export const withdrawRemoval = endpoint({
  method: "POST",
  path: `${SYNC}/removals/withdraw`,
  summary: "Takes an agreement back: what was not deleted there yet stays",
  request: Type.Object({ remote: Required(), kind: Required(), uid: Required() }),
  response: Type.Object({}),
});

export const NetworkCall = Type.Object({
  id: Whole(),
  at: Whole(),
  remote: Nullable(Text()),
  purpose: Text(),
  method: Text(),
  url: Text(),
  status: Nullable(Whole()),
  trouble: Nullable(Text()),
  sent: Whole(), // bytes
  received: Whole(),
  took_ms: Whole(),
});
export type NetworkCall = Static<typeof NetworkCall>;

export const listNetworkCalls = endpoint({
  method: "GET",
  path: `${SYNC}/network`,
  summary: "Every call that this app made to another machine, the newest first; the last 10,000 are kept",
  request: Type.Object({ remote: Opt(Str()), before: Opt(Int32()), max_results: Opt(Int32()) }),
  response: Type.Object({ calls: Type.Array(NetworkCall), next: Nullable(Whole()) }),
});
