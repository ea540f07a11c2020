import type { RemoteInfo } from "../../shared/api/outpost/remotes.ts";
import { standingOf, type Tone } from "./words.ts";

const RANK: Readonly<Record<Tone, number>> = { bad: 4, warn: 3, busy: 2, quiet: 1, good: 0 };

/** The remote that needs a person most; of equals the first. */
export const worstOf = (remotes: readonly RemoteInfo[]): RemoteInfo | undefined =>
  remotes.toSorted((a, b) => RANK[standingOf(b).tone] - RANK[standingOf(a).tone])[0];

/** Remotes that wait for a person: a conflict, a token, a first plan, a problem. */
export const needing = (remotes: readonly RemoteInfo[]): readonly RemoteInfo[] =>
  remotes.filter((remote) => {
    const { action } = standingOf(remote);
    return action === "conflicts" || action === "token" || action === "open_plan" || action === "test";
  });
