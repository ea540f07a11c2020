/**
 * Content types and headers of artifacts. A file is always an attachment: an artifact never runs on the interface's
 * origin. Source: mlflow/utils/mime_type_utils.py, Python's mimetypes, RFC 6266 and RFC 8187.
 */

/** Served as text/plain whatever the system says, as MLflow does. */
const TEXT = new Set(
  "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel MLproject".split(
    " ",
  ),
);

/** What a browser would run: named, but handed out as plain bytes. */
const ACTIVE = new Set("html htm xhtml xht shtml svg svgz mjs xsl xslt mht mhtml swf".split(" "));

const TYPES = new Map(
  Object.entries({
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/gzip": "tgz",
    "application/x-tar": "tar",
    "application/vnd.apache.parquet": "parquet",
    "application/x-hdf5": "h5 hdf5",
    "audio/mpeg": "mp3 mp2",
    "audio/x-wav": "wav",
    "audio/ogg": "ogg oga opus",
    "audio/flac": "flac",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg jpeg jpe",
    "image/png": "png",
    "image/tiff": "tif tiff",
    "image/webp": "webp",
    "image/vnd.microsoft.icon": "ico",
    "text/css": "css",
    "text/x-python": "PY",
    "video/mp4": "mp4",
    "video/mpeg": "mpeg mpg mpe",
    "video/quicktime": "mov qt",
    "video/webm": "webm",
    "video/x-msvideo": "avi",
  }).flatMap(([type, extensions]) => extensions.split(" ").map((extension) => [extension, type] as const)),
);
const ENCODINGS = new Set(["gz", "bz2", "xz", "Z", "br"]);
const BINARY = "application/octet-stream";

const extensionOf = (name: string): string =>
  /^\.+[^.]*$/.test(name) || !name.includes(".") ? "" : name.slice(name.lastIndexOf(".") + 1);

/** The Content-Type of a file by its name. */
const contentTypeOf = (name: string): string => {
  const extension = extensionOf(name);
  if (TEXT.has(extension === "" ? name : extension)) return "text/plain";
  if (ENCODINGS.has(extension))
    return extensionOf(name.slice(0, -extension.length - 1)) === "tar" ? "application/x-tar" : BINARY;
  if (ACTIVE.has(extension.toLowerCase())) return BINARY;
  return TYPES.get(extension) ?? TYPES.get(extension.toLowerCase()) ?? BINARY;
};

const quote = (text: string): string =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, "\\$&")}"`;

/** Content-Disposition of a download; names beyond ASCII travel percent-encoded beside a plain one. */
export const attachment = (name: string): string => {
  const ascii = name.normalize("NFKD").replace(/[^\x20-\x7e]/g, "");
  if (ascii === name) return `attachment; filename=${quote(name)}`;
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename=${quote(ascii === "" ? "download" : ascii)}; filename*=UTF-8''${encoded}`;
};

/** Headers of every answer that carries a file's bytes. */
export const fileHeaders = (path: string, file: { sha256: string; modified_at: number }): Record<string, string> => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return {
    "content-type": contentTypeOf(name),
    "content-disposition": attachment(name),
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "accept-ranges": "bytes",
    "cache-control": "no-cache",
    etag: `"${file.sha256}"`,
    "last-modified": new Date(file.modified_at).toUTCString(),
  };
};
