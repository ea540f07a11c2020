/** Reading the audit chain. It is written by the journal, with each change. */
import type { Database } from "./database.ts";
import { auditHash, type AuditRow } from "./journal.ts";

/** Outcome of a check: how many rows hold, and the first that does not. */
export interface AuditVerdict {
  readonly rows: number;
  readonly head: string; // hash of the last row that holds
  readonly firstBad: number | undefined; // its seq
}

export type AuditStore = ReturnType<typeof createAuditStore>;

export const createAuditStore = (db: Database) => {
  const all = db.prepare<[], AuditRow>("SELECT * FROM audit ORDER BY seq");
  return {
    /** Recomputes the chain from its first row; a changed, missing or inserted row breaks it. */
    verify: (): AuditVerdict => {
      let head = "";
      let rows = 0;
      for (const { hash, ...row } of all.iterate()) {
        if (row.seq !== rows + 1 || auditHash(head, row) !== hash) return { rows, head, firstBad: row.seq };
        head = hash;
        rows++;
      }
      return { rows, head, firstBad: undefined };
    },
  };
};
