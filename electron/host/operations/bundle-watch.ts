/** Bundle operations under way: whoever began one, by a ticket of its own making, asks how far it is and may stop it. */
import { Type } from "typebox";
import { Required } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import { operation } from "../operation.ts";
import { steeringOf } from "../sync/bundle-jobs.ts";
import type { Steering } from "../sync/bundles.ts";

export interface Watched {
  /** What it is at; null before it has begun, and after its end. */
  readonly line: string | null;
  readonly done: number; // bytes
  readonly total: number | null;
}

interface UnderWay {
  readonly stop: AbortController;
  at: Watched;
}

/** By a ticket; a ticket that was stopped before its operation came is kept for it. */
const underWay = new Map<string, UnderWay>();
const MOST = 100;

const entryOf = (ticket: string): UnderWay => {
  const known = underWay.get(ticket) ?? { stop: new AbortController(), at: { line: null, done: 0, total: null } };
  underWay.set(ticket, known);
  for (const oldest of underWay.keys()) if (underWay.size > MOST) underWay.delete(oldest);
  return known;
};

/**
 * Runs `work` under the ticket, if there is one.
 * @throws DomainError `conflict` when it was stopped; what `work` throws
 */
export const underTicket = async <T>(
  ticket: string | undefined,
  work: (steering: Steering | undefined) => Promise<T>,
): Promise<T> => {
  if (ticket === undefined) return work(undefined);
  const entry = entryOf(ticket);
  const { signal } = entry.stop;
  const steering = steeringOf({
    signal,
    turn: () => Promise.resolve(signal.throwIfAborted()),
    log: (line) => {
      entry.at = { line, done: 0, total: null };
    },
    progress: (done, total) => {
      entry.at = { ...entry.at, done, total: total === undefined ? entry.at.total : total };
    },
  });
  try {
    signal.throwIfAborted();
    return await work(steering);
  } catch (error) {
    throw signal.aborted ? new DomainError("conflict", "It was cancelled", { cause: error }) : error;
  } finally {
    underWay.delete(ticket);
  }
};

const Ticket = Type.Object({ ticket: Required() });

export const watchBundle = operation({
  name: "bundle-watch",
  summary: "How far an operation on a bundle is",
  request: Ticket,
  run: (_session, { ticket }): Watched => underWay.get(ticket)?.at ?? { line: null, done: 0, total: null },
});

export const stopBundle = operation({
  name: "bundle-stop",
  summary: "Stops an operation on a bundle; nothing half done is left",
  request: Ticket,
  run: (_session, { ticket }) => {
    entryOf(ticket).stop.abort();
    return {};
  },
});
