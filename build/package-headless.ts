/** `npm run package:headless`: one archive for every system that has Node 22 or newer. Its contents are described in `headless/README.md`. */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./built.js";
import { manifest, packageDate, packageName, releaseFolder, settle, stageApp } from "./package-stage.ts";
import { signingKey, writeSums } from "./package-sums.ts";
import { tarGz } from "./package-tar.ts";
import { root } from "./root.js";

const sources = join(root, "build", "headless");
const papers = ["LICENSE", "THIRD-PARTY-LICENSES.txt", "policy", "sbom.cdx.json"];

/** Lays the archive's tree out. The binding comes with the binaries of all systems: who carries a file in need not ask for which machine. */
export const stageHeadless = async (folder: string): Promise<void> => {
  await stageApp(join(folder, "app"), "headless");
  mkdirSync(join(folder, "bin"), { recursive: true });
  cpSync(join(sources, "outpost"), join(folder, "bin", "outpost"));
  const command = readFileSync(join(sources, "outpost.cmd"), "utf8").replaceAll(/\r?\n/g, "\r\n");
  writeFileSync(join(folder, "bin", "outpost.cmd"), command);
  mkdirSync(join(folder, "systemd"), { recursive: true });
  cpSync(join(sources, "outpost.service"), join(folder, "systemd", "outpost.service"));
  const readme = readFileSync(join(sources, "README.md"), "utf8").replaceAll("@VERSION@", manifest.version);
  writeFileSync(join(folder, "README.md"), readme);
  for (const paper of papers) renameSync(join(folder, "app", paper), join(folder, paper));
  settle(folder, ["bin/outpost"]);
};

/** Writes the archive into the folder and says what it is. */
export const packHeadless = async (
  into: string,
): Promise<{ readonly file: string; readonly sha256: string; readonly sizeBytes: number }> => {
  const name = packageName("headless");
  const tree = join(into, name);
  rmSync(tree, { recursive: true, force: true });
  try {
    await stageHeadless(tree);
    const bytes = tarGz(tree, name, packageDate);
    const file = join(into, `${name}.tar.gz`);
    writeFileSync(file, bytes);
    return { file, sha256: createHash("sha256").update(bytes).digest("hex"), sizeBytes: bytes.length };
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  await ensureBuilt(process.execPath);
  mkdirSync(releaseFolder, { recursive: true });
  const { file, sha256, sizeBytes } = await packHeadless(releaseFolder);
  writeSums(releaseFolder, [file], signingKey());
  console.log(`${file}\n${(sizeBytes / 1e6).toFixed(1)} MB, sha256 ${sha256}`);
}
