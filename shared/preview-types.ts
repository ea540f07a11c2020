/** What the preview route serves, by file name: the one list for the server, which names the type, and the page. */

/** `document` is active content: only ever shown in a sandboxed frame with a policy of its own. */
export type ServedKind = "image" | "audio" | "video" | "pdf" | "document";

export interface ServedType {
  readonly kind: ServedKind;
  readonly type: string; // media type
}

const TYPES: Readonly<Record<ServedKind, Readonly<Record<string, string>>>> = {
  image: {
    "image/png": "png apng",
    "image/jpeg": "jpg jpeg jpe jfif",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/vnd.microsoft.icon": "ico",
    "image/svg+xml": "svg",
  },
  audio: {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg oga opus",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/webm": "weba",
  },
  video: {
    "video/mp4": "mp4 m4v",
    "video/webm": "webm",
    "video/ogg": "ogv",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
  },
  pdf: { "application/pdf": "pdf" },
  document: { "text/html": "html htm", "application/xhtml+xml": "xhtml xht" },
};

const byExtension: ReadonlyMap<string, ServedType> = new Map(
  (["image", "audio", "video", "pdf", "document"] as const).flatMap((kind) =>
    Object.entries(TYPES[kind]).flatMap(([type, extensions]) =>
      extensions.split(" ").map((extension): [string, ServedType] => [extension, { kind, type }]),
    ),
  ),
);

/** The extension of a path's last part, in lower case; "" for none. */
export const extensionOf = (path: string): string => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
};

/** How the preview route serves a file; undefined for what it does not serve: the page reads that itself, as text. */
export const servedTypeOf = (path: string): ServedType | undefined => byExtension.get(extensionOf(path));
