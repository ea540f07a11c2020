/** Reading the audit chain. It is written by the journal, with each change. */
import { openPassing, type Database } from "./database.ts";
import { auditHash, type AuditRow } from "./journal.ts";

/** Outcome of a check: how many rows hold, and the first that does not. */
export interface AuditVerdict {
  readonly rows: number;
  readonly firstBad: number | undefined; // its seq
}

/** Recomputes the chain from its first row; a changed, missing or inserted row breaks it. */
export const verifyAudit = (db: Database): AuditVerdict => {
  let head = "";
  let rows = 0;
  for (const { hash, ...row } of db.prepare<[], AuditRow>("SELECT * FROM audit ORDER BY seq").iterate()) {
    if (row.seq !== rows + 1 || auditHash(head, row) !== hash) return { rows, firstBad: row.seq };
    head = hash;
    rows++;
  }
  return { rows, firstBad: undefined };
};

/** The same over the file at `path`, with a read-only connection of its own. */
export const verifyAuditOf = (path: string): AuditVerdict => {
  const db = openPassing(path);
  try {
    return verifyAudit(db);
  } finally {
    db.close();
  }
};
