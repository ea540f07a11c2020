/** A plain tree of copies, built beside its place and put there in one step: half a tree is never seen under its name. */
import { constants, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import { toDiskError } from "./disk.ts";

/**
 * Starts a tree that will stand at `target`, which must not exist or be an empty folder.
 * @throws DomainError `already_exists` when something is in the way.
 */
export const createTree = (target: string) => {
  if (existsSync(target) && !isEmptyFolder(target))
    throw new DomainError("already_exists", `'${target}' is there and not an empty folder: name another one`);
  const work = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true, mode: 0o700 });

  const guarded = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      throw toDiskError(error);
    }
  };

  return {
    /** Copies a file to a path within the tree, off this thread: a reflink where the file system has them, never a hard link. */
    add: async (file: string, path: string): Promise<void> => {
      const to = join(work, path);
      guarded(() => mkdirSync(dirname(to), { recursive: true, mode: 0o700 }));
      await copyFile(file, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL).catch((error: unknown) => {
        throw toDiskError(error);
      });
    },
    /** Puts the finished tree in its place. */
    finish: (): void =>
      guarded(() => {
        if (existsSync(target)) rmdirSync(target);
        renameSync(work, target);
      }),
    /** Removes what was made so far. */
    abandon: (): void => rmSync(work, { recursive: true, force: true }),
  };
};

const isEmptyFolder = (path: string): boolean => {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false; // a file, or a folder that may not be read: in the way either way
  }
};
