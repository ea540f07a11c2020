import { extensionOf, servedTypeOf } from "../../shared/preview-types.ts";
import { nameOf } from "./paths.ts";

/** A way to look at a file. */
export type ViewId =
  "image" | "audio" | "video" | "pdf" | "page" | "table" | "parquet" | "tree" | "notebook" | "markdown" | "text";

/** A file larger than this is loaded only on request, unless it is read in parts. Bytes. */
export const ASK_ABOVE = 5_000_000;

const BY_EXTENSION: ReadonlyMap<string, readonly ViewId[]> = new Map(
  (
    [
      ["csv tsv tab", ["table", "text"]],
      ["parquet pq", ["parquet"]],
      ["json geojson jsonl.json webmanifest", ["tree", "text"]],
      ["yaml yml", ["tree", "text"]],
      ["ipynb", ["notebook", "tree", "text"]],
      ["md markdown mdown", ["markdown", "text"]],
      ["html htm xhtml xht", ["page", "text"]],
      ["svg", ["image", "page", "text"]],
    ] as const
  ).flatMap(([extensions, views]) =>
    extensions.split(" ").map((extension): [string, readonly ViewId[]] => [extension, views]),
  ),
);

/** YAML by MLflow's own names. */
const YAML_NAMES = new Set(["MLmodel", "MLproject"]);

/** The ways to look at a file, the best one first. Text is tried for whatever has no known kind. */
export const viewsOf = (path: string): readonly ViewId[] => {
  if (YAML_NAMES.has(nameOf(path))) return ["tree", "text"];
  const known = BY_EXTENSION.get(extensionOf(path));
  if (known) return known;
  const served = servedTypeOf(path);
  return served && served.kind !== "document" ? [served.kind] : ["text"];
};

/** Read in parts or streamed by the browser: their size matters little. */
const IN_PARTS: ReadonlySet<ViewId> = new Set(["audio", "video", "table", "parquet", "text"]);

/** Whether a file is large enough to ask before it is loaded for this view. */
export const asksFirst = (view: ViewId, size: number): boolean => size > ASK_ABOVE && !IN_PARTS.has(view);

/** Logs grow at their end: they open there. */
export const isLog = (path: string): boolean => /^(?:log|out|err|stdout|stderr)$/.test(extensionOf(path));

const LANGUAGES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    python: "py pyi",
    json: "json jsonl ndjson ipynb geojson",
    yaml: "yaml yml",
    bash: "sh bash zsh",
    diff: "diff patch",
    xml: "xml html htm xhtml svg",
    sql: "sql",
    markdown: "md markdown",
    ini: "ini toml cfg conf properties",
  }).flatMap(([language, extensions]) =>
    extensions.split(" ").map((extension): [string, string] => [extension, language]),
  ),
);

/** What a text's colours go by; undefined for plain text. */
export const languageOf = (path: string): string | undefined =>
  YAML_NAMES.has(nameOf(path)) ? "yaml" : LANGUAGES.get(extensionOf(path));
