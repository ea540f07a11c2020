/**
 * One process's hold on a data folder: settings read, modes repaired, lock taken, log open, store sound and migrated,
 * services built. The HTTP host and the command line both stand on it, so there is never a second writer.
 */
import { existsSync } from "node:fs";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { DomainError } from "../../shared/errors.ts";
import { sweepBackups } from "../store/backup.ts";
import { takeLock, type FolderLock } from "../store/lock.ts";
import { createMetaStore, type MetaStore } from "../store/meta.ts";
import { sqliteVersion, type StoredSizes } from "../store/views/storage.ts";
import { closeAsIs, markClean, openStore, type OpenedStore } from "../store/open.ts";
import { settingsOf, storageOf, versionsOf, type Placed } from "./about.ts";
import { createChores } from "./chores.ts";
import { pageFolder } from "./entry.ts";
import { readConfig, type Config } from "./config.ts";
import { locateDataFolder, pathsIn, prepareDataFolder, type DataFolder } from "./data-folder.ts";
import { createDisk, type DiskLevel, type Space } from "./disk.ts";
import { createHealth } from "./health.ts";
import { createLog, type HostLog, type Log } from "./log.ts";
import { readPolicy } from "./policy/policy.ts";
import type { HostOptions } from "./protocol.ts";
import { createReaders } from "./readers.ts";
import { readServerFile, removeServerFile } from "./server-file.ts";
import { createServices, type Services } from "./services.ts";
import type { SyncTuning } from "./sync/create.ts";
import { recogniseWorkstation } from "./workstation.ts";

export interface SessionDeps {
  readonly now: () => number;
  /** Takes warnings and errors in words, one line each. */
  readonly toPerson: (line: string) => void;
  /** What tests of syncing inject. */
  readonly syncTuning?: SyncTuning;
}

/** How long a stop may write files whose bytes are safe in the database; the next start goes on. */
const SETTLE_MS = 1_000;
/** Row ids of runs that ended too close to a stop for their points to be sealed, as JSON. */
const UNSEALED = "unsealed";

export type Session = Awaited<ReturnType<typeof openSession>>;

/**
 * Takes the data folder and opens everything in it.
 * @throws DomainError with one line for a person: what is wrong and the way out; `conflict` when another process has it.
 */
export const openSession = async (options: HostOptions, deps: SessionDeps) => {
  const { dataDir, flags, env } = options;
  const policy = await readPolicy(env);
  const { path, origin } = locateDataFolder(dataDir, env, policy);
  const config = await readConfig({ flags, env, file: pathsIn(path).config, policy });
  const folder = prepareDataFolder(path);
  const lock = own(folder);
  const undo: (() => void)[] = [() => lock.release()];
  try {
    return await build(options, deps, { config, folder, dataDir: { value: folder.root, origin }, lock, undo });
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
};

const own = (folder: DataFolder): FolderLock => {
  const lock = takeLock(folder.lock);
  if (lock) return lock;
  const holder = readServerFile(folder.server);
  const who = holder
    ? `process ${holder.pid}, which serves ${holder.url}`
    : "another Outpost that is starting or at work";
  throw new DomainError(
    "conflict",
    `The data folder ${folder.root} is in use by ${who}: use that one, stop it, or choose another folder with --data-dir`,
  );
};

interface Held {
  readonly config: Config;
  readonly folder: DataFolder;
  readonly dataDir: Placed;
  readonly lock: FolderLock;
  readonly undo: (() => void)[];
}

const build = async (options: HostOptions, deps: SessionDeps, { config, folder, dataDir, lock, undo }: Held) => {
  const { settings } = config;
  removeServerFile(folder.server); // of a holder that did not live to do it
  const hostLog = openLog(config, folder, deps);
  undo.push(hostLog.close);
  const { log } = hostLog;
  for (const warning of [...config.warnings, ...folder.warnings]) {
    log.warn(warning);
    // A level that leaves warnings out of the log must not leave a person in the dark about this very start.
    if (!log.isLevelEnabled("warn")) deps.toPerson(`outpost: warning: ${warning}`);
  }
  sweepBackups(folder.backups);

  const store = openStore({ path: folder.db, backups: folder.backups, now: deps.now });
  undo.push(() => store.db.close());
  report(store, log);
  const meta = createMetaStore(store.db);
  const workstation = recogniseWorkstation(meta, folder.root, deps.now());
  if (workstation.moved)
    log.warn(
      `${folder.root} was used in another place before: if it is a copy, two stores now carry the same identity`,
    );

  const chores = createChores();
  const readers = createReaders({ db: folder.db });
  const disk = await createDisk({ folder: folder.root, onLevel: (level, space) => tellLevel(log, level, space) });
  undo.push(disk.close);
  const sizes = async (): Promise<StoredSizes> => {
    const text = await readers.run("sizes", {});
    return JSON.parse(typeof text === "string" ? text : new TextDecoder().decode(text)) as StoredSizes;
  };
  const services = createServices({
    db: store.db,
    artifactsDir: folder.artifacts,
    now: deps.now,
    canUpload: disk.canUpload,
    diskState: () => {
      const { freeBytes: free_bytes, totalBytes: total_bytes } = disk.space();
      return { level: disk.level(), free_bytes, total_bytes };
    },
    trashKeepDays: settings.trash_keep_days,
    readers,
    onError: (error) => log.error({ err: error }, "work after a write failed"),
    onWriteFailure: (error) => health.onWriteFailure(error),
    pageDir: pageFolder(import.meta.url),
    facts: {
      storage: async () => storageOf(folder, await sizes(), disk.space()),
      settings: () => ({
        config_file: folder.config,
        policy: config.policy?.place ?? null,
        settings: settingsOf(config, dataDir),
      }),
      about: () => ({
        ...versionsOf(options.version, sqliteVersion(store.db)),
        data_folder: folder.root,
        config_file: folder.config,
        tracking_uri: url,
      }),
    },
    self: () => ({ tracking_uri: url, version: options.version, data_folder: folder.root }),
    sync: { workstation: workstation.id, dataFolder: folder.root, env: options.env, tuning: deps.syncTuning },
  });
  let url = "";
  /** Where the host answers, once it does. */
  const announce = (at: string): void => {
    url = at;
  };
  const keep = {
    last: settings.backup_keep_last,
    daily: settings.backup_keep_daily,
    weekly: settings.backup_keep_weekly,
  };
  const health = createHealth({
    db: folder.db,
    backups: folder.backups,
    keep,
    daily: settings.backup_daily,
    checked: store.checked,
    refuse: services.writer.refuse,
    chores,
    log,
    now: deps.now,
  });

  if (store.problems.length > 0) health.settle(false, store.problems);
  const stopIndexing = services.searchKeeper.start();
  sealWhatIsLeft(services, meta);

  /** Puts everything down in order: what waits is committed, the file is marked as left clean, the folder is free. */
  const close = async (): Promise<void> => {
    stopIndexing();
    health.close();
    disk.close();
    services.jobs.close();
    await services.sync?.close();
    services.writer.drain();
    const [unsealed] = await Promise.all([services.seals.close(SETTLE_MS), services.domains.settler.close(SETTLE_MS)]);
    services.writer.refuse(new DomainError("unavailable", "The host is stopping"));
    chores.close();
    await readers.close();
    try {
      if (health.state().problem === undefined) {
        meta.set(UNSEALED, JSON.stringify(unsealed));
        markClean(store.db);
      } else closeAsIs(store.db, folder.db);
    } catch (error) {
      log.warn({ err: error }, "the database could not be left in order: the next start checks it");
    }
    store.db.close();
    removeServerFile(folder.server);
    log.info("stopped");
    hostLog.close();
    lock.release();
  };

  return {
    options,
    config,
    settings,
    folder,
    dataDir,
    log,
    store,
    meta,
    workstation,
    chores,
    readers,
    disk,
    services,
    health,
    now: deps.now,
    announce,
    close,
  };
};

const openLog = ({ settings }: Config, folder: DataFolder, { toPerson }: SessionDeps): HostLog =>
  createLog({
    folder: folder.logs,
    level: settings.log_level,
    maxBytes: settings.log_max_mb * 1_000_000,
    keep: settings.log_keep,
    toPerson,
  });

const report = ({ left, restored, migratedFrom }: OpenedStore, log: Log): void => {
  log.info({ left, migratedFrom }, "opened the database");
  if (left === "unclean")
    log.warn("the last run did not end in order; what was acknowledged is there, a full check follows");
  if (!restored) return;
  const { problem, setAside, backup, missing, missingComplete } = restored;
  const since = new Date(backup.time).toISOString();
  const lost = `${missing.length}${missingComplete ? "" : " or more"} changes`;
  log.error(
    { problem, setAside, backup: backup.name, missing },
    `the database was damaged: it is kept as ${setAside}, the backup of ${since} is in its place; ${lost} since then are missing, listed in the log`,
  );
};

const tellLevel = (log: Log, level: DiskLevel, space: Space): void => {
  const free = `${Math.floor(space.freeBytes / 1e6)} MB are free`;
  if (level === "low") log.warn(space, `the disk is getting full: ${free}`);
  else if (level === "full")
    log.error(space, `the disk is nearly full, ${free}: uploads are refused until there is space`);
  else log.info(space, `there is space again: ${free}`);
};

/** Whether a folder holds a store at all; the command line does not make one just by looking. */
export const hasStore = (path: string): boolean => existsSync(pathsIn(path).db);

/** The list is kept until the next stop: a run that is sealed twice has two equal rows in the audit, one that is not has none. */
const sealWhatIsLeft = ({ seals, stores }: Services, meta: MetaStore): void => {
  const ids: unknown = JSON.parse(meta.get(UNSEALED) ?? "[]");
  if (!Value.Check(Type.Array(Type.Integer()), ids)) return;
  for (const run of stores.runs.byIds(ids)) seals.onEnd(run);
};
