/**
 * The one reading of artifact paths that come from a client. A path that passes names a row and nothing else: blobs are
 * stored under their digest, so no user text ever becomes a file name. Source: mlflow/utils/uri.py validate_path_is_safe.
 */
import { DomainError } from "./errors.ts";

const MAX_PATH_BYTES = 1024;
const MAX_PART_BYTES = 255;
const MAX_PARTS = 32;
const MAX_SHOWN = 80;

const utf8 = new TextEncoder();
const bytesOf = (text: string): number => utf8.encode(text).byteLength;

const refusePath = (path: string, why: string): never => {
  const shown = path.toWellFormed().replace(/\p{Cc}/gu, "?");
  throw new DomainError(
    "invalid",
    `Invalid path '${shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown}': ${why}`,
  );
};

const isDots = (part: string): boolean => part === "." || part === "..";

/** Full-width dots and slashes read as `..` and `/` once somebody normalises the name. */
const hidesDots = (part: string): boolean => !isDots(part) && part.normalize("NFKC").split(/[/\\]/).some(isDots);

const assertSafe = (text: string, path: string): void => {
  if (/\p{Cc}/u.test(text)) refusePath(path, "it contains a control character");
  if (text.includes("\\")) refusePath(path, "it contains a backslash; folders are separated by '/'");
  if (text.includes("#")) refusePath(path, "it contains '#'");
  if (text.startsWith("/")) refusePath(path, "it is absolute; give it relative to the artifact root");
  if (/^file:|^[a-z][a-z0-9+.-]*:(?:\/|$)/i.test(text)) refusePath(path, "it begins with a drive or a scheme");
  const parts = text.split("/");
  if (parts.includes("..") || parts.some(hidesDots)) refusePath(path, "it leaves its folder");
};

/** Undoes the escapes of ASCII characters, the only ones that can hide a separator, a dot or a control character. */
const unescapeAscii = (text: string): string =>
  text.replace(/%([0-7][0-9a-f])/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** What is left when somebody else decodes the path again must be safe too. */
const assertSafeWhenDecodedAgain = (path: string): void => {
  for (let text = path, next = unescapeAscii(text); next !== text; text = next, next = unescapeAscii(text))
    assertSafe(next, path);
};

/**
 * Reads a path that is already percent-decoded (once). Empty and `.` parts fall away as in MLflow; `""` is the root.
 * @throws DomainError `invalid` naming what is wrong: `..`, a backslash, control characters, an absolute path, a drive
 * or scheme, more than 255 bytes in a part, 1024 in all or 32 parts.
 */
export const parseArtifactPath = (path: string): string => {
  if (!path.isWellFormed()) refusePath(path, "it is not valid Unicode");
  if (bytesOf(path) > MAX_PATH_BYTES) refusePath(path, `it is longer than ${MAX_PATH_BYTES} bytes`);
  assertSafe(path, path);
  assertSafeWhenDecodedAgain(path);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const normal = parts.join("/"); // what empty and `.` parts stood before may begin with a scheme or a slash
  assertSafe(normal, path);
  assertSafeWhenDecodedAgain(normal);
  if (parts.length > MAX_PARTS) refusePath(path, `it has more than ${MAX_PARTS} parts`);
  for (const part of parts)
    if (bytesOf(part) > MAX_PART_BYTES) refusePath(path, `a name in it is longer than ${MAX_PART_BYTES} bytes`);
  return normal;
};

/** Reads the path of a file to be written: as `parseArtifactPath`, but it must end in a name and hold no `.` part. */
export const parseFilePath = (path: string): string => {
  const parsed = parseArtifactPath(path);
  if (parsed === "" || path.endsWith("/")) refusePath(path, "it must end in a file name, not in '/'");
  if (path.split("/").includes(".")) refusePath(path, "it contains the part '.'");
  return parsed;
};

/** Percent-decodes once. @throws DomainError `invalid` for escapes that are no UTF-8 (overlong forms among them). */
export const decodePath = (encoded: string): string => {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return refusePath(encoded, "its percent escapes are not valid UTF-8");
  }
};

const SCHEME = "mlflow-artifacts:/";

/** Where a run's artifacts lie below the artifact root. */
export const runRoot = (experimentId: string | number, runId: string): string => `${experimentId}/${runId}/artifacts`;

/** Where a logged model's artifacts lie below the artifact root. */
export const loggedModelRoot = (experimentId: string | number, modelId: string): string =>
  `${experimentId}/models/${modelId}/artifacts`;

/** The URI of a root as clients see it. */
export const artifactUri = (root: string): string => `${SCHEME}${root}`;

/** The root within a URI of ours. @throws DomainError `invalid` for another scheme or an unsafe path. */
export const rootOfUri = (uri: string): string => {
  if (!uri.startsWith(SCHEME))
    throw new DomainError("invalid", `'${uri}' is not an artifact of this server; its URIs begin with ${SCHEME}`);
  return parseArtifactPath(uri.slice(SCHEME.length).replace(/^\/+/, ""));
};

/** A path below a root. */
export const below = (root: string, path: string): string =>
  path === "" ? root : root === "" ? path : `${root}/${path}`;
