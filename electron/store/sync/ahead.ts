/** Puts an object among those to compare although nothing marked it: a state that is not settled wants another look. */
import type { Database } from "../database.ts";
import { rankOf } from "./ranks.ts";
import type { Ref } from "./sync-store.ts";

export type Ahead = ReturnType<typeof createAhead>;

export const createAhead = (db: Database) => {
  const put = db.prepare<[number, number, string]>(
    "INSERT INTO sync_ahead (remote, rank, uid, rev) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING",
  );
  const settle = db.prepare<[number, number, string, number]>(
    "DELETE FROM sync_ahead WHERE remote = ? AND rank = ? AND uid = ? AND rev <= ?",
  );
  return {
    put: (remote: number, { kind, uid }: Ref): void => void put.run(remote, rankOf(kind), uid),
    /** Takes it away unless it changed after `rev`. */
    settle: (remote: number, { kind, uid }: Ref, rev: number): void => void settle.run(remote, rankOf(kind), uid, rev),
  };
};
