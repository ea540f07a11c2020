/** What must not be in a package, looked for in its files. */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Kind } from "./package-stage.ts";
import { root } from "./root.js";

/** All files below a folder, with `/`, sorted. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted();

/** How secrets look where they are printed into a file: keys of clouds and forges, private keys, signed tokens. */
const secrets: Readonly<Record<string, RegExp>> = {
  "a GitLab token": /\bgl(?:pat|dt|rt|cbt|ptt|oas)-[\w-]{20,}/,
  "a GitHub token": /\b(?:gh[pousr]_\w{36}|github_pat_\w{22,})/,
  "an npm token": /\bnpm_[A-Za-z0-9]{36}\b/,
  "an AWS key": /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  "a Slack token": /\bxox[abprs]-[\w-]{10,}/,
  "a private key": /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{32}/,
  "a signed token": /\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}/,
};

const binary = /\.(?:node|png|ico|icns|br|gz|woff2?)$/;

/**
 * Folders of this checkout: one in a file says that something of the build got in. Not the checkout's own name alone, which may be as
 * short as `/app` and stand in anybody's text.
 */
const foldersHere = (): readonly string[] => {
  const inside = ["electron", "renderer", "shared", "build", "dist", "node_modules"].map((name) => join(root, name));
  return [...new Set([...inside, realpathSync(join(root, "node_modules"))])].map((folder) => join(folder, "/"));
};

/** The home folder, looked for in texts alone: a binary of the binding may have been built by another user of the same name. */
const homeHere = (): readonly string[] => (homedir().length > "/root".length ? [join(homedir(), "/")] : []);

/** What is wrong with one file's text, in words. */
export const complaintsOf = (text: string, folders: readonly string[]): string[] => [
  ...Object.entries(secrets).flatMap(([what, form]) => (form.test(text) ? [`holds ${what}`] : [])),
  ...folders.filter((folder) => text.includes(folder)).map((folder) => `names ${folder}, a folder of this machine`),
  ...(/[#@] sourceMappingURL=data:|"sourcesContent"\s*:/.test(text) ? ["holds a source map with sources"] : []),
];

/** Files that may be in an app: said a second time, in other words than where it is staged. */
const expected: readonly RegExp[] = [
  /^package\.json$/,
  /^dist\/[\w-]+\.js$/,
  /^dist\/renderer\/(?:index\.html|licences\.json|assets\/[\w.-]+\.(?:js|css|svg|png|woff2|wasm))(?:\.br|\.gz)?$/,
  /^node_modules\/better-sqlite3\/(?:package\.json|LICENSE|lib\/[\w/-]+\.js|prebuilds\/[\w-]+\.node)$/,
];
const expectedOfDesktop: readonly RegExp[] = [
  /^dist\/preload\.cjs$/,
  /^dist\/icons\/(?:tray|trayTemplate|icon)[\w@.]*\.png$/,
];

const isExpected = (path: string, kind: Kind): boolean =>
  [...expected, ...(kind === "desktop" ? expectedOfDesktop : [])].some((form) => form.test(path));

const isSource = (path: string): boolean =>
  /\.(?:ts|svelte|map|tsx|py)$|(?:^|\/)(?:tests?|__tests__)\/|\.test\./.test(path);

/** Everything wrong with the files of an app as packed, in words. */
export const findings = (folder: string, kind: Kind): string[] => {
  const [inAny, inTexts] = [foldersHere(), [...foldersHere(), ...homeHere()]];
  return filesIn(folder).flatMap((path) => {
    const isBinary = binary.test(path);
    const text = readFileSync(join(folder, path), isBinary ? "latin1" : "utf8");
    return [
      ...(isExpected(path, kind) ? [] : ["is not on the list of what may be in"]),
      ...(isSource(path) ? ["is a source or a test"] : []),
      ...complaintsOf(text, isBinary ? inAny : inTexts),
    ].map((complaint) => `${path} ${complaint}`);
  });
};
