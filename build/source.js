/** The project's own source as a list of files and lines: for the checks and measurements over all of it. */
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { root } from "./root.js";

const folders = ["shared", "electron", "renderer", "build", "test"];

/** Paths of all hand-written source files in the wanted folders, from the root, with `/`. */
export const sourceFiles = (wanted = folders) =>
  wanted
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)))
    .map((file) => file.replaceAll(sep, "/"))
    .filter((file) => /\.(?:ts|js|svelte|py|java)$/.test(file) && !/\/(?:fixtures|compiled)\//.test(file))
    .sort();

/**
 * The lines that name a gap, trimmed: `TODO(area): what and with which consequence`.
 * @param {string} text
 */
export const todosIn = (text) =>
  text
    .split("\n")
    .filter((line) => /(?:\/\/|\/\*\*?|\*|#|<!--)\s*(?:TODO)/.test(line))
    .map((line) => line.trim());

/**
 * True for a TODO that says whose it is and what follows from it.
 * @param {string} todo
 */
export const isOwned = (todo) => /TODO\([a-z-]+\): \S/.test(todo);
