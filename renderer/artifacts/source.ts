import type { Call } from "../../shared/api/client.ts";
import {
  DOWNLOAD_PATH,
  findExistingArtifacts,
  listArtifacts,
  PREVIEW_PATH,
  type ArtifactEntry,
  type ExistingArtifact,
} from "../../shared/api/outpost/artifacts.ts";
import type { AskOf } from "../../shared/shell/verbs.ts";
import { encodePath } from "./paths.ts";

/** A file or folder in a tree. Of files that a list names without times there is none. */
export type FileEntry = Omit<ArtifactEntry, "modified_at"> & Partial<Pick<ArtifactEntry, "modified_at">>;

/** Where uploads go. */
export interface UploadTarget {
  /** What deletes and uploads are addressed to: the root, or `models:/<name>/<version>` for a version's files. */
  readonly place: string;
  /** Makes it ready to take files. Resolves to the root that they go under. */
  readonly open: (signal: AbortSignal) => Promise<string>;
  /** Address of the page that shows one of its files or folders; of itself for "". */
  readonly hrefOf: (path: string) => string;
}

/** Files that belong together: a run's own, those of a model that it made, those of a model version. */
export interface ArtifactSource extends UploadTarget {
  readonly id: string; // unique among the sources of one browser, stable, without a colon
  readonly title: string;
  readonly root: string; // path below the artifact proxy that its files are read from
  /** What is right below a folder. */
  readonly list: (path: string, signal: AbortSignal) => Promise<readonly FileEntry[]>;
  /** What stands at paths where an upload wants to put files. */
  readonly existing: (paths: readonly string[], signal: AbortSignal) => Promise<readonly ExistingArtifact[]>;
  /** What they belong to, in the words of the desktop app. */
  readonly owner?: Pick<AskOf<"showInFolder">, "owner" | "id">;
  /** Why its files cannot be changed, where they cannot. */
  readonly fixed?: string | undefined;
  readonly digests?: boolean; // what it is, is told by its files' digests: they stand in the tree
}

/** Paths that are asked for at once. */
const PORTION = 5000;

/** A source that is listed by its root. */
export const sourceAt = (
  call: Call,
  source: Pick<ArtifactSource, "id" | "title" | "root" | "hrefOf" | "owner">,
): ArtifactSource => {
  const { root } = source;
  return {
    ...source,
    place: root,
    open: () => Promise.resolve(root),
    list: async (path, signal) => (await call(listArtifacts, { root, path }, signal)).entries,
    existing: async (paths, signal) => {
      const found: ExistingArtifact[] = [];
      for (let i = 0; i < paths.length; i += PORTION) {
        const answer = await call(findExistingArtifacts, { root, paths: paths.slice(i, i + PORTION) }, signal);
        found.push(...answer.existing);
      }
      return found;
    },
  };
};

/** Address of a file as a browser shows it. `digest` makes it another one when the content is. */
export const previewHref = (root: string, path: string, digest: string | null): string =>
  `${PREVIEW_PATH}/${encodePath(`${root}/${path}`)}${digest === null ? "" : `?v=${digest.slice(0, 16)}`}`;

/** Address of several files, folders or (without paths) everything as one zip. */
export const zipHref = (root: string, paths: readonly string[], name: string): string => {
  const query = new URLSearchParams([["root", root], ...paths.map((path) => ["path", path]), ["name", name]]);
  return `${DOWNLOAD_PATH}?${query.toString()}`;
};
