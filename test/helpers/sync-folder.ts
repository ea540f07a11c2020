import { createHostLocal } from "../../electron/host/sync/local.ts";
import { createServices } from "../../electron/host/services.ts";
import { openWriter } from "../../electron/store/database.ts";
import { migrate } from "../../electron/store/migrate.ts";
import { createSyncStore } from "../../electron/store/sync/create.ts";
import { caller } from "./store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

let folders = 0;

/** A whole data folder with its domains, an empty database in memory, and its side of a sync. */
export const setupSyncFolder = ({ folder = temporaryFolder(), db = openWriter(":memory:") } = {}) => {
  migrate(db);
  const clock = { at: 1_700_000_000_000 };
  const now = (): number => (clock.at += 1);
  const errors: unknown[] = [];
  const services = createServices({ db, artifactsDir: folder, now, onError: (error) => void errors.push(error) });
  const sync = createSyncStore(db, now);
  const workstation = (++folders).toString(16).padStart(32, "0");
  const local = createHostLocal({ db, artifactsDir: folder, ...services, sync, workstation, now });
  return {
    ...services,
    db,
    folder,
    sync,
    local,
    workstation,
    errors,
    write: <T>(job: () => T): Promise<T> => services.writer.write(caller, job),
    uidOf: (table: string, where: string): string =>
      db.prepare<[], string>(`SELECT uid FROM ${table} WHERE ${where}`).pluck().get() ?? "",
  };
};
