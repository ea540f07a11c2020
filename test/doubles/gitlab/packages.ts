/** The package REST: lists, single ones, their files, deletes. */
import { rmSync } from "node:fs";
import { anyAccessToken, authenticate, findProject, requireFeature, requireRole } from "./auth.ts";
import { type Answer, error, json, notFound } from "./http.ts";
import { offsetPage } from "./paging.ts";
import { deletePackage } from "./remove.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Package, PackageFile, Project, Role } from "./state.ts";

const TYPES =
  "conan composer debian generic golang helm maven ml_model npm nuget pypi rpm rubygems terraform_module".split(" ");
const ORDERS = ["created_at", "name", "version", "type"];
const STATUSES = ["default", "hidden", "processing", "error", "pending_destruction", "deprecated"];

const open = (call: Call, role: Role): Project => {
  const { state, method } = call;
  const isRead = method === "GET" || method === "HEAD";
  const accepts = state.options.packageListJobToken
    ? {
        transports: [...anyAccessToken.transports, "job-token"] as const,
        kinds: [...anyAccessToken.kinds, "job"] as const,
      }
    : anyAccessToken;
  const token = authenticate(state, call, accepts, isRead ? ["api", "read_api"] : ["api"]);
  const project = findProject(state, call.path["id"] ?? "", token);
  requireFeature(project, "packages");
  if (!isRead || project.visibility !== "public") requireRole(project, token, role);
  return project;
};

const iso = (ms: number): string => new Date(ms).toISOString();

const view = (call: Call, project: Project, pack: Package) => ({
  id: pack.id,
  name: pack.name,
  version: pack.version,
  package_type: "ml_model",
  status: pack.status,
  _links: {
    web_path: `/${project.path}/-/packages/${String(pack.id)}`,
    delete_api_path: `${call.base}/api/v4/projects/${String(project.id)}/packages/${String(pack.id)}`,
  },
  created_at: iso(pack.createdAt),
  last_downloaded_at: pack.downloadedAt === null ? null : iso(pack.downloadedAt),
  tags: [],
});

const fileView = (call: Call, file: PackageFile) => ({
  id: file.id,
  package_id: file.packageId,
  created_at: iso(file.createdAt),
  file_name: file.fileName,
  size: file.size,
  file_md5: call.state.options.fileMd5 ? file.md5 : null,
  file_sha1: file.sha1,
  ...(call.state.options.fileSha256 ? { file_sha256: file.sha256 } : {}),
  ...(call.state.options.filePipelines ? { pipelines: [] } : {}),
});

const choice = (call: Call, name: string, values: readonly string[]): string | null => {
  const value = call.query.get(name);
  if (value !== null && !values.includes(value)) throw error(400, `${name} does not have a valid value`);
  return value;
};

const list = (call: Call): Answer => {
  const project = open(call, "reporter");
  const type = choice(call, "package_type", TYPES);
  const status = choice(call, "status", STATUSES);
  const order = choice(call, "order_by", ORDERS);
  const descending = choice(call, "sort", ["asc", "desc"]) === "desc";
  const name = call.query.get("package_name")?.toLowerCase();
  const version = call.query.get("package_version");
  const found = [...call.state.packages.values()].filter(
    (each) =>
      each.projectId === project.id &&
      (type === null || type === "ml_model") &&
      (name === undefined || each.name.toLowerCase().includes(name)) &&
      (version === null || each.version === version) &&
      (status === null ? each.status !== "hidden" && each.status !== "pending_destruction" : each.status === status),
  );
  const key = (each: Package): string | number =>
    order === "name" ? each.name : order === "version" ? each.version : each.createdAt;
  const compare = (a: Package, b: Package): number => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id - b.id);
  const sorted = found.toSorted((a, b) => (descending ? compare(b, a) : compare(a, b)));
  return offsetPage(call, `/api/v4/projects/${String(project.id)}/packages`, sorted, (each) =>
    view(call, project, each),
  );
};

const find = (call: Call, project: Project): Package => {
  const found = call.state.packages.get(Number(call.path["package"]));
  if (found?.projectId !== project.id) throw notFound();
  return found;
};

const one = (call: Call): Answer => {
  const project = open(call, "reporter");
  return json(view(call, project, find(call, project)));
};

const files = (call: Call): Answer => {
  const project = open(call, "reporter");
  const pack = find(call, project);
  const address = `/api/v4/projects/${String(project.id)}/packages/${String(pack.id)}/package_files`;
  return offsetPage(call, address, pack.files, (each) => fileView(call, each));
};

const noContent: Answer = { status: 204, headers: {}, body: "" };
const deleterOf = (call: Call): Role => (call.state.options.deleteNeedsMaintainer ? "maintainer" : "developer");

const removeFile = (call: Call): Answer => {
  const pack = find(call, open(call, deleterOf(call)));
  const at = pack.files.findIndex((each) => each.id === Number(call.path["file"]));
  const [file] = at < 0 ? [] : pack.files.splice(at, 1);
  if (!file) throw notFound();
  rmSync(file.path, { force: true });
  return noContent;
};

const remove = (call: Call): Answer => {
  deletePackage(call.state, find(call, open(call, deleterOf(call))));
  return noContent;
};

const AT = "/api/v4/projects/:id/packages";

export const packageRoutes: readonly Route[] = [
  route("GET", AT, "packages.list", list),
  route("GET", `${AT}/:package`, "packages.get", one),
  route("DELETE", `${AT}/:package`, "packages.delete", remove),
  route("GET", `${AT}/:package/package_files`, "packages.files", files),
  route("DELETE", `${AT}/:package/package_files/:file`, "packages.delete-file", removeFile),
];
