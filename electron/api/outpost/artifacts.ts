import { below, parseFilePath } from "../../../shared/artifact-path.ts";
import { findExistingArtifacts, listArtifacts, prepareDownload } from "../../../shared/api/outpost/artifacts.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Artifacts } from "../../domain/artifacts/artifacts.ts";
import type { Views } from "../../domain/views/views.ts";
import { reads, type Route } from "../route.ts";
import { parseRoot, selectionOf, type Downloads } from "./download.ts";

export interface ArtifactRouteDeps {
  readonly artifacts: Artifacts;
  readonly views: Pick<Views, "artifactsAt">;
  readonly downloads: Downloads;
}

const MAX_PATHS = 10_000;

/** Listing by root, and what uploads and downloads need to know beforehand. */
export const artifactBrowserRoutes = ({ artifacts, views, downloads }: ArtifactRouteDeps): Route[] => [
  reads(listArtifacts, ({ root, path }) => views.artifactsAt(parseRoot(root), path)),
  reads(findExistingArtifacts, ({ root, paths }) => {
    if (paths.length > MAX_PATHS)
      throw new DomainError("invalid", `${paths.length} paths were asked for: at most ${MAX_PATHS} at once`);
    const folder = parseRoot(root);
    const relative = (path: string): string => path.slice(folder.length + 1);
    return {
      existing: paths.flatMap((path) => {
        const found = artifacts.inTheWay(below(folder, parseFilePath(path)));
        return found ? [{ path, in_the_way: relative(found.path), kind: found.kind }] : [];
      }),
    };
  }),
  reads(prepareDownload, ({ root, paths, name }) => {
    const selection = selectionOf(root, paths);
    return { href: downloads.keep({ selection, name }), ...artifacts.measure(selection) };
  }),
];
