/** `packages/ml_models/:ref/files/…`: files go up and come down here, and nowhere else up. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { type Feature, bearerOnly, authenticate, findProject, isAtLeast, requireFeature, requireRole } from "./auth.ts";
import { type Answer, json, message, noRoute, notFound, type FileBody } from "./http.ts";
import { createPackage } from "./registry.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Candidate, Package, PackageFile, Project, State, Token } from "./state.ts";

const features: readonly Feature[] = ["packages", "registry"];

const open = (call: Call, scopes: readonly string[]): { project: Project; token: Token } => {
  const accepts = call.state.options.packagePrivateToken
    ? { ...bearerOnly, transports: ["bearer", "private-token"] as const }
    : bearerOnly;
  const token = authenticate(call.state, call, accepts, scopes);
  const project = findProject(call.state, call.path["id"] ?? "", token);
  for (const feature of features) requireFeature(project, feature);
  return { project, token };
};

/** What a reference names: a version by its id, or a run by `candidate:` and its iid. */
export const findRef = (
  state: State,
  project: Project,
  ref: string,
): { run: Candidate } | { versionPackage: Package | null } | undefined => {
  const iid = /^candidate:(\d+)$/.exec(ref)?.[1];
  if (iid !== undefined) {
    const run = [...state.candidates.values()].find(
      (each) => each.projectId === project.id && each.iid === Number(iid),
    );
    return run && { run };
  }
  const version = /^\d+$/.test(ref) ? state.versions.get(Number(ref)) : undefined;
  if (version?.projectId !== project.id) return undefined;
  return { versionPackage: state.packages.get(version.packageId ?? -1) ?? null };
};

/** The package of a run is made when it is first needed, for a download as well. */
const packageOf = (state: State, project: Project, ref: string): Package | null => {
  const found = findRef(state, project, ref);
  if (!found) throw notFound();
  if ("versionPackage" in found) return found.versionPackage;
  const { run } = found;
  const own = state.packages.get(run.packageId ?? -1);
  if (own || run.versionId !== null)
    return own ?? state.packages.get(state.versions.get(run.versionId ?? -1)?.packageId ?? -1) ?? null;
  const experiment = state.experiments.get(run.experimentId);
  const model = state.models.get(experiment?.modelId ?? -1);
  const name = model?.name ?? `ml_experiment_${String(experiment?.iid)}`;
  const made = createPackage(state, project.id, name, `candidate_${String(run.iid)}`);
  run.packageId = made.id;
  return made;
};

const SEGMENT = /^[A-Za-z0-9._+\- ]+$/;

/** The decoded path as it is stored: each name checked, joined with slashes, then encoded as a whole. */
const storedName = (call: Call): string => {
  const raw = call.rawPath["file"] ?? "";
  if (/%2f/i.test(raw)) throw message(400, "400 Bad request - file name is invalid");
  const segments = (call.path["file"] ?? "").split("/");
  if (segments.length > 1 && !call.state.options.fileFolders) throw noRoute();
  if (segments.some((each) => each === "." || each === ".." || !SEGMENT.test(each)))
    throw message(400, "400 Bad request - file name is invalid");
  return encodeURIComponent(segments.join("/"));
};

const statusOf = (call: Call): string | null => {
  const status = call.query.get("status");
  if (status !== null && status !== "default" && status !== "hidden")
    throw message(400, "status does not have a valid value");
  return status;
};

const checkSize = (call: Call, size: number): void => {
  if (size <= call.state.maxFileSize) return;
  throw call.state.options.tooLargeIs413
    ? message(413, "413 Request Entity Too Large")
    : message(400, "400 Bad request - Artifact file is too large");
};

/** Everything but the bytes. @throws Refusal */
const checkUpload = (call: Call): { project: Project; name: string; status: string | null } => {
  const { project, token } = open(call, ["api"]);
  requireRole(project, token, "developer");
  const name = storedName(call);
  const status = statusOf(call);
  checkSize(call, Number(call.headers["content-length"] ?? 0));
  if (!findRef(call.state, project, call.path["ref"] ?? "")) throw notFound();
  return { project, name, status };
};

/** Adds a row, whatever is there under that name already. The answer tells neither id nor digest. */
const put = (call: Call): Answer => {
  const { state, upload } = call;
  const { project, name, status } = checkUpload(call);
  if (!upload) throw message(400, "400 Bad request - file is missing");
  checkSize(call, upload.size);
  const pack = packageOf(state, project, call.path["ref"] ?? "");
  if (!pack) throw message(400, "400 Bad request - Package creation failed");
  const id = state.nextId("file");
  const path = join(state.folder, `file-${String(id)}`);
  renameSync(upload.path, path);
  const { size, sha256, sha1, md5 } = upload;
  pack.files.push({ id, packageId: pack.id, fileName: name, size, sha256, sha1, md5, createdAt: state.now(), path });
  if (status !== null) pack.status = status;
  return json({ message: "201 Created" }, 201);
};

const rangeOf = (header: string | undefined, size: number): { start: number; end: number } | "bad" | undefined => {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === "" || to === "" ? size : Math.min(Number(to) + 1, size);
  return start >= end ? "bad" : { start, end };
};

/** The file's bytes, or the part asked for where this release serves parts. */
export const download = (call: Call, file: PackageFile): Answer => {
  const etag = `"${file.md5}-${String(file.id)}"`;
  const headers = {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="${file.fileName.split("%2F").at(-1) ?? ""}"`,
  };
  const body: FileBody = { path: file.path, start: 0, end: file.size };
  if (!call.state.options.ranges) return { status: 200, headers, body };
  const parts = { ...headers, etag, "accept-ranges": "bytes" };
  const ifRange = call.headers["if-range"];
  const range = ifRange === undefined || ifRange === etag ? rangeOf(call.headers.range, file.size) : undefined;
  if (range === "bad") return { status: 416, headers: { "content-range": `bytes */${String(file.size)}` }, body: "" };
  if (!range) return { status: 200, headers: parts, body };
  const { start, end } = range;
  const contentRange = `bytes ${String(start)}-${String(end - 1)}/${String(file.size)}`;
  return { status: 206, headers: { ...parts, "content-range": contentRange }, body: { ...body, start, end } };
};

const get = (call: Call): Answer => {
  const { state } = call;
  const { project, token } = open(call, ["api", "read_api"]);
  if (!isAtLeast(project, token.userId, "reporter") && project.visibility !== "public") {
    if (state.options.guestDownload404) throw notFound();
    requireRole(project, token, "reporter");
  }
  const path = call.path["file"] ?? "";
  if (path.includes("/") && !state.options.fileFolders) throw noRoute();
  const name = encodeURIComponent(path);
  const pack = packageOf(state, project, call.path["ref"] ?? "");
  const file = pack?.files.findLast((each) => each.fileName === name);
  if (!pack || !file) throw notFound();
  pack.downloadedAt = state.now();
  if (!state.options.objectStorage) return download(call, file);
  const location = `${call.storage}/bucket/${String(file.id)}?X-Amz-Signature=${file.sha1}&X-Amz-Expires=600`;
  return { status: 302, headers: { location, "content-type": "text/plain" }, body: "" };
};

const AT = "/api/v4/projects/:id/packages/ml_models/:ref/files/*file";

export const packageFileRoutes: readonly Route[] = [
  route("PUT", AT, "files.put", put, (call) => void checkUpload(call)),
  route("GET", AT, "files.get", get),
];
