import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isFor, readPackageName, usualKinds } from "../../../../electron/shell/update/package-name.ts";
import { readSignedList } from "../../../../electron/shell/update/signed-list.ts";
import { listBeside, verifyPackage } from "../../../../electron/shell/update/verify.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";
import { debOf, lineOf, makeKey, release, writeList } from "./packages.ts";

const running = { version: "1.2.0", platform: "linux" as const, processor: process.arch };
const NEWER = debOf("1.3.0");
const BYTES = "the package's bytes";

const setup = (files: Readonly<Record<string, string>> = { [NEWER]: BYTES }) => {
  const { secret, key, setting } = makeKey();
  const place = release(files, secret);
  const profile = temporaryFolder();
  const folder = join(profile, "updates");
  const copies = (): string[] =>
    readdirSync(profile).flatMap(() => readdirSync(folder, { recursive: true, encoding: "utf8" }));
  const check = async (name = NEWER, more: { signal?: AbortSignal; onProgress?: (done: number) => void } = {}) => {
    const file = join(place, name);
    return verifyPackage({
      file,
      signed: await listBeside(file),
      key,
      running,
      folder,
      signal: new AbortController().signal,
      onProgress: () => {},
      ...more,
    });
  };
  return { secret, key, setting, place, folder, copies, check };
};

test("a signed newer package is copied into a folder that is closed to others, and the copy is what is given", async () => {
  const { check, folder, place } = setup();
  const seen: number[] = [];
  const found = await check(NEWER, { onProgress: (done) => seen.push(done) });
  expect(found).toMatchObject({ version: "1.3.0", kind: "deb", age: "newer", name: NEWER });
  expect(found.path.startsWith(folder)).toBe(true);
  expect(readFileSync(found.path, "utf8")).toBe(BYTES);
  expect(seen.at(-1)).toBe(BYTES.length);
  writeFileSync(join(place, NEWER), "changed afterwards");
  expect(readFileSync(found.path, "utf8")).toBe(BYTES);
});

test.runIf(process.platform !== "win32")(
  "the folder of the copy is opened to nobody, even if it was there",
  async () => {
    const { check, folder } = setup();
    mkdirSync(folder, { mode: 0o777 });
    writeFileSync(join(folder, "left.deb"), "");
    await check();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain("left.deb");
  },
);

test("a changed byte of the package is refused, and nothing is left of it", async () => {
  const { check, place, copies } = setup();
  writeFileSync(join(place, NEWER), BYTES.replace("bytes", "bites"));
  await expect(check()).rejects.toThrow(`${NEWER} is not the file that SHA256SUMS lists`);
  expect(copies().filter((name) => name.endsWith(".deb"))).toEqual([]);
});

test("a changed list is refused, and so is one that somebody else signed", async () => {
  const { check, place } = setup();
  writeFileSync(join(place, "SHA256SUMS"), lineOf(NEWER, "other bytes"));
  await expect(check()).rejects.toMatchObject({ kind: "denied", message: expect.stringContaining("is not signed by") });
  writeList(place, lineOf(NEWER, BYTES), makeKey().secret);
  await expect(check()).rejects.toThrow(/is not signed by the key [0-9a-f]{64} \(update_key\)/);
});

test("a list or a signature that is not there is named with the way out", async () => {
  const { secret } = makeKey();
  const place = release({ [NEWER]: BYTES }, secret);
  const lone = temporaryFolder();
  await expect(listBeside(join(lone, NEWER))).rejects.toThrow("SHA256SUMS does not lie in");
  writeFileSync(join(lone, "SHA256SUMS"), readFileSync(join(place, "SHA256SUMS")));
  await expect(listBeside(join(lone, NEWER))).rejects.toThrow("SHA256SUMS.sig does not lie in");
});

test("a file that is not listed, another product and another system are refused by name", async () => {
  const names = ["Other-1.3.0-linux-amd64.deb", "Outpost-1.3.0-win-x64.exe", "Outpost-1.3.0-linux-sparc.deb"];
  const { check, place } = setup(Object.fromEntries([NEWER, ...names].map((name) => [name, BYTES])));
  writeFileSync(join(place, debOf("9.0.0")), BYTES);
  await expect(check(debOf("9.0.0"))).rejects.toThrow("is not in SHA256SUMS");
  await expect(check(names[0])).rejects.toThrow("is no package that Outpost can install");
  await expect(check(names[1])).rejects.toThrow("is made for win on x64");
  await expect(check(names[2])).rejects.toThrow("is made for linux on sparc");
});

test.each([
  ["1.2.0", "same"],
  ["1.1.9", "older"],
  ["1.2.0-rc.1", "older"],
  ["1.10.0", "newer"],
])("%s is %s", async (version, age) => {
  const { check } = setup({ [debOf(version)]: BYTES });
  expect(await check(debOf(version))).toMatchObject({ version, age });
});

test.each([
  ["a path", "../Outpost.deb"],
  ["a path of Windows", "..\\Outpost.deb"],
  ["a folder", ".."],
  ["a control character", "Outpost\u0007.deb"],
])("a list with %s instead of a name is refused whole", (_what, name) => {
  const { secret, key } = makeKey();
  const folder = release({}, secret);
  writeList(folder, lineOf(NEWER, BYTES) + lineOf(name, BYTES), secret);
  const bytes = {
    list: readFileSync(join(folder, "SHA256SUMS")),
    signature: readFileSync(join(folder, "SHA256SUMS.sig")),
  };
  expect(() => readSignedList({ ...bytes, place: folder }, key)).toThrow("Line 2 of SHA256SUMS");
});

test("a name that is listed twice, and a list that is far too large, are refused", async () => {
  const { check, place, secret } = setup();
  writeList(place, lineOf(NEWER, BYTES).repeat(2), secret);
  await expect(check()).rejects.toThrow("Line 2 of SHA256SUMS");
  writeList(place, lineOf(NEWER, BYTES).repeat(2_000), secret);
  await expect(check()).rejects.toThrow(/SHA256SUMS is larger than 131072 bytes/);
});

test("a cancel ends it with nothing left", async () => {
  const { check, copies } = setup();
  const cancel = new AbortController();
  await expect(check(NEWER, { signal: cancel.signal, onProgress: () => cancel.abort() })).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(copies().filter((name) => name.endsWith(".deb"))).toEqual([]);
});

test.each([
  ["Outpost-1.3.0-linux-amd64.deb", "x64"],
  ["Outpost-1.3.0-linux-x86_64.rpm", "x64"],
  ["Outpost-1.3.0-rc.1-linux-x86_64.AppImage", "x64"],
  ["Outpost-1.3.0-linux-aarch64.rpm", "arm64"],
  ["Outpost-1.3.0-win-x64.msi", "x64"],
  ["Outpost-1.3.0-mac-arm64.dmg", "arm64"],
])("%s is for %s", (name, processor) => {
  const said = readPackageName(name);
  const platforms = { linux: "linux", win: "win32", mac: "darwin" } as const;
  expect(said && isFor(said, { version: "1.0.0", platform: platforms[said.system], processor })).toBe(true);
});

test.each([
  "Outpost-1.3-linux-amd64.deb",
  "Outpost-1.3.0-linux-amd64.exe",
  "Outpost-1.3.0-linux-amd64.tar.gz",
  "xOutpost-1.3.0-linux-amd64.deb",
  "Outpost-1.3.0-linux-amd64.deb.sh",
])("%s is no package of ours", (name) => {
  expect(readPackageName(name)).toBeUndefined();
});

test("an installation is updated by packages of its own kind", () => {
  const has = (path: string) => (one: string) => one === path;
  expect(usualKinds("linux", { APPIMAGE: "/x" }, has("/usr/bin/dpkg"))).toEqual(["AppImage"]);
  expect(usualKinds("linux", {}, has("/usr/bin/dpkg"))).toEqual(["deb"]);
  expect(usualKinds("linux", {}, has("/usr/bin/rpm"))).toEqual(["rpm"]);
  expect(usualKinds("win32", {}, has(""))).toEqual(["exe", "msi"]);
});
