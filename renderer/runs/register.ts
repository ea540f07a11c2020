/** What of a run can be registered as a model version, and doing so. */
import { ApiError, type Call } from "../../shared/api/client.ts";
import { createModelVersion } from "../../shared/api/mlflow/model-versions.ts";
import { createRegisteredModel } from "../../shared/api/mlflow/registered-models.ts";
import { listRunArtifacts } from "../../shared/api/outpost/artifacts.ts";
import { getRun } from "../../shared/api/outpost/runs.ts";

/** A model of a run: a logged model, or a folder of its artifacts that holds one. */
export interface ModelSource {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly modelId: string | undefined;
}

const MAX_FOLDERS = 20;

/** Models that a run logged, the newest last. */
export const modelSourcesOf = async (call: Call, runId: string, signal: AbortSignal): Promise<ModelSource[]> => {
  const [run, files] = await Promise.all([
    call(getRun, { run_id: runId }, signal),
    call(listRunArtifacts, { run_id: runId }, signal),
  ]);
  const logged = run.logged_models
    .filter(({ direction }) => direction === "output")
    .map(({ model_id, name }) => ({ id: model_id, name, source: `models:/${model_id}`, modelId: model_id }));
  const folders = files.entries.filter(({ is_dir }) => is_dir).slice(0, MAX_FOLDERS);
  const inside = await Promise.all(
    folders.map(({ path }) => call(listRunArtifacts, { run_id: runId, path }, signal).then(({ entries }) => entries)),
  );
  const models = folders.filter((folder, i) => inside[i]?.some(({ path }) => path === `${folder.path}/MLmodel`));
  return [
    ...logged,
    ...models.map(({ path }) => ({ id: path, name: path, source: `runs:/${runId}/${path}`, modelId: undefined })),
  ];
};

/** Makes a version of the model, and the model where there is none. Gives the version's number. */
export const registerModel = async (
  call: Call,
  runId: string,
  { name, of, isNew }: { name: string; of: ModelSource; isNew: boolean },
): Promise<string> => {
  if (isNew)
    await call(createRegisteredModel, { name }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.code === "RESOURCE_ALREADY_EXISTS")) throw error;
    });
  const { model_version } = await call(createModelVersion, {
    name,
    source: of.source,
    run_id: runId,
    ...(of.modelId !== undefined && { model_id: of.modelId }),
  });
  return model_version.version;
};
