/**
 * `GET /api/outpost/v1/preview/<path below the artifact root>`: files as a browser shows them. Active content (HTML,
 * XHTML, SVG) gets an opaque origin and a policy without any network, whoever opens it and however.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseArtifactPath } from "../../../shared/artifact-path.ts";
import { DomainError } from "../../../shared/errors.ts";
import { PREVIEW_FRAME_PATH, PREVIEW_PATH } from "../../../shared/api/outpost/artifacts.ts";
import { servedTypeOf, type ServedType } from "../../../shared/preview-types.ts";
import type { Artifacts } from "../../domain/artifacts/artifacts.ts";
import { createSendFile, restOfPath } from "../mlflow/artifact-files.ts";
import { fileHeaders } from "../mlflow/artifact-types.ts";

export interface PreviewDeps {
  readonly artifacts: Artifacts;
  readonly onError: (error: unknown) => void;
}

/**
 * Of a document that may run its own scripts and reach nothing: no request, no form, no worker, no frame, no parent. Its
 * links lead nowhere either: the page's `frame-src` keeps the frame on this host, and the sandbox keeps it in the frame.
 */
const sandboxPolicy = [
  "sandbox allow-scripts",
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval'",
  "style-src 'unsafe-inline'",
  "img-src data: blob:",
  "media-src data: blob:",
  "worker-src 'none'",
  "font-src data:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join("; ");

/** Of the rest. Chromium's PDF viewer refuses a sandbox, so a PDF gets none. */
const plainPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

const sandboxHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": sandboxPolicy,
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=(), clipboard-read=()",
};

const charset = (type: string): string => (type === "text/html" ? `${type}; charset=utf-8` : type);

/** Headers of a preview: shown in place, under the type that its name promises. */
const previewHeaders = (
  path: string,
  file: { sha256: string; modified_at: number },
  served: ServedType,
): Record<string, string> => ({
  ...fileHeaders(path, file),
  ...sandboxHeaders,
  ...(served.kind === "pdf" && { "content-security-policy": plainPolicy }),
  "content-type": charset(served.type),
  "content-disposition": "inline",
});

const PDF_WITHIN = 1024;

const assertPdf = async (artifacts: Artifacts, path: string): Promise<void> => {
  const file = artifacts.find(path);
  const pieces: Buffer[] = [];
  const head =
    file.size === 0 ? Buffer.alloc(0) : artifacts.read(file, { start: 0, end: Math.min(file.size, PDF_WITHIN) - 1 });
  if (Buffer.isBuffer(head)) pieces.push(head);
  else for await (const piece of head as AsyncIterable<Buffer>) pieces.push(piece);
  if (!Buffer.concat(pieces).includes("%PDF-"))
    throw new DomainError("invalid", `'${path}' is no PDF, whatever its name says: download it to look inside`);
};

/** A typed address or a link in a mail must not make active content a page of its own, which could navigate away. */
const assertFramed = (request: FastifyRequest, { kind, type }: ServedType): void => {
  const dest = request.headers["sec-fetch-dest"];
  const active = kind === "document" || type === "image/svg+xml";
  if (active && dest === "document")
    throw new DomainError(
      "denied",
      "This file may hold scripts: open it in Outpost's artifact browser, or download it",
    );
};

/**
 * An empty sandboxed document that writes what its parent sends it: HTML that has no address of its own, such as an
 * output of a notebook. It tells its height back.
 */
const FRAME = `<!doctype html><meta charset="utf-8"><title>Preview</title><script>
addEventListener("message", function write(event) {
  if (event.source !== parent || typeof event.data !== "string") return;
  removeEventListener("message", write);
  document.open(); document.write(event.data); document.close();
  var tell = function () { parent.postMessage({ height: document.documentElement.scrollHeight }, "*"); };
  new ResizeObserver(tell).observe(document.documentElement);
  tell();
});
parent.postMessage({ ready: true }, "*");
</script>`;

/** Mounts the preview route and the empty frame. */
export const mountPreview = (app: FastifyInstance, deps: PreviewDeps): void => {
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const path = parseArtifactPath(restOfPath(request, 4));
    const served = servedTypeOf(path);
    if (!served) throw new DomainError("invalid", `'${path}' is nothing a browser shows by itself: read it as text`);
    assertFramed(request, served);
    if (served.kind === "pdf") await assertPdf(deps.artifacts, path);
    const send = createSendFile(deps, (name, file) => previewHeaders(name, file, served));
    return send(request, reply, path);
  };
  app.route({ method: ["GET", "HEAD"], url: `${PREVIEW_PATH}/*`, handler: show, exposeHeadRoute: false });
  app.get(PREVIEW_FRAME_PATH, (_request, reply) =>
    reply.headers(sandboxHeaders).type("text/html; charset=utf-8").send(FRAME),
  );
};
