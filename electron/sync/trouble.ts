/** What a failure means for a sync: for all of it, for one object, or only for now. The one table of it. */
import { DomainError, type ErrorKind } from "../../shared/errors.ts";
import type { SyncState } from "../../shared/sync/state.ts";
import { RemoteError, type RemoteTrouble } from "../remote/errors.ts";
import type { SyncOutcome } from "./report.ts";

/**
 * - `stop`: the sync ends here, no attempt is spent
 * - `object`: this object is in that state until something changes; others go on
 * - `later`: tried again after a while, a bounded number of times
 */
export type Verdict =
  | { readonly of: "stop"; readonly outcome: SyncOutcome; readonly reason: string }
  | { readonly of: "object"; readonly state: SyncState; readonly reason: string }
  | { readonly of: "later"; readonly reason: string };

/** Calls of one effect that an hour may see. */
export const CALLS_PER_HOUR = 12;

/** An effect that was looked for and sent as often as it may be: the next try is an hour away. */
export class Exhausted extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Exhausted";
  }
}

/** An object that cannot be dealt with, for a reason that a person can act upon. */
export class ObjectProblem extends Error {
  readonly state: SyncState;
  constructor(state: SyncState, message: string) {
    super(message);
    this.name = "ObjectProblem";
    this.state = state;
  }
}

type Meaning = readonly ["stop", SyncOutcome] | readonly ["object", SyncState] | readonly ["later"];

const remoteMeanings: Readonly<Record<RemoteTrouble, Meaning>> = {
  offline: ["stop", "offline"],
  captive: ["stop", "offline"],
  insecure: ["stop", "failed"],
  auth: ["stop", "auth_needed"],
  cancelled: ["stop", "cancelled"],
  forbidden: ["object", "forbidden"],
  gone: ["later"], // two full scans say whether it is; one answer does not
  invalid: ["object", "blocked"],
  exists: ["object", "blocked"],
  too_large: ["object", "blocked"],
  corrupt: ["object", "blocked"],
  rate_limited: ["later"],
  unavailable: ["later"],
  garbled: ["later"],
};

const domainMeanings: Readonly<Partial<Record<ErrorKind, Meaning>>> = {
  invalid: ["object", "blocked"],
  already_exists: ["object", "blocked"],
  not_found: ["object", "blocked"],
  corrupt: ["object", "blocked"],
  denied: ["object", "blocked"],
  conflict: ["later"], // it moved meanwhile: the next plan sees it
  exhausted: ["stop", "failed"], // a full disk: nothing can be kept
};

const spell = (meaning: Meaning, reason: string): Verdict => {
  switch (meaning[0]) {
    case "stop":
      return { of: "stop", outcome: meaning[1], reason };
    case "object":
      return { of: "object", state: meaning[1], reason };
    default:
      return { of: "later", reason };
  }
};

/** Undefined for what nobody expected: a bug, which is thrown on. */
export const judge = (error: unknown): Verdict | undefined => {
  if (error instanceof RemoteError) return spell(remoteMeanings[error.trouble], error.message);
  if (error instanceof ObjectProblem) return { of: "object", state: error.state, reason: error.message };
  if (error instanceof Exhausted) return { of: "later", reason: error.message };
  const meaning = error instanceof DomainError ? domainMeanings[error.kind] : undefined;
  return meaning && error instanceof DomainError ? spell(meaning, error.message) : undefined;
};

const MINUTE = 60_000;

/** How long an object rests after its `attempts`-th failure in a row, ms. */
export const restAfter = (attempts: number, error: unknown): number =>
  error instanceof Exhausted ? 60 * MINUTE : Math.min(60, 5 * 3 ** Math.min(attempts, 3)) * MINUTE;
