import { statSync } from "node:fs";
import { listBackups } from "../store/backup.ts";
import { dataFolderPath, pathsIn } from "./data-folder.ts";
import type { HostOptions } from "./protocol.ts";
import { hasStore } from "./session.ts";

/** What can be said of a data folder that nobody serves, without opening its database. */
export const folderFacts = (options: Pick<HostOptions, "dataDir" | "env">) => {
  const root = dataFolderPath(options.dataDir, options.env);
  const exists = hasStore(root);
  const { db, backups } = pathsIn(root);
  return {
    data_dir: root,
    exists,
    size_bytes: exists ? statSync(db).size : 0,
    newest_backup: exists ? (listBackups(backups)[0]?.name ?? null) : null,
  };
};
