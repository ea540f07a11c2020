/**
 * Reads the URI a model version is made from the way MLflow's server does, and refuses what could lead out of the place
 * it names. Pure. Source: mlflow/server/handlers.py, store/artifact/host_policy.py and Python's urllib.parse.
 */
import { DomainError } from "../../../shared/errors.ts";

export interface Uri {
  readonly scheme: string; // lower case; "" for a path
  readonly authority: string;
  readonly path: string;
}

/** What a `models:/` URI names. */
export type ModelUri =
  | { readonly type: "logged_model"; readonly model_id: string }
  | { readonly type: "version"; readonly name: string; readonly version: string }
  | { readonly type: "stage"; readonly name: string; readonly stage: string | undefined } // undefined: the latest of all
  | { readonly type: "alias"; readonly name: string; readonly alias: string };

/** Schemes whose client connects to a host of the URI's choice. Source: store/artifact/host_policy.py */
const HOST_ADDRESSED = new Set(["ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss"]);

/** urllib.parse.urlparse, as far as it is needed here. */
export const parseUri = (text: string): Uri => {
  // Python drops these characters before it parses
  let rest = text.replace(/^[\0-\x20]+/, "").replace(/[\t\r\n]/g, "");
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest)?.[1];
  if (scheme !== undefined) rest = rest.slice(scheme.length + 1);
  let authority = "";
  if (rest.startsWith("//")) {
    const end = rest.slice(2).search(/[/?#]/);
    authority = end < 0 ? rest.slice(2) : rest.slice(2, end + 2);
    rest = rest.slice(authority.length + 2);
  }
  return { scheme: scheme?.toLowerCase() ?? "", authority, path: rest.replace(/[?#].*$/s, "") };
};

/** One round of percent-decoding; bytes that are no UTF-8 become U+FFFD. */
const unquote = (text: string): string =>
  text.replace(/(?:%[0-9a-fA-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"));

const settle = (text: string, step: (text: string) => string): string => {
  let [before, after] = [text, step(text)];
  while (after !== before) [before, after] = [after, step(after)];
  return after;
};

const invalid = (source: string, why: string): DomainError =>
  new DomainError("invalid", `Invalid model version source: '${source}'. ${why}`);

/** The refusal for a source that is not part of what `parameter` identifies. */
export const foreignSource = (source: string, parameter: "run_id" | "model_id"): DomainError =>
  invalid(source, `The ${parameter} request parameter must identify the resource that contains the source.`);

/**
 * Refuses a source that selects a host, a local path, or a path that is relative in any encoding.
 * @throws DomainError `invalid`, naming the way out.
 */
export const assertSafeSource = (source: string): void => {
  const { scheme, authority } = parseUri(source);
  if (HOST_ADDRESSED.has(scheme) || (scheme === "mlflow-artifacts" && authority !== ""))
    throw new DomainError(
      "invalid",
      `'source' cannot use the '${scheme}' scheme: it addresses a host other than this server. Log the files to a run or a logged model first.`,
    );
  if (scheme === "" || scheme === "file")
    throw invalid(
      source,
      "A local path cannot be a model version's source: log the files to a run or a logged model first.",
    );
  if (/[[\]]/.test(authority)) throw invalid(source, "Its host is not valid.");
  const plain = settle(source, (text) => unquote(text.replaceAll("+", " ")));
  const path = parseUri(plain).path.replace(/\/+$/, "").replace(/\/+/g, "/");
  const isRelative =
    [...path.split("/"), ...plain.split("/")].some((part) => part === "..") || path.split("/").includes(".");
  if (!path.startsWith("/") || isRelative || path.includes("\0"))
    throw invalid(source, "An absolute path must be provided without relative path references present.");
};

/** The parts of a path, each decoded until it no longer changes. */
export const pathParts = (path: string): string[] =>
  path
    .split("/")
    .filter((part) => part !== "")
    .map((part) => settle(part, unquote));

/** The path below the artifact root that an `mlflow-artifacts:/` URI names, as the proxy reads it. */
export const artifactPath = (uri: Uri): string =>
  uri.path
    .split("/")
    .filter((part) => part !== "")
    .join("/");

/** The run and the path below it that a `runs:/` URI names. */
export const parseRunsUri = (uri: Uri): { run_id: string; path: string } => {
  const [run_id = "", ...rest] = uri.path.slice(1).split("/");
  return { run_id, path: rest.filter((part) => part !== "").join("/") };
};

/** Reads a `models:/` URI; undefined if it is none. Source: mlflow/store/artifact/utils/models.py */
export const parseModelUri = ({ path }: Uri): ModelUri | undefined => {
  if (!path.startsWith("/") || path.length === 1) return undefined;
  const [name = "", suffix, ...more] = path.replace(/^\/+/, "").split("/");
  if (more.length > 0 || name.trim() === "" || suffix?.trim() === "") return undefined;
  if (suffix !== undefined) {
    if (/^\p{Nd}+$/u.test(suffix)) return { type: "version", name, version: suffix };
    return { type: "stage", name, stage: suffix.toLowerCase() === "latest" ? undefined : suffix };
  }
  const at = name.lastIndexOf("@");
  if (at < 0) return { type: "logged_model", model_id: name };
  const alias = name.slice(at + 1);
  return alias.trim() === "" ? undefined : { type: "alias", name: name.slice(0, at), alias };
};
