/**
 * `npm run package:check`: packs the desktop app for Linux as its installers are packed, with a stand-in for Electron, and looks at what
 * came out. The stand-in's program is Node, with the bytes behind it in which Electron keeps its fuses. Needs no network and gets none.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { extractAll } from "@electron/asar";
import { ensureBuilt } from "./built.js";
import { fuses, oppositeWire, readFuses } from "./fuses.ts";
import { asarDigests, type Packed } from "./package.ts";
import { filesIn, findings } from "./package-contents.ts";
import { canCutOff, runCutOff, type Smoke, smoke } from "./package-sandbox.ts";
import { electronVersion } from "./package-stage.ts";
import { policyTemplates } from "./policies.ts";
import { root, say } from "./root.js";

/** The most that the app may weigh without Electron. */
export const allowedBytes = 60_000_000;

/** Writes a folder that electron-builder takes for Electron's. */
export const makeStandIn = (folder: string): string => {
  mkdirSync(join(folder, "resources"), { recursive: true });
  mkdirSync(join(folder, "locales"), { recursive: true });
  writeFileSync(join(folder, "electron"), Buffer.concat([readFileSync(process.execPath), oppositeWire()]), {
    mode: 0o755,
  });
  writeFileSync(join(folder, "version"), electronVersion());
  for (const name of ["LICENSE", "LICENSES.chromium.html"]) writeFileSync(join(folder, name), "stand-in\n");
  for (const name of ["en-US", "de", "ja", "ko"]) writeFileSync(join(folder, "locales", `${name}.pak`), "stand-in\n");
  return folder;
};

/** What the check found. */
export interface Report {
  /** What is wrong, in words; empty when all is well. */
  readonly wrong: readonly string[];
  /** What our part of the package weighs. */
  readonly sizeBytes: number;
  readonly asarSha256: string;
  readonly smoke: Smoke;
}

const pack = async (work: string, electron: string): Promise<Packed> => {
  const args = ["--system", "linux", "--folder-only", "--work", work, "--electron", electron];
  const env = { ...process.env, HOME: join(work, "home"), ELECTRON_BUILDER_CACHE: join(work, "cache"), CI: "true" };
  await runCutOff(process.execPath, [join(root, "build", "package.ts"), ...args], env);
  const [asar] = asarDigests(join(work, "desktop"));
  if (!asar) throw new Error("electron-builder made no app.asar");
  return asar;
};

const fuseComplaints = (program: string): string[] => {
  const set = readFuses(readFileSync(program));
  return Object.entries(fuses).flatMap(([name, wanted]) =>
    set[name] === wanted ? [] : [`fuse ${name} is not ${wanted}`],
  );
};

const binaryHere = `node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`;

/** Loads the binding's binary from where it lies beside the archive. */
const loadUnpacked = (extracted: string, unpacked: string): Promise<string> => {
  const script = `const Database = require(process.argv[1]);
    const db = new Database(":memory:", { nativeBinding: process.argv[2] });
    console.log(db.prepare("SELECT sqlite_version()").pluck().get());`;
  const binding = join(extracted, "node_modules", "better-sqlite3");
  return runCutOff(process.execPath, ["-e", script, binding, join(unpacked, binaryHere)]);
};

const weigh = (files: readonly string[]): number => files.reduce((sum, file) => sum + statSync(file).size, 0);

const papers = [
  ...["LICENSE", "LINUX.md", "THIRD-PARTY-LICENSES.txt", "sbom.cdx.json"],
  ...Object.keys(policyTemplates()).map((name) => `policy/${name}`),
];

const lookAt = async (asar: string, work: string): Promise<Omit<Report, "asarSha256">> => {
  const resources = dirname(asar);
  const unpacked = `${asar}.unpacked`;
  const program = join(dirname(resources), "outpost-desktop");
  const extracted = join(work, "extracted");
  extractAll(asar, extracted);
  const beside = filesIn(resources).filter((path) => !path.startsWith("app.asar.unpacked/"));
  const wrong = [
    ...findings(extracted, "desktop"),
    ...fuseComplaints(program),
    ...(filesIn(unpacked).join() === binaryHere
      ? []
      : [`unpacked are ${filesIn(unpacked).join()}, not ${binaryHere} alone`]),
    ...papers.filter((paper) => !beside.includes(paper)).map((paper) => `${paper} is missing beside the app`),
    ...beside.filter((path) => ![...papers, "app.asar"].includes(path)).map((path) => `${path} should not be there`),
  ];
  if (!(await loadUnpacked(extracted, unpacked)).startsWith("3.")) wrong.push("SQLite does not say its version");
  const sizeBytes = weigh(filesIn(resources).map((path) => join(resources, path)));
  if (sizeBytes > allowedBytes) wrong.push(`${sizeBytes} bytes are more than ${allowedBytes}`);
  // Plain Node cannot run from an archive: what was in it runs from a folder.
  return { wrong, sizeBytes, smoke: await smoke([process.execPath, join(extracted, "dist", "outpost.js")]) };
};

/** Packs twice, compares, looks, boots. `dist/` must be built. */
export const checkDesktop = async (): Promise<Report> => {
  const work = mkdtempSync(join(tmpdir(), "outpost-package-"));
  try {
    const electron = makeStandIn(join(work, "electron"));
    const { file, sha256 } = await pack(join(work, "first"), electron);
    const again = await pack(join(work, "second"), electron);
    const report = await lookAt(file, work);
    const differs = again.sha256 === sha256 ? [] : ["packing twice gave two archives"];
    return { ...report, asarSha256: sha256, wrong: [...report.wrong, ...differs] };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  if (process.platform !== "linux") {
    say("package:check packs for Linux and runs what it packed: it needs Linux");
    process.exit(1);
  }
  await ensureBuilt(process.execPath);
  const { wrong, sizeBytes, asarSha256, smoke: used } = await checkDesktop();
  console.log(`app.asar: sha256 ${asarSha256}, the same when packed again`);
  console.log(`size without Electron: ${(sizeBytes / 1e6).toFixed(1)} MB of ${allowedBytes / 1e6} MB`);
  console.log(`booted from the archive's contents, used by ${used.client}, ${used.pageParts} files of the page served`);
  console.log(
    canCutOff()
      ? "network: none but this machine's own address"
      : "network: could not be cut off here, proxies led nowhere",
  );
  for (const one of wrong) console.log(`WRONG: ${one}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
