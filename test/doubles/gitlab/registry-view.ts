/** Models and versions as the MLflow API shows them: seconds, ids for versions, semantic versions as aliases. */
import type { Call } from "./routes.ts";
import type { Model, Version } from "./state.ts";

const seconds = (ms: number): number => Math.floor(ms / 1000);

const projectPath = (call: Call, projectId: number): string =>
  call.state.projects.find((each) => each.id === projectId)?.path ?? "";

export const versionView = (call: Call, model: Model, version: Version) => ({
  name: model.name,
  version: String(version.id),
  creation_timestamp: seconds(version.createdAt),
  last_updated_timestamp: seconds(version.updatedAt),
  user_id: null,
  current_stage: "development",
  description: version.description ?? "",
  source: `${call.base}/${projectPath(call, model.projectId)}/-/ml/models/${String(model.id)}/versions/${String(version.id)}`,
  run_id: call.state.candidates.get(version.candidateId)?.eid ?? "",
  status: "READY",
  status_message: "",
  tags: version.tags,
  run_link: "",
  aliases: [version.version],
});

/** What older releases dump in `latest_versions`. */
const rawRecord = (version: Version) => ({
  id: version.id,
  created_at: new Date(version.createdAt).toISOString(),
  updated_at: new Date(version.updatedAt).toISOString(),
  project_id: version.projectId,
  model_id: version.modelId,
  package_id: version.packageId,
  version: version.version,
  description: version.description,
});

export const modelView = (call: Call, model: Model) => ({
  name: model.name,
  creation_timestamp: seconds(model.createdAt),
  last_updated_timestamp: seconds(model.updatedAt),
  description: model.description ?? "",
  user_id: String(model.userId),
  tags: model.tags,
  latest_versions: model.versions.map((each) =>
    call.state.options.versionObjects ? versionView(call, model, each) : rawRecord(each),
  ),
});
