/** MLflow's artifact listings. */
import { artifactUri, below, parseArtifactPath } from "../../../shared/artifact-path.ts";
import {
  listLoggedModelArtifacts,
  listProxiedArtifacts,
  listRunArtifacts,
  type FileInfo,
} from "../../../shared/api/mlflow/artifacts.ts";
import type { Artifacts } from "../../domain/artifacts/artifacts.ts";
import { reads, type Route } from "../route.ts";
import { repeated } from "./render.ts";
import { runIdOf } from "./runs.ts";

/** Where things keep their artifacts, as paths below the artifact root. Each throws `not_found` in MLflow's words. */
export interface Roots {
  readonly rootOfRun: (runId: string) => string;
  readonly rootOfVersion: (name: string, version: string) => string;
  readonly rootOfLoggedModel: (modelId: string) => string;
}

/** Python's posixpath.join: a listing repeats the folder as it was asked for. */
const joinAsAsked = (folder: string, name: string): string =>
  folder === "" || folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;

export const artifactRoutes = (artifacts: Pick<Artifacts, "list">, roots: Roots): Route[] => {
  const filesIn = (folder: string, shownAs: string): FileInfo[] =>
    artifacts.list(folder).map(({ name, size }) => ({
      path: joinAsAsked(shownAs, name),
      is_dir: size === null,
      ...(size ? { file_size: size } : {}), // 0 is unset in MLflow's messages
    }));
  const listBelow = (root: string, path: string | undefined, folder: string) => ({
    root_uri: artifactUri(root),
    ...repeated("files", filesIn(below(root, folder), path ?? "")),
  });

  return [
    reads(listRunArtifacts, ({ path, ...run }) => {
      const id = runIdOf(run);
      const folder = parseArtifactPath(path ?? "");
      return listBelow(roots.rootOfRun(id), path, folder);
    }),
    reads(listLoggedModelArtifacts, ({ model_id, artifact_directory_path: path }) => {
      const folder = parseArtifactPath(path ?? "");
      return listBelow(roots.rootOfLoggedModel(model_id), path, folder);
    }),
    reads(listProxiedArtifacts, ({ path }) => repeated("files", filesIn(parseArtifactPath(path ?? ""), ""))),
  ];
};
