/** Artifact endpoints that answer JSON. The bytes themselves travel outside of JSON (electron/api/mlflow/artifact-files.ts). */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Int, List, Opt, Required, Str } from "../wire.ts";

export const FileInfo = Type.Object({ path: Str(), is_dir: Bool(), file_size: Opt(Int()) });
export type FileInfo = Static<typeof FileInfo>;

const Files = Type.Object({ root_uri: Str(), files: Opt(List(FileInfo)), next_page_token: Opt(Str()) });

/** Files and folders directly below `path` of a run; nothing for a file and for what does not exist. */
export const listRunArtifacts = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/artifacts/list",
  summary: "List the artifacts of a run",
  request: Type.Object({ run_id: Opt(Str()), run_uuid: Opt(Str()), path: Opt(Str()), page_token: Opt(Str()) }),
  response: Files,
});

export const listLoggedModelArtifacts = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/logged-models/:model_id/artifacts/directories",
  summary: "List the artifacts of a logged model",
  request: Type.Object({ model_id: Required(), artifact_directory_path: Opt(Str()), page_token: Opt(Str()) }),
  response: Files,
});

/** Paths are names within the folder, not below the root. */
export const listProxiedArtifacts = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow-artifacts/artifacts",
  summary: "List a folder below the artifact root",
  request: Type.Object({ path: Opt(Str()) }),
  response: Type.Object({ files: Opt(List(FileInfo)) }),
});
