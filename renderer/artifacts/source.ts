import type { Call } from "../../shared/api/client.ts";
import {
  DOWNLOAD_PATH,
  listArtifacts,
  PREVIEW_PATH,
  type ArtifactListing,
} from "../../shared/api/outpost/artifacts.ts";
import type { AskOf } from "../../shared/shell/verbs.ts";
import { encodePath } from "./paths.ts";

/** Files that belong together: a run's own, those of a model that it made, those of a model version. */
export interface ArtifactSource {
  readonly id: string; // unique among the sources of one browser, stable, without a colon
  readonly title: string;
  readonly root: string; // path below the artifact proxy, as listings name it
  readonly list: (path: string, signal: AbortSignal) => Promise<ArtifactListing>;
  /** Address of the page that shows one of its files or folders. */
  readonly hrefOf: (path: string) => string;
  /** What they belong to, in the words of the desktop app. */
  readonly owner?: Pick<AskOf<"showInFolder">, "owner" | "id">;
  /** Why its files cannot be changed, where they cannot. */
  readonly fixed?: string | undefined;
}

/** A source that is listed by its root. */
export const sourceAt = (call: Call, source: Omit<ArtifactSource, "list">): ArtifactSource => ({
  ...source,
  list: (path, signal) => call(listArtifacts, { root: source.root, path }, signal),
});

/** Address of a file as a browser shows it. `digest` makes it another one when the content is. */
export const previewHref = (root: string, path: string, digest: string | null): string =>
  `${PREVIEW_PATH}/${encodePath(`${root}/${path}`)}${digest === null ? "" : `?v=${digest.slice(0, 16)}`}`;

/** Address of several files, folders or (without paths) everything as one zip. */
export const zipHref = (root: string, paths: readonly string[], name: string): string => {
  const query = new URLSearchParams([["root", root], ...paths.map((path) => ["path", path]), ["name", name]]);
  return `${DOWNLOAD_PATH}?${query.toString()}`;
};
