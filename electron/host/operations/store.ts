/** Operations on the store as a whole. */
import { Type } from "typebox";
import { Bool, Opt } from "../../../shared/api/wire.ts";
import { operation } from "../operation.ts";

export const status = operation({
  name: "status",
  summary: "How the host and its store are",
  request: Type.Object({}),
  run: ({ folder, disk, health, options, workstation, config }) => {
    const { check, problem, backupError, newestBackup } = health.state();
    const { freeBytes, totalBytes } = disk.space();
    return {
      version: options.version,
      pid: process.pid,
      data_dir: folder.root,
      workstation: workstation.id,
      writable: problem === undefined,
      problem: problem ?? null,
      check,
      disk: { level: disk.level(), free_bytes: freeBytes, total_bytes: totalBytes },
      newest_backup: newestBackup
        ? { name: newestBackup.name, time: newestBackup.time, size_bytes: newestBackup.sizeBytes }
        : null,
      backup_error: backupError ?? null,
      settings: [...config.origins].map(([name, origin]) => ({ name, value: config.settings[name], origin })),
    };
  },
});

export const check = operation({
  name: "check",
  summary: "Checks the whole database, and with read_data the bytes of every artifact",
  request: Type.Object({ read_data: Opt(Bool()) }),
  run: async ({ chores, folder, health }) => {
    const { ok, problems } = await chores.run("check", { db: folder.db, depth: "full" });
    health.settle(ok, problems);
    return { ok, problems };
  },
});

export const backUp = operation({
  name: "backup",
  summary: "Writes a verified backup of the database",
  request: Type.Object({}),
  run: async ({ health }) => {
    const { name, path, time, sizeBytes, schema, rows } = await health.backup("manual");
    return { name, path, time, size_bytes: sizeBytes, schema, rows };
  },
});
