/** Making and opening bundles as jobs. A row holds what was asked for and never a secret; what came of it is kept in memory. */
import { Type } from "typebox";
import type { BundleResult } from "../../../shared/api/outpost/bundles.ts";
import { Bool, Enum, Int, List, Opt, Required, Str } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import { defineJob, JobCancelled, type JobContext, type JobKind, type JobResult } from "../../domain/jobs/job.ts";
import type { Bundles, Imported, Label, Steering } from "./bundles.ts";
import type { Incoming } from "./incoming.ts";

export const CREATE_JOB = "bundle-create";
export const OPEN_JOB = "bundle-open";
export const RECEIPT_JOB = "bundle-receipt";

export interface BundleJobDeps {
  readonly bundles: Bundles;
  readonly incoming: Incoming;
  /** Gives the passphrase out once. @throws DomainError `invalid` when it is gone. */
  readonly takeSecret: (ticket: string) => string;
  readonly onResult: (ticket: string, result: BundleResult) => void;
}

const Common = { ticket: Required(), actor: Required(), sealed: Bool() };
const SURFACE = "job";

const CreateInput = Type.Object({
  ...Common,
  models: List(Type.Object({ name: Required(), version: Opt(Str()) })),
  runs: List(Required()),
  experiments: List(Required()),
  all: Bool(),
  to: Opt(Str()),
  class_max: Opt(Str()),
  clear_max: Opt(Str()),
  volume_bytes: Opt(Int()),
  recipient: Opt(Str()),
});

const OpenInput = Type.Object({
  ...Common,
  action: Enum({ verify: 1, plan: 2, import: 3 }),
  place: Enum({ made: 1, incoming: 2 }),
  name: Required(),
  trust: Opt(Str()),
  allow_unsigned: Bool(),
  class_max: Opt(Str()),
  hash: Opt(Str()),
});

const ReceiptInput = Type.Object({ ...Common, workstation: Required() });

const NOTHING: Omit<BundleResult, "what"> = {
  label: null,
  bundle: null,
  difference: null,
  plan: null,
  report: null,
  taken: null,
  written: null,
};

/** A job that was cancelled ends as cancelled, whatever the abort looked like where it was met. */
const cancellable = async <T>({ signal }: JobContext, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? new JobCancelled() : error;
  }
};

const PHASES: Readonly<Record<string, string>> = {
  choose: "Choosing what goes in",
  write: "Writing",
  verify: "Reading back what was written",
  scan: "Reading what is inside",
  plan: "Comparing with what is here",
  pull: "Taking in",
  files: "Taking in files",
};

/** Tells phases in words as they begin, and bytes. */
export const steeringOf = (context: Pick<JobContext, "signal" | "turn" | "log" | "progress">): Steering => {
  let phase: string | undefined;
  const enter = (next: string): void => {
    if (next !== phase && PHASES[next] !== undefined) context.log(PHASES[next]);
    phase = next;
  };
  return {
    signal: context.signal,
    turn: context.turn,
    onExport: ({ phase: now, bytes, totalBytes }) => {
      enter(now);
      context.progress(bytes, totalBytes);
    },
    onVerify: (bytes, total) => {
      if (phase === undefined) context.log("Checking every byte");
      phase ??= "check";
      context.progress(bytes, total);
    },
    onImport: ({ phase: now }) => enter(now),
  };
};

const labelled = (label: Label): BundleResult => {
  const { id: _id, ...rest } = label;
  const files = label.files.map((file) => ({ ...file }));
  const left_out = label.left_out.map((one) => ({ ...one }));
  return { ...NOTHING, what: "made", label: { ...rest, counts: { ...label.counts }, files, left_out } };
};

const ofBundle = (bundle: Awaited<ReturnType<Bundles["verify"]>>): NonNullable<BundleResult["bundle"]> => ({
  ...bundle,
  counts: { ...bundle.counts },
});

const ofDifference = (difference: Extract<Imported, { state: "waiting" }>["difference"]) => ({
  ...difference,
  missing_files: [...difference.missing_files],
});

const taken = (done: Imported): BundleResult => {
  const bundle = ofBundle(done.bundle);
  if (done.state === "receipt") return { ...NOTHING, what: "receipt_taken", bundle, taken: { ...done.receipt } };
  if (done.state === "waiting")
    return { ...NOTHING, what: "planned", bundle, difference: ofDifference(done.difference), plan: done.plan };
  const { difference, ...report } = done.report;
  return {
    ...NOTHING,
    what: "imported",
    bundle,
    difference: ofDifference(difference),
    report: { ...report, problems: [...report.problems] },
  };
};

/** Its text is what was done and the name of the bundle; the page has words for the former. */
const summaryOf = ({ what, label, bundle, difference, report, taken: receipt, written }: BundleResult): JobResult => {
  const facts = label
    ? { objects: label.objects }
    : report
      ? { pulled: report.pulled, files: report.files, conflicts: report.conflicts }
      : difference
        ? { new: difference.new, changed: difference.changed, conflicts: difference.conflicts }
        : receipt
          ? { settled: receipt.settled, moved: receipt.moved }
          : {};
  const problems = (report?.problems ?? []).map((why) => ({ what: bundle?.name ?? "", why }));
  return {
    href: "#/sync/bundles",
    text: `${what.replace("_", " ")}: ${label?.name ?? bundle?.name ?? written?.name ?? ""}`,
    facts,
    problems,
  };
};

/** The kinds of jobs with bundles. None can pause: an archive is read and written in one go. */
export const createBundleJobs = ({ bundles, incoming, takeSecret, onResult }: BundleJobDeps): readonly JobKind[] => {
  const secretOf = ({ sealed, ticket }: { readonly sealed: boolean; readonly ticket: string }) =>
    sealed ? takeSecret(ticket) : undefined;
  const end = (ticket: string, result: BundleResult): JobResult => {
    onResult(ticket, result);
    return summaryOf(result);
  };

  const create = defineJob({
    kind: CREATE_JOB,
    input: CreateInput,
    unit: "bytes",
    canPause: false,
    title: ({ to }) => (to === undefined ? "Bundle" : `Bundle for ${to}`),
    subject: ({ to }) => to ?? "",
    run: (context, input) =>
      cancellable(context, async () => {
        const passphrase = secretOf(input);
        const { models, runs, experiments, all, volume_bytes } = input;
        const label = await bundles.create(
          {
            selection: { models, runs, experiments, all },
            to: input.to,
            classMax: input.class_max,
            clearMax: input.clear_max,
            volumeBytes: volume_bytes === undefined ? undefined : Number(volume_bytes),
            passphrase,
            recipient: input.recipient,
          },
          { actor: input.actor, surface: SURFACE },
          steeringOf(context),
        );
        return end(input.ticket, labelled(label));
      }),
  });

  const open = defineJob({
    kind: OPEN_JOB,
    input: OpenInput,
    unit: "bytes",
    canPause: false,
    title: ({ action, name }) => `${{ verify: "Check", plan: "Compare", import: "Import" }[action]} ${name}`,
    subject: ({ action, name }) => `${action} ${name}`, // the page has words for the action
    run: (context, input) =>
      cancellable(context, async () => {
        const { action, place, name, trust, allow_unsigned, class_max, hash, ticket } = input;
        const passphrase = secretOf(input);
        const opening = { path: incoming.pathOf(place, name), passphrase, allowUnsigned: allow_unsigned };
        const steering = steeringOf(context);
        if (action === "verify") {
          const bundle = ofBundle(await bundles.verify(opening, steering));
          return end(ticket, { ...NOTHING, what: "verified", bundle });
        }
        const wanted = { ...opening, yes: action === "import", trust, classMax: class_max, hash };
        return end(ticket, taken(await bundles.take(wanted, { actor: input.actor, surface: SURFACE }, steering)));
      }),
  });

  const receipt = defineJob({
    kind: RECEIPT_JOB,
    input: ReceiptInput,
    canPause: false,
    title: ({ workstation }) => `Receipt for ${workstation}`,
    subject: ({ workstation }) => workstation,
    run: (context, { ticket, workstation }) =>
      cancellable(context, async () => {
        const { name, path, digest, objects } = await bundles.receipt(workstation, undefined, steeringOf(context));
        return end(ticket, { ...NOTHING, what: "receipt_written", written: { name, path, digest, objects } });
      }),
  });

  return [create, open, receipt];
};

/** Passphrases on their way from a request to its job, and what jobs came to. Both are gone with the process. */
export const createTickets = (newId: () => string) => {
  const KEPT = 20;
  const secrets = new Map<string, string>();
  const results = new Map<string, BundleResult>();
  return {
    /** A new ticket, with the secret if there is one. */
    issue: (secret: string | undefined): string => {
      const ticket = newId();
      if (secret !== undefined) secrets.set(ticket, secret);
      return ticket;
    },
    take: (ticket: string): string => {
      const secret = secrets.get(ticket);
      secrets.delete(ticket);
      if (secret !== undefined) return secret;
      throw new DomainError("invalid", "The passphrase of this job is not kept: begin anew, and give it again");
    },
    drop: (ticket: string): void => void secrets.delete(ticket),
    keep: (ticket: string, result: BundleResult): void => {
      results.delete(ticket);
      results.set(ticket, result);
      for (const oldest of results.keys()) if (results.size > KEPT) results.delete(oldest);
    },
    result: (ticket: string): BundleResult => {
      const found = results.get(ticket);
      if (found) return found;
      throw new DomainError(
        "not_found",
        `No result '${ticket.slice(0, 40)}': its job is not done, or the server was restarted`,
      );
    },
  };
};
