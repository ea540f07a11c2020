import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesIn, findings } from "../../build/package-contents.ts";
import { packHeadless } from "../../build/package-headless.ts";
import { canCutOff, smoke } from "../../build/package-sandbox.ts";
import { manifest, packageName } from "../../build/package-stage.ts";
import { policyTemplates } from "../../build/policies.ts";

const work = mkdtempSync(join(tmpdir(), "outpost-headless-"));
const name = packageName("headless");
const unpacked = join(work, "empty", name);
let archive: { file: string; sha256: string; sizeBytes: number };

beforeAll(async () => {
  for (const folder of ["one", "two", "empty"]) mkdirSync(join(work, folder));
  archive = await packHeadless(join(work, "one"));
  const { status, stderr } = spawnSync("tar", ["-xzf", archive.file, "-C", join(work, "empty")], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const papers = [
  ...["LICENSE", "README.md", "THIRD-PARTY-LICENSES.txt", "sbom.cdx.json"],
  ...Object.keys(policyTemplates()).map((name) => `policy/${name}`),
];
const others = ["bin/outpost", "bin/outpost.cmd", "systemd/outpost.service"];

test("the archive is the same bytes when it is made again", async () => {
  expect((await packHeadless(join(work, "two"))).sha256).toBe(archive.sha256);
  console.log(`${name}.tar.gz: ${(archive.sizeBytes / 1e6).toFixed(1)} MB, sha256 ${archive.sha256}`);
});

test("it holds host, command line, interface, the binding for every system, and its papers; nothing else", () => {
  const files = filesIn(unpacked);
  expect(files).toEqual(
    expect.arrayContaining([...papers, ...others, "app/dist/outpost.js", "app/dist/renderer/index.html"]),
  );
  expect(files.filter((file) => file.endsWith(".node"))).toHaveLength(8);
  expect(files.filter((file) => !file.startsWith("app/") && ![...papers, ...others].includes(file))).toEqual([]);
  expect(findings(join(unpacked, "app"), "headless")).toEqual([]);
  expect(readFileSync(join(unpacked, "README.md"), "utf8")).toContain(`# Outpost ${manifest.version}, headless`);
});

test("only the command may be run, and nobody but the owner may write", () => {
  const modes = filesIn(unpacked).map((file) => [file, statSync(join(unpacked, file)).mode & 0o777] as const);
  expect(modes.filter(([, mode]) => (mode & 0o111) !== 0).map(([file]) => file)).toEqual(["bin/outpost"]);
  expect(modes.filter(([, mode]) => (mode & 0o022) !== 0)).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "from an empty folder with an empty home and no network, it serves a real client",
  async () => {
    const command = join(work, "outpost"); // a link, as on a PATH
    symlinkSync(join(unpacked, "bin", "outpost"), command);
    const used = await smoke([command]);
    console.log(`used by ${used.client}${canCutOff() ? ", only this machine's own address" : ""}`);
    expect(used.version).toBe(manifest.version);
    if (canCutOff()) expect(used.loopbackOnly).toBe(true);
  },
);

test.runIf(process.platform !== "win32").each([
  ["no Node at all", "/nonexistent/node", "no Node found"],
  ["a Node that is too old", join(work, "old-node"), "Node 20 is too old"],
])("with %s the command says what to install", (_case, node, message) => {
  const old = join(work, "old-node");
  spawnSync("sh", ["-c", `printf '#!/bin/sh\\necho 20\\n' > "$0" && chmod +x "$0"`, old]);
  const { status, stderr } = spawnSync(join(unpacked, "bin", "outpost"), ["--version"], {
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin", OUTPOST_NODE: node },
  });
  expect(status).toBe(1);
  expect(stderr).toContain(message);
  expect(stderr).toContain("Node 22 or newer");
});

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test("systemd accepts the unit where it is installed as the README says", () => {
  const unit = readFileSync(join(unpacked, "systemd", "outpost.service"), "utf8");
  expect(unit).toMatch(/^ExecStart=%h\/\.local\/opt\/outpost\/bin\/outpost serve$/m);
  if (!hasSystemd) return console.log("systemd-analyze is not here: the unit's text was looked at, not verified");
  const home = join(work, "home");
  mkdirSync(join(home, ".local", "opt"), { recursive: true });
  symlinkSync(unpacked, join(home, ".local", "opt", "outpost"));
  const run = spawnSync("systemd-analyze", ["--user", "verify", join(unpacked, "systemd", "outpost.service")], {
    encoding: "utf8",
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: work },
  });
  expect(`${run.stdout}${run.stderr}`).not.toMatch(/outpost\.service/);
  expect(run.status).toBe(0);
});
