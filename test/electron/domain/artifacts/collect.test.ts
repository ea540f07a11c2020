import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCollector } from "../../../../electron/domain/artifacts/collect.ts";
import type { Artifacts } from "../../../../electron/domain/artifacts/artifacts.ts";
import { chunksOf, setupArtifacts, setupFolder } from "../../../helpers/setup-artifacts.ts";

const DAY = 24 * 60 * 60 * 1000;
const HOUR = 60 * 60 * 1000;

/** A short artifact's bytes. */
const textAt = (artifacts: Artifacts, path: string): string => {
  const bytes = artifacts.read(artifacts.find(path));
  return Buffer.isBuffer(bytes) ? bytes.toString() : "a stream";
};

/** Two artifacts with one blob, one of another; the clock stands after the grace time. */
const setup = async () => {
  const parts = setupArtifacts();
  const shared = await parts.put("r/a", "shared");
  await parts.put("r/b", "shared");
  const lone = await parts.put("r/c", "lone bytes");
  parts.clock.now += DAY + HOUR;
  const collector = createCollector(parts);
  return { ...parts, collector, shared, lone, collect: (options = {}) => collector.collect(parts.write, options) };
};

test("a blob goes when its last name has gone, and a dry run says so beforehand", async () => {
  const { artifacts, write, blobs, store, shared, lone, collect } = await setup();
  expect(await collect()).toEqual({ files: 0, bytes: 0, dryRun: false });
  await write(() => artifacts.remove("r/a"));
  await write(() => artifacts.remove("r/c"));
  expect(await collect({ dryRun: true })).toEqual({ files: 1, bytes: 10, dryRun: true });
  expect(existsSync(blobs.fileOf(lone))).toBe(true);
  expect(await collect()).toEqual({ files: 1, bytes: 10, dryRun: false });
  expect([existsSync(blobs.fileOf(lone)), existsSync(blobs.fileOf(shared))]).toEqual([false, true]);
  expect(store.findBlob(lone)).toBeUndefined();
});

test("within the grace time nothing goes", async () => {
  const { artifacts, write, clock, collect } = await setup();
  await write(() => artifacts.remove("r"));
  clock.now -= 2 * HOUR;
  expect(await collect()).toMatchObject({ files: 0 });
});

test("a blob that a transfer holds does not go, and an upload between mark and commit finds it", async () => {
  const { artifacts, write, store, lone, collect } = await setup();
  await write(() => artifacts.remove("r/c"));
  const blob = await artifacts.receive(chunksOf(Buffer.from("lone bytes")), {});
  expect(await collect()).toMatchObject({ files: 0 });
  await write(() => artifacts.put("r/again", blob));
  blob.release();
  expect(await collect()).toMatchObject({ files: 0 });
  expect(textAt(artifacts, "r/again")).toBe("lone bytes");
  expect(store.findBlob(lone)).toBeDefined();
});

test("an upload of the same bytes during a collection is never without its blob", async () => {
  const { artifacts, write, collect, blobs, put } = await setup();
  await write(() => artifacts.remove("r/c"));
  const [collected] = await Promise.all([collect(), put("r/d", "lone bytes")]);
  expect(collected.files).toBeLessThanOrEqual(1);
  await blobs.verify(artifacts.find("r/d"));
});

test("a collection that cannot commit takes nothing", async () => {
  const { artifacts, collector, write, blobs, lone, put } = await setup();
  await write(() => artifacts.remove("r/c"));
  const failing = <T>(job: () => T): Promise<T> =>
    write(() => {
      job();
      throw new Error("full");
    });
  await expect(collector.collect(failing)).rejects.toThrow("full");
  expect(existsSync(blobs.fileOf(lone))).toBe(true);
  await put("r/d", "lone bytes"); // nobody waits for a removal that never comes
});

test("a blob file without a row goes after the grace time; files that are not ours stay", async () => {
  const { artifacts, blobs, clock, collect, root } = await setup();
  const orphan = await artifacts.receive(chunksOf(Buffer.from("cut off before its commit")), {});
  const file = blobs.fileOf(orphan.sha256);
  const stranger = join(root, "blobs", orphan.sha256.slice(0, 2), "README");
  writeFileSync(stranger, "not ours");
  for (const path of [file, stranger]) utimesSync(path, (clock.now - 2 * DAY) / 1000, (clock.now - 2 * DAY) / 1000);
  expect(await collect()).toMatchObject({ files: 0 });
  orphan.release();
  expect(await collect({ dryRun: true })).toMatchObject({ files: 1, bytes: 25 });
  expect(await collect()).toMatchObject({ files: 1 });
  expect([existsSync(file), existsSync(stranger)]).toEqual([false, true]);
});

test("a scrub names each missing or changed blob and who holds it", async () => {
  const { collector, blobs, shared, lone } = await setup();
  expect(await collector.scrub()).toEqual([]);
  writeFileSync(blobs.fileOf(shared), "SHARED");
  writeFileSync(blobs.fileOf(lone), "lone");
  const seen: number[] = [];
  const damage = await collector.scrub((row) => seen.push(row.size));
  expect(seen).toHaveLength(2);
  expect(new Map(damage.map(({ sha256, paths }) => [sha256, paths]))).toEqual(
    new Map([
      [shared, ["r/a", "r/b"]],
      [lone, ["r/c"]],
    ]),
  );
});

test("a tree is laid out as plain files of its own", async () => {
  const { artifacts, blobs, put, shared } = await setup();
  await put("r/d/x.txt", "text");
  const target = join(setupFolder(), "new", "tree");
  expect(await artifacts.layOut("r", target)).toEqual({ files: 4, bytes: 26, renamed: [] });
  expect(readFileSync(join(target, "d", "x.txt"), "utf8")).toBe("text");
  const [copy, blob] = [statSync(join(target, "a")), statSync(blobs.fileOf(shared))];
  expect([copy.nlink, copy.ino === blob.ino]).toEqual([1, false]);
  writeFileSync(join(target, "a"), "edited");
  expect(textAt(artifacts, "r/b")).toBe("shared");
});

test("one file is laid out as itself, and names that Windows cannot hold are escaped and told", async () => {
  const { artifacts, put } = await setup();
  await put("r/e/con", "c");
  const folder = setupFolder();
  expect(await artifacts.layOut("r/e/con", join(folder, "one"), { kind: "windows" })).toMatchObject({
    files: 1,
    renamed: [{ path: "con", file: "%63on" }],
  });
  expect(readFileSync(join(folder, "one", "%63on"), "utf8")).toBe("c");
});

test("a tree that cannot be laid out whole leaves its place as it was", async () => {
  const { artifacts, blobs, lone } = await setup();
  const folder = setupFolder();
  await expect(artifacts.layOut("nope", join(folder, "t"))).rejects.toMatchObject({ kind: "not_found" });
  writeFileSync(blobs.fileOf(lone), "damaged!!!");
  await expect(artifacts.layOut("r", join(folder, "t"))).rejects.toMatchObject({ kind: "corrupt" });
  writeFileSync(join(folder, "mine"), "x");
  await expect(artifacts.layOut("r", folder)).rejects.toMatchObject({ kind: "already_exists" });
  await expect(artifacts.layOut("r", join(folder, "mine"))).rejects.toMatchObject({ kind: "already_exists" });
  expect([existsSync(join(folder, "t")), readFileSync(join(folder, "mine"), "utf8")]).toEqual([false, "x"]);
});
