/** Looks for secrets where none may be: every file of a folder but `secrets/`, and all that a process has said. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const SECRETS = /^data[/\\]secrets[/\\]/;

/** Places that hold one of the canaries, by name; never the canary itself. */
export const leaksOf = (folder: string, output: string, canaries: readonly string[]): string[] => {
  const holds = (bytes: Buffer): boolean =>
    canaries.some(
      (text) =>
        bytes.includes(text) ||
        bytes.includes(Buffer.from(text).toString("base64").slice(0, -4)) ||
        bytes.includes(encodeURIComponent(text)),
    );
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const leaks = files.flatMap((path) => {
    const name = relative(folder, path);
    if (!holds(readFileSync(path))) return [];
    const isPrivate = process.platform === "win32" || (statSync(path).mode & 0o077) === 0;
    return SECRETS.test(name) && isPrivate ? [] : [name];
  });
  return holds(Buffer.from(output)) ? [...leaks, "output"] : leaks;
};
