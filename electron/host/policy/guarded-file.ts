/** Reads a file that binds its readers: only those who may bind them can have written it. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { DomainError } from "../../../shared/errors.ts";

export interface Guard {
  /** The uids that may own the file and its folder. */
  readonly owners: readonly number[];
  /** False where modes mean nothing. */
  readonly checksModes: boolean;
}

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * The file's text, or `undefined` where there is none.
 * @throws DomainError `denied` for a file that is not the owner's alone, or that cannot be read.
 */
export const readGuarded = (file: string, guard: Guard): string | undefined => {
  const fd = open(file);
  if (fd === undefined) return undefined;
  try {
    const stat = fstatSync(fd); // of what was opened: the name may mean another file a moment later
    if (!stat.isFile()) throw new DomainError("invalid", `${file} is no file`);
    if (guard.checksModes) {
      refuseForeign(file, stat, guard.owners, "chmod 644");
      const folder = dirname(realpathSync(file));
      refuseForeign(folder, statSync(folder), guard.owners, "chmod 755");
    }
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
};

const open = (file: string): number | undefined => {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe in its place must not hold the start up
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new DomainError("denied", `${file} cannot be read (${code}): it must be readable for all (chmod 644)`, {
      cause,
    });
  }
};

const refuseForeign = (path: string, stat: Stats, owners: readonly number[], repair: string): void => {
  const { uid, mode } = stat;
  if (!owners.includes(uid))
    throw new DomainError(
      "denied",
      `${path} belongs to user ${uid} and binds nobody: it must belong to ${owners.includes(0) ? "root" : `user ${owners.join(" or ")}`} (chown)`,
    );
  const sticky = stat.isDirectory() && (mode & STICKY) !== 0; // others may add to it, but not replace what is there
  if ((mode & OTHERS_WRITE) !== 0 && !sticky)
    throw new DomainError("denied", `${path} can be written by others and binds nobody: run ${repair} on it`);
};
