/** The bundle files of the data folder: those that were made here, and those that were dropped here to be taken in. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BundleFile } from "../../../shared/api/outpost/bundles.ts";
import { DomainError } from "../../../shared/errors.ts";
import { isFileName } from "../../remote/bundle/names.ts";

export interface IncomingDeps {
  readonly folder: string; // of all bundles
  /** Whether the disk has room for uploads. */
  readonly canUpload: () => boolean;
}

const LOOK_BYTES = 16 * 1024 * 1024; // how much may come between two looks at the disk

const checkName = (name: string): string => {
  if (isFileName(name)) return name;
  throw new DomainError(
    "invalid",
    `Invalid value '${name.slice(0, 100)}' for 'name': a bundle's file has letters, digits, '.', '_' and '-' in its name; rename it`,
  );
};

const filesIn = (folder: string, place: BundleFile["place"]): BundleFile[] => {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile() || !isFileName(entry.name)) return [];
    const found = statSync(join(folder, entry.name), { throwIfNoEntry: false }); // may go meanwhile
    return found ? [{ place, name: entry.name, size: found.size, modified_at: Math.round(found.mtimeMs) }] : [];
  });
};

export type Incoming = ReturnType<typeof createIncoming>;

export const createIncoming = ({ folder, canUpload }: IncomingDeps) => {
  const incoming = join(folder, "incoming");
  const partial = join(incoming, ".partial");
  let swept = false;

  /** Where uploads grow; what a crash left there goes. */
  const partialFolder = (): string => {
    if (!swept) rmSync(partial, { recursive: true, force: true });
    swept = true;
    mkdirSync(partial, { recursive: true, mode: 0o700 });
    return partial;
  };
  const assertRoom = (): void => {
    if (!canUpload())
      throw new DomainError(
        "exhausted",
        "The disk of the data folder is nearly full: free some space, nothing was kept",
      );
  };

  /** @throws DomainError `invalid`, `not_found` */
  const pathOf = (place: BundleFile["place"], name: string): string => {
    const path = join(place === "made" ? folder : incoming, checkName(name));
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
    throw new DomainError("not_found", `There is no bundle file '${name}' in ${place === "made" ? folder : incoming}`);
  };

  const write = async (path: string, body: AsyncIterable<Uint8Array>): Promise<number> => {
    const handle = await open(path, "wx", 0o600);
    let [size, looked] = [0, 0];
    try {
      for await (const chunk of body) {
        await handle.writeFile(chunk);
        size += chunk.length;
        if (size - looked < LOOK_BYTES) continue;
        looked = size;
        assertRoom();
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    return size;
  };

  return {
    list: (): BundleFile[] =>
      [...filesIn(folder, "made"), ...filesIn(incoming, "incoming")].sort((a, b) => b.modified_at - a.modified_at),
    pathOf,
    /** Whole under its name, or not at all; a file of the same name is replaced. @throws DomainError `invalid`, `exhausted` */
    receive: async (
      name: string,
      body: AsyncIterable<Uint8Array>,
      announced: number | undefined,
    ): Promise<BundleFile> => {
      const path = join(incoming, checkName(name));
      assertRoom();
      const growing = join(partialFolder(), randomBytes(8).toString("hex"));
      try {
        const size = await write(growing, body);
        if (announced !== undefined && announced !== size)
          throw new DomainError("invalid", `Of ${announced} bytes ${size} came: send '${name}' again`);
        if (size === 0) throw new DomainError("invalid", `'${name}' is empty: that is no bundle`);
        await rename(growing, path);
        return { place: "incoming", name, size, modified_at: Math.round(statSync(path).mtimeMs) };
      } finally {
        await rm(growing, { force: true });
      }
    },
    /** Its bytes, for whoever carries it on. @throws DomainError `invalid`, `not_found` */
    read: async (place: BundleFile["place"], name: string) => {
      const handle = await open(pathOf(place, name), "r");
      const { size } = await handle.stat();
      return { size, stream: handle.createReadStream() }; // which closes the handle
    },
    /** @throws DomainError `invalid`, `not_found` */
    discard: (place: BundleFile["place"], name: string): Promise<void> => rm(pathOf(place, name)),
  };
};
