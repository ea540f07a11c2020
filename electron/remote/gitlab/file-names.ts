/**
 * What a file's path is called on GitLab, whose names have few letters, and in older releases no folders. A path that fits
 * is its own name; in any other one each part that does not fit is escaped, so that the name alone says the path.
 */

const FITS = /^[A-Za-z0-9._+\- ]+$/;
const PREFIX = "outpost-name.";
const ESCAPED = /^(?:[A-Za-z0-9.\- ]|_[0-9A-F]{2})+$/;

const hasPlace = (part: string): boolean => part !== "" && part !== "." && part !== "..";

const escape = (text: string): string => {
  const letters = Array.from(Buffer.from(text, "utf8"), (byte) => {
    const letter = String.fromCharCode(byte);
    return /[A-Za-z0-9.\- ]/.test(letter) ? letter : `_${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return PREFIX + letters.join("");
};

const nameOfPart = (part: string): string => (FITS.test(part) && !part.startsWith(PREFIX) ? part : escape(part));

/** What a part stands for; itself, unless `nameOf` would have written it. */
const readPart = (part: string): string => {
  if (!part.startsWith(PREFIX)) return part;
  const escaped = part.slice(PREFIX.length);
  if (!ESCAPED.test(escaped)) return part;
  const bytes = escaped.replace(/_(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return escape(text) === part && text.split("/").every(hasPlace) ? text : part;
};

/** The name on GitLab; `readName` has the path of it again. */
export const nameOf = (path: string, hasFolders: boolean): string =>
  hasFolders || !path.includes("/") ? path.split("/").map(nameOfPart).join("/") : escape(path);

/** The path that a name on GitLab stands for: the name itself, unless it is one of `nameOf`. */
export const readName = (name: string): string => name.split("/").map(readPart).join("/");

/** Whether a path can be kept at all. */
export const hasName = (path: string): boolean => path.split("/").every(hasPlace);
