/** A run as the MLflow API shows it; its `artifact_uri` changes form during its life. */
import type { Call } from "./routes.ts";
import type { Candidate } from "./state.ts";

const artifactUri = (call: Call, run: Candidate): string => {
  const packages = `${call.base}/api/v4/projects/${String(run.projectId)}/packages/ml_models`;
  if (run.versionId !== null) return `${packages}/${String(run.versionId)}/files/`;
  if (run.packageId !== null && call.state.options.proxyArtifactUri)
    return `mlflow-artifacts:/candidate:${String(run.iid)}`;
  return `${packages}/candidate:${String(run.iid)}/files/`;
};

export const runInfo = (call: Call, run: Candidate) => ({
  run_id: run.eid,
  run_uuid: run.eid,
  experiment_id: String(call.state.experiments.get(run.experimentId)?.iid ?? ""),
  start_time: run.startTime,
  ...(run.endTime === null ? {} : { end_time: run.endTime }),
  ...(run.name === null ? {} : { run_name: run.name }),
  status: run.status,
  artifact_uri: artifactUri(call, run),
  lifecycle_stage: "active",
  user_id: run.userId === null ? "" : String(run.userId),
});

export const metricView = (metric: Candidate["metrics"][number]) => ({
  key: metric.key,
  value: metric.value,
  timestamp: metric.timestamp,
  ...(metric.step === null ? {} : { step: metric.step }),
});

/** Every point ever logged, not the latest only. */
export const runView = (call: Call, run: Candidate) => ({
  info: runInfo(call, run),
  data: { metrics: run.metrics.map(metricView), params: run.params, tags: run.tags },
});
