/**
 * Long work on the database that SQLite cannot interrupt. Each chore runs in a child process with its own connection:
 * the host's thread stays free, and a stop can kill it.
 */
import { fork, type ChildProcess } from "node:child_process";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { Diagnostics } from "../../shared/api/outpost/diagnostics.ts";
import { DomainError } from "../../shared/errors.ts";
import { verifyAuditOf, type AuditVerdict } from "../store/audit.ts";
import { pruneBackups, writeBackup, type BackupReason, type Keep, type VerifiedBackup } from "../store/backup.ts";
import { checkFile, type CheckResult } from "../store/check.ts";
import type { DiagnosticsInput } from "./diagnostics/diagnose.ts";
import { entryBeside } from "./entry.ts";
import { fromPlain, toPlain, type PlainError } from "./protocol.ts";

/** Every chore: what goes in and what comes out, as plain data. */
export interface ChoreTable {
  check: { args: { db: string; depth: "quick" | "full" }; result: CheckResult };
  audit: { args: { db: string }; result: AuditVerdict };
  backup: {
    args: { db: string; folder: string; reason: BackupReason; now: number; keep: Keep };
    result: VerifiedBackup & { removed: string[] };
  };
  diagnose: { args: DiagnosticsInput; result: Diagnostics };
}

type ChoreName = keyof ChoreTable;
type Work = {
  [Name in ChoreName]: (
    args: ChoreTable[Name]["args"],
  ) => ChoreTable[Name]["result"] | Promise<ChoreTable[Name]["result"]>;
};

const work: Work = {
  check: ({ db, depth }) => checkFile(db, depth),
  audit: ({ db }) => verifyAuditOf(db),
  backup: ({ db, folder, reason, now, keep }) => ({
    ...writeBackup(db, folder, { reason, now }),
    removed: pruneBackups(folder, keep),
  }),
  diagnose: async (input) => (await import("./diagnostics/diagnose.ts")).diagnose(input),
};

type Order = { [Name in ChoreName]: { readonly name: Name; readonly args: ChoreTable[Name]["args"] } }[ChoreName];
type Outcome = { readonly result: unknown } | { readonly error: PlainError };

const perform = (order: Order): unknown => {
  switch (order.name) {
    case "check":
      return work.check(order.args);
    case "audit":
      return work.audit(order.args);
    case "backup":
      return work.backup(order.args);
    case "diagnose":
      return work.diagnose(order.args);
  }
};

/** The child's side: does what it is told once, answers and ends. */
export const serveChores = (): void => {
  process.umask(0o077);
  const serve = async (order: Order): Promise<void> => {
    let outcome: Outcome;
    try {
      outcome = { result: await perform(order) };
    } catch (error) {
      outcome = { error: toPlain(error) };
    }
    process.send?.(outcome, undefined, undefined, () => process.disconnect());
  };
  process.once("message", (order: Order) => void serve(order));
};

export type Chores = ReturnType<typeof createChores>;

/** Below everything a person waits for. */
const PRIORITY = 10;

export const createChores = (entry: URL = entryBeside(import.meta.url, "reader")) => {
  const children = new Set<ChildProcess>();

  /**
   * Runs one chore to its end.
   * @throws DomainError what the chore threw; `unavailable` when it took longer than `timeoutMs` or was stopped.
   */
  const run = <Name extends ChoreName>(
    name: Name,
    args: ChoreTable[Name]["args"],
    timeoutMs?: number,
  ): Promise<ChoreTable[Name]["result"]> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(entry), [], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
      children.add(child);
      if (child.pid !== undefined) setPriority(child.pid, PRIORITY);
      let stopped: string | undefined;
      const stop = (): void => {
        stopped = `The ${name} did not end within ${timeoutMs} ms`;
        child.kill("SIGKILL");
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
      child.once("message", (outcome: Outcome) => {
        if ("error" in outcome) reject(fromPlain(outcome.error));
        else resolve(outcome.result as ChoreTable[Name]["result"]);
      });
      child.once("error", reject);
      child.once("exit", () => {
        clearTimeout(timer);
        children.delete(child);
        reject(new DomainError("unavailable", stopped ?? `The ${name} was stopped before its end`));
      });
      child.send({ name, args });
    });

  /** Kills what runs: nothing is lost, a chore only reads, or writes a file that has no name yet. */
  const close = (): void => {
    for (const child of children) child.kill("SIGKILL");
  };

  return { run, close };
};
