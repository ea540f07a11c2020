/**
 * What goes into every package, written out as a folder: the bundle, the database's binding, licences and the bill of materials. A list of
 * what may, not of what may not: a file that nobody named here is in no package.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Licence } from "./licences.ts";
import { writePolicies } from "./policies.ts";
import { type Part, sbomOf } from "./sbom.ts";
import { root } from "./root.js";

/** The fields of `package.json` that packages speak of. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** What is known of the app without building it. */
export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/** For which of the two kinds of package: the desktop app brings Electron, the archive uses the machine's Node. */
export type Kind = "desktop" | "headless";

/** What only a window needs: the entry under Electron, what runs beside the page, the pictures of tray and window. */
const ofDesktop = /^(?:main\.js|preload\.c?js|icons(?:\/.*)?)$/;

/** True for a path below `dist/` that is shipped. Stamps, lists for the build and V8's cache are of this machine. */
export const isShipped = (path: string, kind: Kind): boolean => {
  const isProgram = /^[\w.-]+\.c?js$/.test(path) || /^(?:renderer|icons)(?:\/.*)?$/.test(path);
  return isProgram && (kind === "desktop" || !ofDesktop.test(path));
};

/** Where `dist/` says which packages are in it. */
const licencesInside = (): Licence[] =>
  (JSON.parse(readFileSync(join(root, "dist", "renderer", "licences.json"), "utf8")) as Licence[]).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );

const sqliteVersion = async (): Promise<string> => {
  const { default: Database } = await import("better-sqlite3");
  const db = new Database(":memory:");
  try {
    return String(db.prepare("SELECT sqlite_version()").pluck().get());
  } finally {
    db.close();
  }
};

/** The version of Electron that `package-lock.json` pins. */
export const electronVersion = (): string =>
  (JSON.parse(readFileSync(join(root, "node_modules", "electron", "package.json"), "utf8")) as { version: string })
    .version;

const licenceTexts = (inside: readonly Licence[]): string =>
  inside
    .map(({ name, version, licence, text }) => `${"=".repeat(78)}\n${name} ${version}: ${licence}\n\n${text.trim()}\n`)
    .join("\n");

const copyDist = (to: string, kind: Kind): void => {
  const dist = join(root, "dist");
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const name = path.replaceAll("\\", "/");
    if (!statSync(join(dist, path)).isFile() || !isShipped(name, kind)) continue;
    cpSync(join(dist, path), join(to, path), { recursive: true });
  }
};

/** The binding without its sources: what loads it, its licence, and the binary of every system. */
const copyBinding = (to: string): void => {
  const from = join(root, "node_modules", "better-sqlite3");
  for (const part of ["lib", "prebuilds", "LICENSE"]) cpSync(join(from, part), join(to, part), { recursive: true });
  const { name, version, main, license } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  writeFileSync(join(to, "package.json"), `${JSON.stringify({ name, version, main, license }, null, 2)}\n`);
};

/** One date for every file in every package: 2000-01-01. */
export const packageDate = new Date(Date.UTC(2000, 0, 1));

/** Gives all files below the folder the modes and the date that they have in a package, whatever the umask here. */
export const settle = (folder: string, programs: readonly string[] = []): void => {
  for (const path of [".", ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
    const whole = join(folder, path);
    const mayRun = statSync(whole).isDirectory() || programs.includes(path.replaceAll("\\", "/"));
    chmodSync(whole, mayRun ? 0o755 : 0o644);
    utimesSync(whole, packageDate, packageDate);
  }
};

/** Writes the papers that lie beside the programs: our licence, those of all packages, bill of materials, and templates of policies. */
export const writePapers = async (folder: string, kind: Kind): Promise<void> => {
  const inside = licencesInside();
  const parts: Part[] = [
    { type: "library", name: "sqlite", version: await sqliteVersion(), licence: "blessing" },
    ...(kind === "desktop"
      ? [{ type: "framework", name: "electron", version: electronVersion(), licence: "MIT" } as const]
      : []),
  ];
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), licenceTexts(inside));
  writeFileSync(join(folder, "sbom.cdx.json"), sbomOf(manifest, inside, parts));
  writePolicies(join(folder, "policy"));
};

/** Writes the app as it is inside a package into the folder, which is emptied first. `dist/` must be built. */
export const stageApp = async (folder: string, kind: Kind): Promise<void> => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  copyDist(join(folder, "dist"), kind);
  copyBinding(join(folder, "node_modules", "better-sqlite3"));
  await writePapers(folder, kind);
  const { name, version, description, license } = manifest;
  const own = {
    ...{ name, version, description, license },
    type: "module",
    main: kind === "desktop" ? "dist/main.js" : "dist/outpost.js",
    ...(kind === "desktop" && { productName: "Outpost", desktopName: "outpost.desktop" }),
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
  settle(folder);
};

/** Where packages are written: outside version control. */
export const releaseFolder = join(root, "release");

/** `outpost-headless-0.1.0` and the like. */
export const packageName = (what: string): string => `${manifest.name}-${what}-${manifest.version}`;
