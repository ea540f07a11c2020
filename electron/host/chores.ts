/**
 * Long work on the database that SQLite cannot interrupt. Each chore runs beside the host with a connection of its own:
 * the host's thread stays free, and a stop need not wait.
 */
import { parentPort } from "node:worker_threads";
import type { Diagnostics } from "../../shared/api/outpost/diagnostics.ts";
import { DomainError } from "../../shared/errors.ts";
import { verifyAuditOf, type AuditVerdict } from "../store/audit.ts";
import { pruneBackups, writeBackup, type BackupReason, type Keep, type VerifiedBackup } from "../store/backup.ts";
import { checkFile, type CheckResult } from "../store/check.ts";
import { loadSqlite } from "../store/database.ts";
import type { DiagnosticsInput } from "./diagnostics/diagnose.ts";
import { entryBeside } from "./entry.ts";
import { startHelper, type Helper } from "./helper.ts";
import { fromPlain, LOADED, toPlain, type PlainError } from "./protocol.ts";

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

const answerTo = async (order: Order): Promise<Outcome> => {
  try {
    return { result: await perform(order) };
  } catch (error) {
    return { error: toPlain(error) };
  }
};

/** The side of a child process: does what it is told once, answers and ends. */
export const serveChores = (): void => {
  process.umask(0o077);
  process.once("message", (order: Order) => {
    void answerTo(order).then((outcome) => process.send?.(outcome, undefined, undefined, () => process.disconnect()));
  });
};

/** The same as a thread, whose umask is the process's. */
export const serveChoresInThread = (): void => {
  parentPort?.once("message", (order: Order) => {
    void answerTo(order).then((outcome) => parentPort?.postMessage(outcome));
  });
  loadSqlite();
  parentPort?.postMessage(LOADED);
};

export type Chores = ReturnType<typeof createChores>;

/** `inThread`: not in a child process, as it is in the desktop app. */
export const createChores = (entry: URL = entryBeside(import.meta.url, "reader"), inThread?: boolean) => {
  const helpers = new Set<Helper>();

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
      let stopped: string | undefined;
      const onAnswer = (answer: unknown): void => {
        const outcome = answer as Outcome; // of this very file, on the other side
        if ("error" in outcome) reject(fromPlain(outcome.error));
        else resolve(outcome.result as ChoreTable[Name]["result"]);
      };
      const onEnd = (): void => {
        clearTimeout(timer);
        helpers.delete(helper);
        reject(new DomainError("unavailable", stopped ?? `The ${name} was stopped before its end`));
      };
      const helper = startHelper(entry, { onAnswer, onError: reject, onEnd }, inThread);
      helpers.add(helper);
      const stop = (): void => {
        stopped = `The ${name} did not end within ${timeoutMs} ms`;
        helper.kill();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
      helper.ask({ name, args });
    });

  /** Stops what runs: nothing is lost, a chore only reads, or writes a file that has no name yet. */
  const close = (): void => {
    for (const helper of helpers) helper.kill();
  };

  return { run, close };
};
