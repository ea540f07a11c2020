import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { commonFolder, withoutNested } from "../../../../electron/domain/artifacts/selection.ts";
import { readZip } from "../../../helpers/read-zip.ts";
import { ROOT, setupArtifacts } from "../../../helpers/setup-artifacts.ts";

/** Files below a folder that this process has open. */
const openFiles = (folder: string): string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // closed meanwhile
    }
  });

describe("a zip", () => {
  test("holds its blobs while it is read and lets go of them at its end", async () => {
    const { artifacts, blobs, put } = setupArtifacts();
    const digest = await put(`${ROOT}/a.txt`, "abc");
    const zip = await artifacts.zip({ root: ROOT, paths: [] });
    expect(blobs.isHeld(digest)).toBe(true);
    const bytes = await buffer(zip.stream);
    expect([zip.size, zip.files]).toEqual([bytes.length, 1]);
    expect(readZip(bytes).get("a.txt")?.toString()).toBe("abc");
    expect(blobs.isHeld(digest)).toBe(false);
  });

  test("breaks off, so that nobody takes it for whole, when a file is not what it was", async () => {
    const { artifacts, blobs, put } = setupArtifacts();
    const digest = await put(`${ROOT}/a.bin`, Buffer.alloc(200_000, 1));
    writeFileSync(blobs.fileOf(digest), Buffer.alloc(200_000, 2));
    const zip = await artifacts.zip({ root: ROOT, paths: [] });
    await expect(buffer(zip.stream)).rejects.toMatchObject({ kind: "corrupt" });
    expect(blobs.isHeld(digest)).toBe(false);
  });

  test("that nobody reads on is given up: no file stays open, no blob held", async () => {
    const { artifacts, blobs, put, root } = setupArtifacts();
    const digests = [await put(`${ROOT}/a.bin`, Buffer.alloc(9_000_000, 1)), await put(`${ROOT}/b.bin`, "b")];
    const zip = await artifacts.zip({ root: ROOT, paths: [] });
    await once(zip.stream, "readable");
    zip.stream.read(1000);
    const closed = once(zip.stream, "close");
    zip.stream.destroy();
    await closed;
    expect(digests.map(blobs.isHeld)).toEqual([false, false]);
    await expect.poll(() => openFiles(root)).toEqual([]); // a read under way ends first
  });

  test("of a few files that has a long directory announces its length right", async () => {
    const { artifacts, put } = setupArtifacts();
    for (let i = 0; i < 500; i += 1) await put(`${ROOT}/f/${"x".repeat(100)}${i}`, "x");
    for (const paths of [["f"], [`f/${"x".repeat(100)}1`]]) {
      const zip = await artifacts.zip({ root: ROOT, paths });
      expect((await buffer(zip.stream)).length).toBe(zip.size);
    }
  });

  test("takes ten thousand files", async () => {
    const { artifacts, put, db } = setupArtifacts();
    const digest = await put(`${ROOT}/first`, "x");
    const add = db.prepare("INSERT INTO artifacts (path, sha256, size, modified_at) VALUES (?, ?, 1, 0)");
    db.transaction(() => {
      for (let i = 0; i < 10_000; i += 1) add.run(`${ROOT}/f/${i}`, digest);
    })();
    const zip = await artifacts.zip({ root: ROOT, paths: ["f"] });
    const bytes = await buffer(zip.stream);
    expect([bytes.length, readZip(bytes).size]).toEqual([zip.size, 10_000]);
  });
});

test.each([
  [["a/b/c"], "a/b"],
  [["a/b/c", "a/b/d"], "a/b"],
  [["a/b/c", "a/bb"], "a"],
  [["a", "b"], ""],
  [["a/x", "ab/x"], ""],
])("what %j have in common is the folder %j", (paths, folder) => {
  expect(commonFolder(paths)).toBe(folder);
});

test.each([
  [["a", "a/b", "a/b/c"], ["a"]],
  [
    ["ab", "a/b"],
    ["ab", "a/b"],
  ],
  [["x", "x"], ["x"]],
])("of %j only %j need to be asked for", (paths, kept) => {
  expect(withoutNested(paths)).toEqual(kept);
});
