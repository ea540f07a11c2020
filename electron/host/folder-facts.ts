import { statSync } from "node:fs";
import { listBackups } from "../store/backup.ts";
import { locateDataFolder, pathsIn } from "./data-folder.ts";
import { readPolicy } from "./policy/policy.ts";
import type { HostOptions } from "./protocol.ts";
import { hasStore } from "./session.ts";

/** What can be said of a data folder that nobody serves, without opening its database. */
export const folderFacts = async (options: Pick<HostOptions, "dataDir" | "env">) => {
  const policy = await readPolicy(options.env);
  const { path: root, origin } = locateDataFolder(options.dataDir, options.env, policy);
  const exists = hasStore(root);
  const { db, backups } = pathsIn(root);
  return {
    data_dir: root,
    data_dir_origin: origin,
    policy: policy?.place ?? null,
    exists,
    size_bytes: exists ? statSync(db).size : 0,
    newest_backup: exists ? (listBackups(backups)[0]?.name ?? null) : null,
  };
};
