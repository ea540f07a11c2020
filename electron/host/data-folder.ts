/**
 * The folder that holds everything: `outpost.db`, `artifacts/`, `backups/`, `bundles/`, `logs/`, `config.yaml`. Owned by one
 * OS user, closed to all others: modes are repaired at each start, a foreign owner is refused by name.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, parse, resolve } from "node:path";
import envPaths from "env-paths";
import { DomainError } from "../../shared/errors.ts";
import { judgePlace } from "./file-system.ts";
import { overruled } from "./policy/overruled.ts";
import type { Policy } from "./policy/policy.ts";
import { FROM_POLICY } from "./settings.ts";

export interface DataFolder {
  readonly root: string;
  readonly db: string;
  readonly lock: string;
  readonly server: string;
  readonly config: string;
  readonly artifacts: string;
  readonly backups: string;
  readonly logs: string;
  /** What a person should know of this folder: repaired modes, a sync program above it. */
  readonly warnings: readonly string[];
}

/** Where the data is: `--data-dir`, `OUTPOST_DATA_DIR`, or the OS's usual place. Absolute. */
export const dataFolderPath = (flag: string | undefined, env: Readonly<Record<string, string | undefined>>): string =>
  resolve(flag ?? env["OUTPOST_DATA_DIR"] ?? envPaths("outpost", { suffix: "" }).data);

/** A data folder's place, and who named it. */
export interface Located {
  readonly path: string;
  /** `policy`, `--data-dir`, `OUTPOST_DATA_DIR` or `default`. */
  readonly origin: string;
}

/**
 * Where the data is on this machine.
 * @throws DomainError `denied` when the flag or the variable names another folder than the policy locks.
 */
export const locateDataFolder = (
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  policy: Policy | undefined,
): Located => {
  const given = [
    { value: flag, origin: "--data-dir" },
    { value: env["OUTPOST_DATA_DIR"], origin: "OUTPOST_DATA_DIR" },
  ].flatMap(({ value, origin }) => (value === undefined ? [] : [{ value: resolve(value), origin }]));
  const locked = policy?.locks.get("data_dir");
  if (policy && typeof locked === "string") {
    overruled("data_dir", given, policy);
    return { path: locked, origin: FROM_POLICY };
  }
  return { path: dataFolderPath(flag, env), origin: given[0]?.origin ?? "default" };
};

/** The paths inside a data folder, without a look at the disk. */
export const pathsIn = (root: string): Omit<DataFolder, "warnings"> => ({
  root,
  db: join(root, "outpost.db"),
  lock: join(root, "lock.db"),
  server: join(root, "server.json"),
  config: join(root, "config.yaml"),
  artifacts: join(root, "artifacts"),
  backups: join(root, "backups"),
  logs: join(root, "logs"),
});

/** The user a folder must belong to; `undefined` where the OS has no uids. */
const ownUid = (): number | undefined => process.getuid?.();

/**
 * Makes the folder ready for use: creates it with mode 0700, repairs modes, refuses what it cannot make safe.
 * @throws DomainError `denied` for a foreign owner or a folder that cannot be read or written, `invalid` for a place
 * where a database cannot be kept.
 */
export const prepareDataFolder = (
  path: string,
  options: { uid?: number | undefined; typeOf?: (path: string) => number } = {},
): DataFolder => {
  const root = create(path);
  refuseSharedPlaces(root);
  const uid = "uid" in options ? options.uid : ownUid();
  const warnings: string[] = [];
  secure(root, 0o700, uid, warnings);
  const paths = pathsIn(root);
  for (const folder of [paths.artifacts, paths.backups, join(root, "bundles"), paths.logs])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (entry.isSymbolicLink() && !existsSync(join(root, entry.name))) continue;
    secure(join(root, entry.name), statSync(join(root, entry.name)).isDirectory() ? 0o700 : 0o600, uid, warnings);
  }
  const place = judgePlace(root, options.typeOf);
  if (place.network)
    throw new DomainError(
      "invalid",
      `The data folder ${root} is on ${place.network}, where a database cannot be locked safely: choose a folder on a local disk with --data-dir`,
    );
  return { ...paths, warnings: [...warnings, ...place.warnings] };
};

const create = (path: string): string => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const root = realpathSync(path);
    readdirSync(root);
    return root;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const reason =
      code === "EEXIST" || code === "ENOTDIR"
        ? "it is a file, or lies below one"
        : code === "EROFS"
          ? "its disk is read-only"
          : `it cannot be opened (${code})`;
    throw new DomainError(
      "denied",
      `The data folder ${path} cannot be used: ${reason}. Choose another with --data-dir, or correct its permissions`,
      {
        cause,
      },
    );
  }
};

/** Closing a folder that others use too would lock them out. */
const refuseSharedPlaces = (root: string): void => {
  const shared =
    root === parse(root).root ||
    root === homedir() ||
    (process.platform !== "win32" && (statSync(root).mode & 0o1000) !== 0);
  if (shared)
    throw new DomainError(
      "invalid",
      `${root} cannot be the data folder, other things live there too: use one of its own, such as --data-dir ${join(root, "outpost")}`,
    );
};

/** Takes group's and others' rights away; a repair is worth a warning only where there was something to repair. */
const secure = (path: string, mode: number, uid: number | undefined, warnings: string[]): void => {
  if (process.platform === "win32") return; // the profile's ACL guards it
  const stat = statSync(path);
  if (uid !== undefined && stat.uid !== uid)
    throw new DomainError(
      "denied",
      `${path} belongs to user ${stat.uid}, and Outpost runs as user ${uid}: start it as that user, or choose another folder with --data-dir`,
    );
  const had = stat.mode & 0o777;
  if ((had & 0o077) === 0 && (had & 0o600) === 0o600) return;
  try {
    chmodSync(path, mode);
  } catch (cause) {
    throw new DomainError(
      "denied",
      `${path} is open to other users and its mode cannot be changed: run chmod ${mode.toString(8)} on it`,
      { cause },
    );
  }
  // A file system without modes takes the call and changes nothing.
  if ((statSync(path).mode & 0o077) !== 0)
    warnings.push(`${path} stays readable for other users: its file system keeps no modes`);
  else
    warnings.push(
      `${path} had mode ${had.toString(8).padStart(4, "0")} and now has ${mode.toString(8).padStart(4, "0")}`,
    );
};
