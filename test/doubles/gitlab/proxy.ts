/** `mlflow-artifacts/…`: lists and gives files, takes none. */
import { anyAccessToken, authenticate, findProject, requireFeature } from "./auth.ts";
import { type Answer, crash, json, missing } from "./http.ts";
import { download, findRef } from "./package-files.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Package } from "./state.ts";

const packageOf = (call: Call, ref: string): Package => {
  const { state } = call;
  const token = authenticate(state, call, anyAccessToken, ["api", "read_api"]);
  const project = findProject(state, call.path["id"] ?? "", token);
  requireFeature(project, "registry");
  const isCandidate = ref.startsWith("candidate:");
  const found = isCandidate && !state.options.proxyCandidates ? undefined : findRef(state, project, ref);
  if (!found) throw missing();
  const pack = "run" in found ? state.packages.get(found.run.packageId ?? -1) : found.versionPackage;
  if (!pack) throw missing();
  return pack;
};

const list = (call: Call): Answer => {
  const path = call.query.get("path");
  const [ref = "", ...inner] = (path ?? "").split("/");
  if (path === null) {
    authenticate(call.state, call, anyAccessToken, ["api", "read_api"]);
    throw crash();
  }
  const { files } = packageOf(call, ref);
  if (inner.length > 0) return json({ files: [] });
  return json({ files: files.map((each) => ({ path: each.fileName, file_size: each.size, is_dir: false })) });
};

/** Encodes as forms do, a blank to `+`, where uploads wrote `%20`: names with blanks are never found here. */
const get = (call: Call): Answer => {
  const pack = packageOf(call, call.path["ref"] ?? "");
  const name = encodeURIComponent(call.path["file"] ?? "").replaceAll("%20", "+");
  const file = pack.files.findLast((each) => each.fileName === name);
  if (!file) throw missing();
  return download(call, file);
};

const AT = "/api/v4/projects/:id/ml/mlflow/api/2.0/mlflow-artifacts/artifacts";

export const proxyRoutes: readonly Route[] = [
  route("GET", AT, "proxy.list", list),
  route("GET", `${AT}/:ref/*file`, "proxy.get", get),
];
