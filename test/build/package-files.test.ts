import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fuses, oppositeWire, readFuses } from "../../build/fuses.ts";
import { complaintsOf, findings } from "../../build/package-contents.ts";
import { isShipped } from "../../build/package-stage.ts";
import { root } from "../../build/root.js";
import { tarGz } from "../../build/package-tar.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outpost-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const date = new Date(Date.UTC(2000, 0, 1));
const write = (path: string, text = "x"): void => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text, { mode: 0o644 });
};

test("an archive depends on names, bytes and modes, not on dates or the order of writing", () => {
  write("b/two.txt", "2");
  write("one.txt", "1");
  const first = tarGz(folder, "top", date);
  utimesSync(join(folder, "one.txt"), new Date(1), new Date(1));
  expect(tarGz(folder, "top", date)).toEqual(first);
  chmodSync(join(folder, "one.txt"), 0o755);
  expect(tarGz(folder, "top", date)).not.toEqual(first);
});

test("tar reads it: long names, empty files, exact blocks, modes", () => {
  const long = `${"deep-folder-name/".repeat(8)}${"file".repeat(20)}.txt`;
  write(long, "long");
  write("empty", "");
  write("block", "b".repeat(512));
  write("bin/run", "#!/bin/sh\n");
  chmodSync(join(folder, "bin/run"), 0o755);
  const archive = join(folder, "..", `${String(process.pid)}.tar.gz`);
  try {
    writeFileSync(archive, tarGz(folder, "top", date));
    const { stdout, stderr } = spawnSync("tar", ["-tvzf", archive, "--numeric-owner"], {
      encoding: "utf8",
      env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
    });
    expect(stderr).toBe("");
    expect(stdout).toContain(`top/${long}`);
    expect(stdout).toMatch(/-rw-r--r-- 0\/0 +0 2000-01-01 00:00 top\/empty\n/);
    expect(stdout).toMatch(/-rw-r--r-- 0\/0 +512 2000-01-01 00:00 top\/block\n/);
    expect(stdout).toMatch(/-rwxr-xr-x 0\/0 +10 2000-01-01 00:00 top\/bin\/run\n/);
  } finally {
    rmSync(archive, { force: true });
  }
});

test("a name too long for the format is refused", () => {
  write("n".repeat(120));
  expect(() => tarGz(folder, "top", date)).toThrow("too long a name");
});

test.each([
  ["outpost.js", true, true],
  ["chunk-2D2EV46M.js", true, true],
  ["renderer/assets/index-a1.js.br", true, true],
  ["main.js", true, false],
  ["preload.cjs", true, false],
  ["icons/tray@2x.png", true, false],
  [".host-stamp", false, false],
  ["host-packages.json", false, false],
  ["compiled/v24/x", false, false],
  ["notes.txt", false, false],
  ["sub/other.js", false, false],
])("of dist/, %s: in the desktop app %s, in the archive %s", (path, inDesktop, inArchive) => {
  expect([isShipped(path, "desktop"), isShipped(path, "headless")]).toEqual([inDesktop, inArchive]);
});

test.each([
  ["a GitLab token", `x="glpat-${"a1B2".repeat(5)}"`],
  ["a GitHub token", `ghp_${"a1B2".repeat(9)}`],
  ["an AWS key", `AKIA${"ABCD".repeat(4)}`],
  ["a private key", `-----BEGIN PRIVATE KEY-----\n${"MIIE".repeat(10)}`],
  ["a source map with sources", `{"version":3,"sourcesContent":["let a"]}`],
  ["/some/checkout", `at file:///some/checkout/electron/x.ts`],
])("%s in a file is found", (what, text) => {
  expect(complaintsOf(text, ["/some/checkout"]).join()).toContain(what);
});

test("a path of the checkout in a file is found; so it is in a binary", () => {
  write("dist/a.js", `at ${join(root, "electron", "x.ts")}`);
  write("node_modules/better-sqlite3/prebuilds/a-b.node", `\0${join(root, "node_modules", "y")}\0`);
  const found = findings(folder, "desktop");
  expect(found).toContain(`dist/a.js names ${join(root, "electron")}/, a folder of this machine`);
  expect(found.filter((one) => one.startsWith("node_modules/better-sqlite3/prebuilds/a-b.node names"))).not.toEqual([]);
});

test("forms of secrets in code that looks for them are no secrets", () => {
  expect(complaintsOf(`const token = /glpat-[\\w-]{20}|ghp_/; "-----BEGIN PRIVATE KEY-----"`, [])).toEqual([]);
});

test("a file that nobody named, a test and a dependency too many are found by name", () => {
  for (const path of ["dist/outpost.js", "dist/a.test.js", "node_modules/vitest/index.js", "package.json"]) write(path);
  expect(findings(folder, "headless")).toEqual([
    "dist/a.test.js is not on the list of what may be in",
    "dist/a.test.js is a source or a test",
    "node_modules/vitest/index.js is not on the list of what may be in",
  ]);
});

test("fuses are read from the bytes behind the program, and a program without them is refused", () => {
  const read = readFuses(Buffer.concat([Buffer.from("a program"), oppositeWire()]));
  expect(read).toEqual(Object.fromEntries(Object.entries(fuses).map(([name, wanted]) => [name, !wanted])));
  expect(() => readFuses(Buffer.from("a program"))).toThrow("no fuse wire");
});
