/**
 * The interface at `/`: the files of one folder, read once at start and answered from memory. Each file has a route of
 * its own, so no path of a client ever reaches a file system.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { pageHeaders } from "../gate/headers.ts";

interface PageFile {
  readonly path: string; // URL path, "/" for index.html
  readonly type: string;
  readonly etag: string;
  readonly immutable: boolean; // its name holds its content's hash
  readonly bodies: { readonly plain: Buffer; readonly br?: Buffer; readonly gzip?: Buffer };
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

const NOT_BUILT = "The interface is not built yet: run `npm run build`. The API answers as usual.\n";

const readPage = (folder: string): PageFile[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => TYPES[extname(name)] !== undefined && statSync(join(folder, name)).isFile())
    .map((name) => {
      const plain = readFileSync(join(folder, name));
      const packed = (extension: string): Buffer | undefined => {
        const path = join(folder, name + extension);
        return statSync(path, { throwIfNoEntry: false }) && readFileSync(path);
      };
      const br = packed(".br");
      const gzip = packed(".gz");
      return {
        path: name === "index.html" ? "/" : `/${name}`,
        type: TYPES[extname(name)] ?? "application/octet-stream",
        etag: `"${createHash("sha256").update(plain).digest("hex").slice(0, 32)}"`,
        immutable: name.startsWith("assets/"),
        bodies: { plain, ...(br && { br }), ...(gzip && { gzip }) },
      };
    });

const sendFile = (file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const encoding =
    /\bbr\b/.test(accepted) && file.bodies.br ? "br" : /\bgzip\b/.test(accepted) && file.bodies.gzip ? "gzip" : "plain";
  void reply.headers({
    ...pageHeaders,
    etag: file.etag,
    vary: "accept-encoding",
    "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
  });
  if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
  if (encoding !== "plain") void reply.header("content-encoding", encoding);
  return reply.type(file.type).send(file.bodies[encoding] ?? file.bodies.plain);
};

/**
 * Mounts the built interface of `folder`; where it was never built, `/` says how to. `onOpen` is told of each time that
 * somebody opens it.
 */
export const mountPage = (app: FastifyInstance, folder: string, onOpen?: () => void): void => {
  if (!statSync(join(folder, "index.html"), { throwIfNoEntry: false })) {
    app.get("/", (_request, reply) =>
      reply.headers(pageHeaders).type("text/plain; charset=utf-8").code(503).send(NOT_BUILT),
    );
    return;
  }
  for (const file of readPage(folder))
    app.get(file.path, (request, reply) => {
      if (file.path === "/") onOpen?.();
      return sendFile(file, request, reply);
    });
};
