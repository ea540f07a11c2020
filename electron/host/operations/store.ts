/** Operations on the store as a whole. */
import { Type } from "typebox";
import { Bool, Opt } from "../../../shared/api/wire.ts";
import { operation } from "../operation.ts";

export const status = operation({
  name: "status",
  summary: "How the host and its store are",
  request: Type.Object({}),
  run: ({ folder, dataDir, disk, health, options, workstation, config }) => {
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
      policy: config.policy?.place ?? null,
      settings: [
        { name: "data_dir", ...dataDir },
        ...[...config.origins].map(([name, origin]) => ({ name, value: config.settings[name], origin })),
      ],
    };
  },
});

export const check = operation({
  name: "check",
  summary: "Checks the whole database and the audit chain, and with read_data the bytes of every artifact",
  request: Type.Object({ read_data: Opt(Bool()) }),
  run: async ({ chores, folder, health, services }, { read_data }) => {
    const database = await chores.run("check", { db: folder.db, depth: "full" });
    health.settle(database.ok, database.problems);
    const audit = database.ok ? await chores.run("audit", { db: folder.db }) : undefined; // a damaged one may not be read
    const read = { files: 0, bytes: 0 };
    const damage = read_data
      ? await services.domains.collector.scrub(({ size }) => {
          read.files += 1;
          read.bytes += size;
        })
      : [];
    const problems = [
      ...database.problems,
      ...(audit?.firstBad === undefined
        ? []
        : [`audit row ${audit.firstBad} does not follow the one before: it, or one before it, was altered or removed`]),
      ...damage.map(({ problem, paths }) => `${problem}, which holds ${paths.join(", ") || "no artifact"}`),
    ];
    return { ok: problems.length === 0, problems, read: read_data ? read : null };
  },
});

export const collectGarbage = operation({
  name: "gc",
  summary: "Removes files that no artifact and no model version has named for a day; with dry_run only counts them",
  request: Type.Object({ dry_run: Opt(Bool()) }),
  run: ({ services }, { dry_run }, caller) =>
    services.domains.collector.collect((job) => services.writer.write(caller, job), { dryRun: dry_run ?? false }),
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
