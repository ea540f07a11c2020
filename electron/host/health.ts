/**
 * Watches over the store while it is served: the check that is still owed after the start, the daily backup, free space,
 * and the failures after which nothing more may be written.
 */
import { rmSync, writeFileSync } from "node:fs";
import { DomainError } from "../../shared/errors.ts";
import { isNoRoom } from "../../shared/no-room.ts";
import { listBackups, type BackupReason, type Keep, type VerifiedBackup } from "../store/backup.ts";
import { markDamaged } from "../store/open.ts";
import type { Chores } from "./chores.ts";
import type { Log } from "./log.ts";

export interface HealthDeps {
  readonly db: string;
  readonly backups: string;
  readonly keep: Keep;
  readonly daily: boolean;
  /** Whether the file was checked when it was opened. */
  readonly checked: boolean;
  /** The writer's: from now on refuse every write with this reason. */
  readonly refuse: (reason: Error) => void;
  readonly chores: Chores;
  readonly log: Log;
  readonly now: () => number;
  /** Whether the disk takes nothing because there is no room. */
  readonly isFull?: () => boolean;
}

export type CheckState = "pending" | "ok" | "failed" | "unfinished";

const QUICK_CHECK_MS = 2_000;
const DAY_MS = 86_400_000;
const FIRST_TICK_MS = 15 * 60_000; // not while scripts wait for the host they have just started
const TICK_MS = 60 * 60_000;

/** After these the OS may have dropped pages that it had taken: what is in the file is known only after a new start. */
const FATAL_IO = new Set([
  "SQLITE_IOERR_FSYNC",
  "SQLITE_IOERR_DIR_FSYNC",
  "SQLITE_IOERR_WRITE",
  "SQLITE_IOERR_CORRUPTFS",
  "EIO", // of an artifact's file or folder
]);

/** SQLite's or the system's own code, also of an error that was put into the domain's words. */
const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? "" : codeOf(error.cause);
};

const PROBE_BYTES = 64 * 1024;

/** Tries to write beside the database, and takes it away again. */
const isFullBeside = (db: string): boolean => {
  const probe = `${db}.room`;
  try {
    writeFileSync(probe, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
    return false;
  } catch (error) {
    return isNoRoom(error);
  } finally {
    rmSync(probe, { force: true });
  }
};

export const createHealth = (deps: HealthDeps) => {
  const { chores, log, isFull = () => isFullBeside(deps.db) } = deps;
  let check: CheckState = deps.checked ? "ok" : "pending";
  let problem: string | undefined;
  let lastError: string | undefined;

  /** Nothing is written from here on; reads go on. */
  const stopWrites = (reason: string): void => {
    if (problem !== undefined) return;
    problem = reason;
    deps.refuse(
      new DomainError("exhausted", `${reason}. Nothing is stored until Outpost is started again; reading works`),
    );
    log.error({ reason }, `no more writes: ${reason}`);
  };

  /** The next start looks at every page before it serves, even if that one finds the disk well again. */
  const failStop = (reason: string): void => {
    if (problem !== undefined) return;
    stopWrites(reason);
    try {
      markDamaged(deps.db, [reason]);
    } catch (error) {
      log.warn({ err: error }, "the next start cannot be told: it checks as after any end that was not in order");
    }
  };

  const settle = (ok: boolean, problems: readonly string[]): void => {
    check = ok ? "ok" : "failed";
    if (ok) return;
    markDamaged(deps.db, problems);
    stopWrites(`The database file is damaged (${problems[0] ?? "unknown"})`);
  };

  /** The check that is owed after the start. A clean exit earns a quick one, which may be left unfinished. */
  const checkAfterStart = async (left: "clean" | "unclean"): Promise<void> => {
    const depth = left === "clean" ? "quick" : "full";
    try {
      const result = await chores.run("check", { db: deps.db, depth }, left === "clean" ? QUICK_CHECK_MS : undefined);
      settle(result.ok, result.problems);
      log.info({ depth, ...result }, "checked the database");
    } catch (error) {
      check = "unfinished";
      log.info({ err: error, depth }, "the check of the database was not finished");
    }
  };

  /** @throws DomainError when no sound backup could be written; the reason is kept for `state`. */
  const backup = async (reason: BackupReason): Promise<VerifiedBackup> => {
    try {
      const { removed, ...written } = await chores.run("backup", {
        db: deps.db,
        folder: deps.backups,
        reason,
        now: deps.now(),
        keep: deps.keep,
      });
      lastError = undefined;
      log.info({ backup: written.name, sizeBytes: written.sizeBytes, removed }, "wrote a backup");
      return written;
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error);
      throw error;
    }
  };

  const backUpDaily = async (): Promise<void> => {
    const [newest] = listBackups(deps.backups).filter(({ reason }) => reason === "daily");
    if (newest && deps.now() - newest.time < DAY_MS) return;
    await backup("daily").catch((error: unknown) =>
      log.warn({ err: error }, "the daily backup failed; it is tried again in an hour"),
    );
  };

  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    void backUpDaily();
    timer = setTimeout(tick, TICK_MS).unref();
  };
  if (deps.daily) timer = setTimeout(tick, FIRST_TICK_MS).unref();

  /** Told of every write that failed: some failures mean that nothing can be trusted to reach the disk any more. */
  const onWriteFailure = (error: unknown): void => {
    const code = codeOf(error);
    // SQLite knows a full disk only: that a quota is used up it takes for a broken one
    if (code === "SQLITE_IOERR_WRITE" && isFull()) return;
    if (FATAL_IO.has(code)) failStop(`The disk failed to take a write (${code})`);
    if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") settle(false, [code]);
  };

  const state = () => ({ check, problem, backupError: lastError, newestBackup: listBackups(deps.backups)[0] });

  return { checkAfterStart, backup, backUpDaily, onWriteFailure, settle, state, close: () => clearTimeout(timer) };
};
