/** `GET /api/outpost/v1/download`: files and folders as one zip that is made while it is sent. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseArtifactPath } from "../../../shared/artifact-path.ts";
import { DOWNLOAD_PATH } from "../../../shared/api/outpost/artifacts.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Artifacts } from "../../domain/artifacts/artifacts.ts";
import { attachment } from "../mlflow/artifact-types.ts";

type Selection = Parameters<Artifacts["zip"]>[0];

interface Download {
  readonly selection: Selection;
  readonly name: string | undefined;
}

export type Downloads = ReturnType<typeof createDownloads>;

const KEPT = 50;
const KEPT_MS = 600_000;

/** Selections that wait to be fetched, the newest few of the last minutes. They hold names, no bytes. */
export const createDownloads = (now: () => number) => {
  const kept = new Map<string, Download & { until: number }>();
  return {
    /** Keeps a selection and gives the address of its zip. */
    keep: (download: Download): string => {
      const token = randomBytes(16).toString("hex");
      kept.set(token, { ...download, until: now() + KEPT_MS });
      for (const key of [...kept.keys()].slice(0, -KEPT)) kept.delete(key);
      return `${DOWNLOAD_PATH}?selection=${token}`;
    },
    /** @throws DomainError `not_found` for an address that is unknown or too old. */
    find: (token: string): Download => {
      const download = kept.get(token);
      if (!download || download.until < now())
        throw new DomainError("not_found", "This download has waited too long: choose the files again");
      return download;
    },
  };
};

/** A root as a listing names it. @throws DomainError `invalid` for what is no path, or the root of all. */
export const parseRoot = (root: string): string => {
  const parsed = parseArtifactPath(root);
  if (parsed === "") throw new DomainError("invalid", "'root' must name a run's or a model's artifact folder");
  return parsed;
};

/** Paths as they come over the wire, checked. @throws DomainError `invalid` naming the path. */
export const selectionOf = (root: string, paths: readonly string[]): Selection => ({
  root: parseRoot(root),
  paths: paths.map(parseArtifactPath),
});

const wanted = (request: FastifyRequest, downloads: Downloads): Download => {
  const url = request.raw.url ?? "";
  const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?") + 1) : "");
  const token = query.get("selection");
  if (token !== null) return downloads.find(token);
  const root = query.get("root");
  if (!root) throw new DomainError("invalid", "Missing value for required parameter 'root'.");
  return { selection: selectionOf(root, query.getAll("path")), name: query.get("name") ?? undefined };
};

const MAX_NAME = 200;
const lastOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The zip's name: as asked for, else that of the only folder, else "artifacts". */
const fileName = ({ selection: { paths }, name }: Download): string => {
  const only = paths.length === 1 ? lastOf(paths[0] ?? "") : "";
  const word = (name ?? "").trim() || only || "artifacts";
  return `${[...word.toWellFormed().replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, "_")].slice(0, MAX_NAME).join("")}.zip`;
};

export interface DownloadDeps {
  readonly artifacts: Artifacts;
  readonly downloads: Downloads;
  /** Told when a zip breaks off because a file is not what it was. */
  readonly onError: (error: unknown) => void;
}

/** Mounts the download. A client that goes away ends the zip; a damaged file ends the connection. */
export const mountDownload = (app: FastifyInstance, { artifacts, downloads, onError }: DownloadDeps): void => {
  app.get(DOWNLOAD_PATH, { exposeHeadRoute: false }, async (request, reply: FastifyReply) => {
    const download = wanted(request, downloads);
    const zip = await artifacts.zip(download.selection);
    zip.stream.once("error", onError);
    return reply
      .headers({
        "content-type": "application/zip",
        "content-length": String(zip.size),
        "content-disposition": attachment(fileName(download)),
        "content-security-policy": "sandbox; default-src 'none'",
      })
      .send(zip.stream);
  });
};
