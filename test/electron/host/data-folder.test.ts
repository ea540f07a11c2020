import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataFolderPath, prepareDataFolder } from "../../../electron/host/data-folder.ts";
import { judgePlace } from "../../../electron/host/file-system.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const EXT4 = 0xef53;

test("the flag wins over OUTPOST_DATA_DIR, and that over the system's place", () => {
  const env = { OUTPOST_DATA_DIR: "/from/env" };
  expect(dataFolderPath("/from/flag", env)).toBe("/from/flag");
  expect(dataFolderPath(undefined, env)).toBe("/from/env");
  expect(dataFolderPath(undefined, {})).toMatch(/outpost/);
});

test("a new folder is closed to other users, with all that is in it", () => {
  const folder = prepareDataFolder(join(temporaryFolder(), "new", "deep"));
  for (const path of [folder.root, folder.artifacts, folder.backups, folder.logs]) expect(modeOf(path)).toBe("700");
  expect(folder.warnings).toEqual([]);
});

test("A03: modes that are too open are repaired, and said", () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "artifacts"));
  writeFileSync(join(root, "outpost.db"), "");
  chmodSync(root, 0o755);
  chmodSync(join(root, "artifacts"), 0o777);
  chmodSync(join(root, "outpost.db"), 0o644);
  const { warnings } = prepareDataFolder(root);
  expect([root, join(root, "artifacts"), join(root, "outpost.db")].map(modeOf)).toEqual(["700", "700", "600"]);
  expect(warnings).toHaveLength(3);
  expect(warnings.join("\n")).toContain("had mode 0644 and now has 0600");
  expect(prepareDataFolder(root).warnings).toEqual([]);
});

test("a folder of another user is refused by name", () => {
  const root = temporaryFolder();
  expect(() => prepareDataFolder(root, { uid: statSync(root).uid + 1 })).toThrow(
    /belongs to user \d+, and Outpost runs as user \d+/,
  );
});

test.each([
  ["a file", (root: string) => join(root, "file")],
  ["a folder below a file", (root: string) => join(root, "file", "sub")],
])("%s cannot be the data folder", (_name, pathIn) => {
  const root = temporaryFolder();
  writeFileSync(join(root, "file"), "");
  expect(() => prepareDataFolder(pathIn(root))).toThrow(
    /cannot be used: it is a file, or lies below one. Choose another with --data-dir/,
  );
});

test.each([["/"], [homedir()], [tmpdir()]])("%s is not closed to all others", (path) => {
  const before = modeOf(path);
  expect(() => prepareDataFolder(path)).toThrow(/use one of its own/);
  expect(modeOf(path)).toBe(before);
});

test("a link is followed once, so that one folder has one name", () => {
  const root = temporaryFolder();
  mkdirSync(join(root, "real"));
  symlinkSync(join(root, "real"), join(root, "link"));
  expect(prepareDataFolder(join(root, "link")).root).toBe(join(root, "real"));
});

test.each([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS/SMB"],
  [0xfe534d42, "SMB2"],
])("file system %i is a network's, where no database is kept", (type, name) => {
  const root = temporaryFolder();
  expect(judgePlace(root, () => type).network).toBe(name);
  expect(() => prepareDataFolder(root, { typeOf: () => type })).toThrow(
    new RegExp(`is on ${name}, where a database cannot be locked safely`),
  );
});

test("FAT and sync programs are worth a warning", () => {
  const root = temporaryFolder();
  expect(judgePlace(root, () => EXT4)).toEqual({ network: undefined, warnings: [] });
  expect(judgePlace(root, () => 0x4d44).warnings[0]).toMatch(/is on FAT/);
  mkdirSync(join(root, "Dropbox", "work"), { recursive: true });
  expect(judgePlace(join(root, "Dropbox", "work"), () => EXT4).warnings[0]).toMatch(/folder of Dropbox/);
  mkdirSync(join(root, "plain", "deep"), { recursive: true });
  mkdirSync(join(root, "plain", ".stfolder"));
  expect(judgePlace(join(root, "plain", "deep"), () => EXT4).warnings[0]).toMatch(/folder of Syncthing/);
});
