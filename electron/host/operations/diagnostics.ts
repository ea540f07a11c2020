/** The diagnostics of a store that a host serves. */
import { makeDiagnostics } from "../../../shared/api/outpost/diagnostics.ts";
import { settingsOf } from "../about.ts";
import { electronVersion } from "../diagnostics/electron-version.ts";
import { operation } from "../operation.ts";
import type { Session } from "../session.ts";

/** What only the process that holds the store can tell. */
const liveFacts = ({ health, disk, readers, services }: Session) => {
  const { check, problem, backupError, newestBackup } = health.state();
  const { freeBytes, totalBytes } = disk.space();
  return {
    up_seconds: Math.round(process.uptime()),
    electron: electronVersion(),
    health: {
      check,
      problem: problem ?? null,
      backup_error: backupError === undefined ? null : "the last backup failed; the log has the cause",
      newest_backup: newestBackup ? { name: newestBackup.name, size_bytes: newestBackup.sizeBytes } : null,
      disk: { level: disk.level(), free_bytes: freeBytes, total_bytes: totalBytes },
    },
    queues: { writes: services.writer.waiting(), reads: readers.waiting(), reader_threads: readers.size() },
    memory: process.memoryUsage(),
  };
};

export const diagnostics = operation({
  name: "diagnostics",
  summary: makeDiagnostics.summary,
  request: makeDiagnostics.request,
  run: (session) => {
    const { chores, config, dataDir, folder, log, now, options } = session;
    log.flush(); // the last lines are the ones that matter
    return chores.run("diagnose", {
      now: now(),
      version: options.version,
      folder: folder.root,
      settings: settingsOf(config, dataDir),
      policy: config.policy?.place ?? null,
      host: liveFacts(session),
      missing: [],
    });
  },
});
