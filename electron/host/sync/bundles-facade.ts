/** Bundles as the routes are given them: keys, files, and jobs that make and open them. */
import { randomBytes } from "node:crypto";
import type { BundlesFacade } from "../../api/outpost/bundles.ts";
import type { Caller } from "../../api/route.ts";
import { DomainError } from "../../../shared/errors.ts";
import { classifications } from "../../../shared/sync/state.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import { createBundleJobs, createTickets, CREATE_JOB, OPEN_JOB, RECEIPT_JOB } from "./bundle-jobs.ts";
import type { Bundles } from "./bundles.ts";
import { assertKnown } from "./facade.ts";
import type { Incoming } from "./incoming.ts";

export interface BundlesFacadeDeps {
  readonly bundles: Bundles;
  readonly incoming: Incoming;
  readonly jobs: Jobs;
}

/** A ceiling that is misspelt must not count as none. */
const assertClass = (field: string, value: string | undefined): void => {
  if (value !== undefined && !classifications.some((one) => one === value))
    throw new DomainError(
      "invalid",
      `Invalid value '${value.slice(0, 60)}' for '${field}': it must be one of ${classifications.join(", ")}`,
    );
};

const assertPassphrase = (passphrase: string | undefined): void => {
  if (passphrase?.trim() === "")
    throw new DomainError(
      "invalid",
      "The passphrase is blank: give one, or leave it out for a bundle that is not sealed",
    );
};

export const createBundlesFacade = ({ bundles, incoming, jobs }: BundlesFacadeDeps): BundlesFacade => {
  const tickets = createTickets(() => randomBytes(16).toString("hex"));
  const made = createBundleJobs({ bundles, incoming, takeSecret: tickets.take, onResult: tickets.keep });
  for (const kind of made) jobs.register(kind);

  /** The one way by which a passphrase comes to a job: beside its row, not in it. */
  const start = async (kind: string, input: object, caller: Caller, passphrase?: string) => {
    const ticket = tickets.issue(passphrase);
    try {
      const row = { ...input, ticket, sealed: passphrase !== undefined, actor: caller.actor };
      return { ticket, job: await jobs.start(kind, row, caller) };
    } catch (error) {
      tickets.drop(ticket);
      throw error;
    }
  };
  const keys = () => {
    const { trusted, ...own } = bundles.keys();
    return { ...own, trusted: trusted.map(({ fingerprint, name }) => ({ fingerprint, name })) };
  };
  const known = (caller: Caller): void => assertKnown(caller, "Bundles");

  return {
    getBundleKeys: keys,
    trustBundleKey: async ({ public_key, name }, caller) => {
      known(caller);
      await bundles.trust(public_key, name ?? public_key.trim().split(" ").slice(2).join(" "), caller);
      return keys();
    },
    forgetBundleKey: async ({ fingerprint }, caller) => {
      known(caller);
      await bundles.forget(fingerprint, caller);
      return keys();
    },
    listBundles: () => ({
      folder: bundles.folder,
      files: incoming.list(),
      workstations: bundles.peers().map((peer) => ({ ...peer })),
    }),
    discardIncoming: async ({ name }, caller) => {
      known(caller);
      await incoming.discard("incoming", name);
      return {};
    },
    discardMade: async ({ name }, caller) => {
      known(caller);
      await incoming.discard("made", name);
      return {};
    },
    read: (name, caller) => {
      known(caller);
      return incoming.read("made", name);
    },
    receive: async (name, body, size, caller) => {
      known(caller);
      return incoming.receive(name, body, size);
    },
    createBundle: async (asked, caller) => {
      known(caller);
      const { passphrase, models = [], runs = [], experiments = [], all = false, volume_bytes, ...rest } = asked;
      assertPassphrase(passphrase);
      assertClass("class_max", rest.class_max);
      assertClass("clear_max", rest.clear_max);
      if (models.length + runs.length + experiments.length === 0 && !all && rest.to === undefined)
        throw new DomainError("invalid", "Name what to carry in models, runs or experiments, or give all or to");
      if (passphrase !== undefined && rest.recipient !== undefined)
        throw new DomainError("invalid", "A bundle is sealed with a passphrase or for a recipient, not both");
      const volume = volume_bytes === undefined ? {} : { volume_bytes: Number(volume_bytes) };
      return start(CREATE_JOB, { ...rest, models, runs, experiments, all, ...volume }, caller, passphrase);
    },
    openBundle: async ({ passphrase, allow_unsigned = false, ...asked }, caller) => {
      known(caller);
      assertPassphrase(passphrase);
      assertClass("class_max", asked.class_max);
      incoming.pathOf(asked.place, asked.name); // told at once, not by a job that fails
      return start(OPEN_JOB, { ...asked, allow_unsigned }, caller, passphrase);
    },
    writeBundleReceipt: async ({ workstation }, caller) => {
      known(caller);
      return start(RECEIPT_JOB, { workstation }, caller);
    },
    getBundleResult: ({ ticket }) => tickets.result(ticket),
  };
};
