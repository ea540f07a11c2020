/**
 * One text that every secret of the tests carries, so that whoever looks for leaks needs no list of them. No folder, no
 * output and no report may hold it in any form; `test/canary` looks.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Letters and digits alone: what quotes, escapes or cuts texts leaves it whole. Nothing else reads like it by chance. */
export const CANARY = "cNry7Kz4QwX9";

/** A GitLab token as GitLab makes them; `name` keeps two of them apart. */
export const gitlabToken = (name = "0"): string =>
  `glpat-${CANARY}${name.replaceAll(/[^A-Za-z0-9]/g, "").padEnd(8, "0")}`;

/** A password or a passphrase: nothing in it tells that it is one. */
export const password = (name = "open"): string => `${name}${CANARY}`;

/** A user's own file, which may hold a secret: who looks for leaks passes it by, by its name. */
export const byHand = (folder: string, text: string, mode = 0o600): string => {
  const path = join(folder, "token.by-hand");
  writeFileSync(path, text, { mode });
  return path;
};
