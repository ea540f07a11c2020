/** Addresses of pages. Hash routes as MLflow's, because its clients print such links. */
const part = encodeURIComponent;

export const links = {
  home: "#/",
  experiments: "#/experiments",
  models: "#/models",
  trash: "#/trash",
  activity: "#/activity",
  job: (id: string) => `#/activity?job=${part(id)}`,
  import: "#/import",
  sync: "#/sync",
  syncConflicts: "#/sync/conflicts",
  syncConflict: (id: number) => `#/sync/conflicts/${id}`,
  syncHistory: "#/sync/history",
  syncBundles: "#/sync/bundles",
  syncPlan: (remote: string, hash: string) => `#/sync/${part(remote)}/plan/${part(hash)}`,
  settings: (section = "") => `#/settings${section && `/${section}`}`,
  experiment: (id: string) => `#/experiments/${part(id)}`,
  run: (experimentId: string, runId: string, tab = "") =>
    `#/experiments/${part(experimentId)}/runs/${part(runId)}${tab && `/${tab}`}`,
  /** MLflow's own address of a comparison: lists as JSON. */
  compare: (runIds: readonly string[], experimentIds: readonly string[]) =>
    `#/compare-runs?${new URLSearchParams({ runs: JSON.stringify(runIds), experiments: JSON.stringify(experimentIds) }).toString()}`,
  loggedModels: (experimentId: string) => `#/experiments/${part(experimentId)}/models`,
  loggedModel: (experimentId: string, modelId: string) => `#/experiments/${part(experimentId)}/models/${part(modelId)}`,
  model: (name: string) => `#/models/${part(name)}`,
  version: (name: string, version: string) => `#/models/${part(name)}/versions/${part(version)}`,
  newVersion: (name: string) => `#/models/${part(name)}/versions/new`,
  compareVersions: (name: string, versions: readonly string[]) =>
    `#/models/${part(name)}/compare?${new URLSearchParams(versions.map((v) => ["v", v])).toString()}`,
};

/** Address of a file below the artifact root, by MLflow's artifact proxy. */
export const proxyHref = (root: string, path: string): string =>
  `/api/2.0/mlflow-artifacts/artifacts/${`${root}/${path}`.split("/").map(part).join("/")}`;
