/** Bundles: signed archives that carry models and runs where no network goes. Long parts are jobs with a result each. */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Enum, Int, List, Opt, Required, Str } from "../wire.ts";
import { Job } from "./jobs.ts";
import { Nullable, OneOf, OUTPOST_API, Text, Whole } from "./words.ts";

const BUNDLES = `${OUTPOST_API}/bundles`;

/** Where a dropped file's bytes are sent: PUT, with its name behind. */
export const INCOMING_PATH = `${BUNDLES}/incoming`;

/** From where a bundle that was made here is fetched: GET, with its name behind. */
export const MADE_PATH = `${BUNDLES}/made`;

const TrustedBundleKey = Type.Object({ fingerprint: Text(), name: Text() });

export const BundleKeys = Type.Object({
  fingerprint: Text(),
  public_key: Text(), // a line as ssh-keygen writes it
  recipient: Text(), // what others seal bundles for this machine with
  trusted: Type.Array(TrustedBundleKey),
});
export type BundleKeys = Static<typeof BundleKeys>;

export const getBundleKeys = endpoint({
  method: "GET",
  path: `${BUNDLES}/keys`,
  summary: "This workstation's public keys for bundles, and the keys that are trusted here",
  request: Type.Object({}),
  response: BundleKeys,
});

export const trustBundleKey = endpoint({
  method: "POST",
  path: `${BUNDLES}/keys/trust`,
  summary: "Trusts a public key that a person has compared: bundles signed with it are taken in from now on",
  request: Type.Object({ public_key: Required(), name: Opt(Str()) }),
  response: BundleKeys,
});

export const forgetBundleKey = endpoint({
  method: "POST",
  path: `${BUNDLES}/keys/forget`,
  summary: "Trusts a key no longer; what came with it stays",
  request: Type.Object({ fingerprint: Required() }),
  response: BundleKeys,
});

/** `made`: written here. `incoming`: dropped here to be taken in. */
const Place = Enum({ made: 1, incoming: 2 });

export const BundleFile = Type.Object({
  place: OneOf("made", "incoming"),
  name: Text(),
  size: Whole(),
  modified_at: Whole(),
});
export type BundleFile = Static<typeof BundleFile>;

export const listBundles = endpoint({
  method: "GET",
  path: BUNDLES,
  summary: "The bundle files in the data folder, the newest first, and the workstations that sent some",
  request: Type.Object({}),
  response: Type.Object({
    folder: Text(), // where they lie on the server's machine
    files: Type.Array(BundleFile),
    workstations: Type.Array(Type.Object({ name: Text(), known: Whole() })),
  }),
});

export const discardIncoming = endpoint({
  method: "DELETE",
  path: `${INCOMING_PATH}/:name`,
  summary: "Removes a copy of a bundle that was dropped here; what was taken in from it stays",
  request: Type.Object({ name: Required() }),
  response: Type.Object({}),
});

export const discardMade = endpoint({
  method: "DELETE",
  path: `${MADE_PATH}/:name`,
  summary: "Removes a bundle file that was made here; what it carries stays",
  request: Type.Object({ name: Required() }),
  response: Type.Object({}),
});

/** A job, and the word by which its result is asked for when it is done. */
const Started = Type.Object({ ticket: Text(), job: Job });

export const createBundle = endpoint({
  method: "POST",
  path: `${BUNDLES}/create`,
  summary: "Starts to make a signed bundle. The passphrase is kept in memory, for this one job",
  request: Type.Object({
    models: Opt(List(Type.Object({ name: Required(), version: Opt(Str()) }))),
    runs: Opt(List(Required())), // MLflow ids
    experiments: Opt(List(Required())), // names
    all: Opt(Bool()),
    to: Opt(Str()), // a workstation: only what it is not known to have
    class_max: Opt(Str()),
    clear_max: Opt(Str()),
    volume_bytes: Opt(Int()),
    passphrase: Opt(Str()),
    recipient: Opt(Str()),
  }),
  response: Started,
});

export const openBundle = endpoint({
  method: "POST",
  path: `${BUNDLES}/open`,
  summary:
    "Starts to look at a bundle: `verify` checks every byte and who signed it, `plan` compares it with what is here " +
    "(and settles a receipt), `import` takes it in; with `hash` only if that plan still holds",
  request: Type.Object({
    action: Enum({ verify: 1, plan: 2, import: 3 }),
    place: Place,
    name: Required(),
    passphrase: Opt(Str()),
    trust: Opt(Str()), // the fingerprint that a person has compared
    allow_unsigned: Opt(Bool()),
    class_max: Opt(Str()),
    hash: Opt(Str()),
  }),
  response: Started,
});

export const writeBundleReceipt = endpoint({
  method: "POST",
  path: `${BUNDLES}/receipts`,
  summary: "Starts to write a receipt for the bundles of a workstation, to be carried back",
  request: Type.Object({ workstation: Required() }),
  response: Started,
});

const CountsByName = Type.Record(Type.String(), Whole());

export const BundleLabel = Type.Object({
  name: Text(),
  digest: Text(),
  fingerprint: Text(),
  class: Text(),
  created: Text(),
  from: Text(),
  to: Nullable(Text()),
  objects: Whole(),
  counts: CountsByName,
  bytes: Whole(),
  sealed: Type.Boolean(),
  verified: Type.Boolean(), // read back and found whole
  files: Type.Array(Type.Object({ path: Text(), size: Whole() })),
  left_out: Type.Array(Type.Object({ kind: Text(), uid: Text(), label: Text(), reason: Text() })),
  left_out_count: Whole(),
});
export type BundleLabel = Static<typeof BundleLabel>;

export const InspectedBundle = Type.Object({
  name: Text(),
  digest: Text(),
  kind: Text(),
  class: Text(),
  from: Text(),
  to: Nullable(Text()),
  created: Text(),
  counts: CountsByName,
  files: Whole(),
  bytes: Whole(),
  signer: Nullable(Type.Object({ fingerprint: Text(), name: Text(), trusted: Type.Boolean() })),
});
export type InspectedBundle = Static<typeof InspectedBundle>;

export const BundleDifference = Type.Object({
  objects: Whole(),
  new: Whole(),
  changed: Whole(),
  identical: Whole(),
  conflicts: Whole(),
  blocked: Whole(),
  older: Whole(),
  missing_files: Type.Array(Text()),
  missing_count: Whole(),
});
export type BundleDifference = Static<typeof BundleDifference>;

/** What a job came to: the parts that it has; the others are null. */
export const BundleResult = Type.Object({
  what: OneOf("made", "verified", "planned", "imported", "receipt_taken", "receipt_written"),
  label: Nullable(BundleLabel),
  bundle: Nullable(InspectedBundle),
  difference: Nullable(BundleDifference),
  plan: Nullable(Text()), // its hash
  report: Nullable(
    Type.Object({
      peer: Text(),
      pulled: Whole(),
      settled: Whole(),
      conflicts: Whole(),
      blocked: Whole(),
      left: Whole(),
      files: Whole(),
      problems: Type.Array(Text()),
    }),
  ),
  taken: Nullable(Type.Object({ peer: Text(), settled: Whole(), known: Whole(), moved: Whole(), unknown: Whole() })),
  written: Nullable(Type.Object({ name: Text(), path: Text(), digest: Text(), objects: Whole() })),
});
export type BundleResult = Static<typeof BundleResult>;

export const getBundleResult = endpoint({
  method: "GET",
  path: `${BUNDLES}/results/:ticket`,
  summary: "What a job with a bundle came to; the last 20 are kept until the server stops",
  request: Type.Object({ ticket: Required() }),
  response: BundleResult,
});
