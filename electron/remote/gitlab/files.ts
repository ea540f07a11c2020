/**
 * Files of runs and versions: packages of models. A file goes up in one piece, and the answer tells nothing; what was
 * stored is for the package's list to say. Uploads of a path stay beside each other, and the newest is served.
 */
import { RemoteError } from "../errors.ts";
import type { Download } from "../http/client.ts";
import type { FileSource, RemoteFile } from "../remote.ts";
import { type Asked, type GitlabApi, isGone } from "./api.ts";
import { nameOf } from "./file-names.ts";
import { type WireFile, fileOf, items, record, text, textOr } from "./wire.ts";

/** Where the files of a run or a version lie. */
export interface Place {
  /** A version's id, or `candidate:` and a run's iid. */
  readonly ref: string;
  readonly package: { readonly name: string; readonly version: string };
}

export interface Files {
  list(place: Place, asked?: Asked): Promise<readonly RemoteFile[]>;
  put(place: Place, file: FileSource, asked?: Asked, onBytes?: (sent: number) => void): Promise<void>;
  get(
    place: Place,
    path: string,
    range: { readonly from: number; readonly etag: string | undefined },
    asked?: Asked,
  ): Promise<Download>;
}

const isNoRoute = (error: unknown): boolean =>
  error instanceof RemoteError && error.trouble === "invalid" && error.status === 404;

const PER_PAGE = 100;
const MOST_KNOWN = 50_000;

/** Every row of a REST list, whose pages are numbered. */
const pages = async <T>(
  api: GitlabApi,
  path: string,
  query: Readonly<Record<string, string>>,
  one: (raw: unknown) => T,
  asked?: Asked,
): Promise<readonly T[]> => {
  const rows: T[] = [];
  for (let page = 1; ;) {
    const read = (raw: unknown): readonly T[] => items(raw, "the list").map(one);
    const { value, headers } = await api.project(path, { ...query, per_page: PER_PAGE, page }, read, asked);
    rows.push(...value);
    const next = Number(headers["x-next-page"]);
    if (!Number.isInteger(next) || next <= page) return rows;
    page = next;
  }
};

/** A project lists its packages, if none: where it does not, they are out of reach, and not gone. */
const turnedOff = (error: unknown): never => {
  if (!isGone(error)) throw error;
  const { status, body } = error;
  const why = "The package registry is turned off in the project: its files cannot be reached.";
  throw new RemoteError("unavailable", why, { status, body, cause: error });
};

interface Package {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

const packageOf = (value: unknown): Package => {
  const raw = record(value, "a package");
  return { id: text(raw, "id"), name: text(raw, "name"), version: textOr(raw, "version", "") };
};

/** Per path the newest upload, with the number of older ones. */
export const newest = (files: readonly WireFile[]): readonly RemoteFile[] => {
  const byPath = Map.groupBy(files, ({ path }) => path);
  return [...byPath].flatMap(([path, uploads]) => {
    const last = uploads.toSorted((a, b) => a.id - b.id).at(-1);
    return last ? [{ path, size: last.size, sha256: last.sha256, twins: uploads.length - 1 }] : [];
  });
};

/** Whether the server keeps files in folders, as far as that is known. */
export interface Folders {
  has: boolean;
}

export const createFiles = (api: GitlabApi, folders: Folders): Files => {
  /** Ids of packages by reference, as far as they are known. */
  const known = new Map<string, string>();

  const find = async ({ ref, package: wanted }: Place, asked?: Asked): Promise<string | undefined> => {
    const query = { package_type: "ml_model", package_name: wanted.name, package_version: wanted.version };
    // The name is looked for within names, and not every release looks at the version.
    const all = await pages(api, "/packages", query, packageOf, asked).catch(turnedOff);
    const found = all.findLast(({ name, version }) => name === wanted.name && version === wanted.version);
    if (known.size >= MOST_KNOWN) known.clear();
    if (found) known.set(ref, found.id);
    return found?.id;
  };

  const filesOf = (id: string, asked?: Asked): Promise<readonly WireFile[]> =>
    pages(api, `/packages/${encodeURIComponent(id)}/package_files`, {}, fileOf, asked);

  return {
    list: async (place, asked) => {
      const id = known.get(place.ref);
      if (id !== undefined)
        try {
          return newest(await filesOf(id, asked));
        } catch (error) {
          if (!isGone(error)) throw error;
          known.delete(place.ref); // that package is gone, there may be another
        }
      const found = await find(place, asked);
      return found === undefined ? [] : newest(await filesOf(found, asked));
    },
    put: async ({ ref }, file, asked, onBytes) => {
      const name = nameOf(file.path, folders.has);
      try {
        await api.putFile(ref, { ...file, path: name }, asked, onBytes);
      } catch (error) {
        if (!isNoRoute(error) || !name.includes("/")) throw error;
        folders.has = false;
        await api.putFile(ref, { ...file, path: nameOf(file.path, false) }, asked, onBytes);
      }
    },
    get: async ({ ref }, path, range, asked) => {
      const name = nameOf(path, folders.has);
      try {
        return await api.getFile(ref, name, range, asked);
      } catch (error) {
        const other = nameOf(path, !folders.has); // it may be from before the server's upgrade
        if (other === name || !(error instanceof RemoteError && error.status === 404)) throw error;
        return api.getFile(ref, other, range, asked);
      }
    },
  };
};
