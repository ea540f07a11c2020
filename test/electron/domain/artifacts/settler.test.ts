import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { disk, type Disk } from "../../../../electron/artifacts/disk.ts";
import { createCollector } from "../../../../electron/domain/artifacts/collect.ts";
import { createSettler } from "../../../../electron/domain/artifacts/settler.ts";
import { writeBackup } from "../../../../electron/store/backup.ts";
import { openWriter } from "../../../../electron/store/database.ts";
import { createPowerCut } from "../../../helpers/power-cut.ts";
import {
  chunksOf,
  ON_DEMAND,
  type Options,
  setupArtifacts,
  setupDatabase,
  setupFolder,
} from "../../../helpers/setup-artifacts.ts";

const setup = (options: Options = {}) => setupArtifacts({ limits: ON_DEMAND, ...options });
type Parts = ReturnType<typeof setup>;

const contentAt = ({ artifacts }: Parts, path: string, range?: { start: number; end: number }): string => {
  const bytes = artifacts.read(artifacts.find(path), range);
  return Buffer.isBuffer(bytes) ? bytes.toString() : "a stream";
};
const waiting = ({ blobJournal }: Parts): number => blobJournal.totals().count;
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );
const full = Object.assign(new Error("no space"), { code: "ENOSPC" });

test("a short artifact is there from its commit on, and its file later", async () => {
  const parts = setup();
  await parts.put("r/a", "hello");
  expect([waiting(parts), filesIn(parts.root)]).toEqual([1, []]);
  expect(contentAt(parts, "r/a")).toBe("hello");
  expect(contentAt(parts, "r/a", { start: 1, end: 3 })).toBe("ell");
  await parts.blobs.verify(parts.artifacts.find("r/a"));
  expect(await createCollector(parts).scrub()).toEqual([]);

  await parts.settler.flush();
  expect([waiting(parts), filesIn(parts.root)]).toEqual([0, [sha("hello")]]);
  expect(contentAt(parts, "r/a")).toBe("hello");
  await parts.blobs.verify(parts.artifacts.find("r/a"));
});

test("bodies of every length come back, waiting or not", async () => {
  const parts = setup();
  const bodies = [0, 1, 4096, 65_536, 65_537, 300_000].map((size) => randomBytes(size));
  for (const [i, body] of bodies.entries()) await parts.put(`r/${String(i)}`, body);
  expect(waiting(parts)).toBe(4);
  for (const look of ["waiting", "settled"]) {
    for (const [i, body] of bodies.entries()) {
      const bytes = parts.artifacts.read(parts.artifacts.find(`r/${String(i)}`));
      const whole = Buffer.isBuffer(bytes) ? bytes : Buffer.concat(await bytes.toArray());
      expect(whole.equals(body), `${look} ${String(body.length)}`).toBe(true);
    }
    await parts.settler.flush();
  }
  expect(waiting(parts)).toBe(0);
});

test("the bytes are synced before the file has its name, and the row goes after the name is synced", async () => {
  const done: string[] = [];
  const logged: Disk = {
    ...disk,
    write: async (fd, bytes) => {
      await disk.write(fd, bytes);
      done.push("bytes");
    },
    sync: async (fd) => {
      await disk.sync(fd);
      done.push("sync");
    },
    rename: (from, to) => {
      disk.rename(from, to);
      done.push("name");
    },
    syncFolder: async (path) => {
      await disk.syncFolder(path);
      done.push(path.endsWith("blobs") ? "folder's name" : "folder");
    },
  };
  const parts = setup({ disk: logged });
  await parts.put("r/a", "hello");
  expect(done).toEqual([]);
  parts.writer.refuse(new Error("no more writes"));
  await parts.settler.flush();
  expect(done).toEqual(["bytes", "sync", "folder's name", "name", "folder"]);
  expect(waiting(parts)).toBe(1); // all of it came before the commit that takes the row away
  parts.writer.refuse(undefined);
  await parts.settler.flush();
  expect(waiting(parts)).toBe(0);
});

test.each(["lost", "kept"] as const)(
  "a power cut at any step of a pass loses nothing (names that were not synced are %s)",
  async (names) => {
    const texts = Array.from({ length: 6 }, (_, i) => `file ${String(i)}`);
    let survived = false;
    for (let steps = 0; !survived; steps++) {
      const power = createPowerCut();
      const before = setup({ disk: power.disk });
      for (const text of texts) await before.put(`r/${text}`, text);
      power.cutAfter(steps);
      await before.settler.flush();
      survived = !power.isCut();
      power.cut(names);

      const after = setup({ db: before.db, root: before.root });
      for (const text of texts) expect(contentAt(after, `r/${text}`), `cut after ${String(steps)} steps`).toBe(text);
      await after.settler.flush();
      expect(waiting(after)).toBe(0);
      for (const text of texts) await after.blobs.verify(after.artifacts.find(`r/${text}`));
      expect(filesIn(after.root).toSorted()).toEqual(texts.map(sha).toSorted());
      expect(after.settleErrors).toEqual([]);
      expect(steps).toBeLessThan(200);
    }
  },
);

test.each(["lost", "kept"] as const)(
  "a power cut after a pass finds every file whole (names that were not synced are %s)",
  async (names) => {
    const power = createPowerCut();
    const parts = setup({ disk: power.disk });
    for (let i = 0; i < 40; i++) await parts.put(`r/${String(i)}`, `file ${String(i)}`);
    await parts.settler.flush();
    await parts.put("r/last", "still waits");
    power.cut(names);
    const after = setup({ db: parts.db, root: parts.root });
    for (let i = 0; i < 40; i++) expect(contentAt(after, `r/${String(i)}`)).toBe(`file ${String(i)}`);
    expect(contentAt(after, "r/last")).toBe("still waits");
  },
);

test("what cannot be written to files stays in the journal, is told once a pass, and comes when there is space", async () => {
  let isFull = true;
  const write: Disk["write"] = (fd, bytes) =>
    isFull && bytes.length > 4 ? Promise.reject(full) : disk.write(fd, bytes);
  const parts = setup({ disk: { ...disk, write } });
  for (const text of ["long one", "tiny", "another long one"]) await parts.put(`r/${text}`, text);
  await parts.settler.flush();
  expect([waiting(parts), filesIn(parts.root)]).toEqual([2, [sha("tiny")]]);
  expect(parts.settleErrors).toMatchObject([{ kind: "exhausted" }]);
  expect(contentAt(parts, "r/long one")).toBe("long one");
  isFull = false;
  await parts.settler.flush();
  expect([waiting(parts), parts.settleErrors.length]).toEqual([0, 1]);
});

test("a full disk in the middle of a file leaves no half of it", async () => {
  const write: Disk["write"] = async (fd, bytes) => {
    await disk.write(fd, bytes.subarray(0, 2));
    throw full;
  };
  const parts = setup({ disk: { ...disk, write } });
  await parts.put("r/a", "hello");
  await parts.settler.flush();
  expect([waiting(parts), filesIn(parts.root)]).toEqual([1, []]);
});

test("an upload whose write fails leaves nothing, and does not disturb those after it", async () => {
  const parts = setup();
  const blob = await parts.artifacts.receive(chunksOf(Buffer.from("undone")), {});
  const failing = parts.write(() => {
    parts.artifacts.put("r/undone", blob);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  blob.release();
  await parts.put("r/kept", "kept"); // takes the id in the journal that was undone
  await parts.settler.flush();
  expect(filesIn(parts.root)).toEqual([sha("kept")]);
  expect(contentAt(parts, "r/kept")).toBe("kept");
});

test("a pass that many bytes begin does not see a write that is undone", async () => {
  const parts = setup({ limits: { ...ON_DEMAND, manyBytes: 1 } });
  const blob = await parts.artifacts.receive(chunksOf(Buffer.from("undone")), {});
  const failing = parts.write(() => {
    parts.artifacts.put("r/undone", blob);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  blob.release();
  await parts.settler.flush();
  expect([filesIn(parts.root), parts.settleErrors]).toEqual([[], []]);
});

test("the same bytes wait once, however many names they have", async () => {
  const parts = setup();
  await Promise.all([parts.put("r/a", "same"), parts.put("r/b", "same")]);
  await parts.put("r/c", "same");
  expect(waiting(parts)).toBe(1);
  await parts.settler.flush();
  await parts.put("r/d", "same");
  expect([waiting(parts), filesIn(parts.root)]).toEqual([0, [sha("same")]]);
  for (const name of ["a", "b", "c", "d"]) expect(contentAt(parts, `r/${name}`)).toBe("same");
});

test("a file that lost bytes is healed through the journal", async () => {
  const parts = setup();
  await parts.put("r/a", "whole");
  await parts.settler.flush();
  const file = parts.blobs.fileOf(sha("whole"));
  writeFileSync(file, "wh");
  await parts.put("r/b", "whole");
  expect(contentAt(parts, "r/a")).toBe("whole");
  await parts.settler.flush();
  expect(readFileSync(file, "utf8")).toBe("whole");
});

test("where the journal is full, an upload waits for its own file", async () => {
  const parts = setup({ limits: { ...ON_DEMAND, mostBytes: 10_000 } });
  await parts.put("r/a", "first");
  await parts.put("r/b", "second");
  await parts.put("r/c", "third");
  await parts.put("r/again", "first"); // waits already
  expect([waiting(parts), filesIn(parts.root)]).toEqual([2, [sha("third")]]);
  await parts.settler.flush();
  await parts.put("r/d", "fourth");
  expect(waiting(parts)).toBe(1);
});

test("collected bytes leave the journal too, and the same bytes can come again", async () => {
  const parts = setup();
  const collector = createCollector(parts);
  const collect = () => collector.collect(parts.write, { graceMs: -1 });
  await parts.put("r/a", "soon gone");
  await parts.write(() => parts.artifacts.remove("r/a"));
  expect(await collect()).toMatchObject({ files: 1, bytes: 9 });
  expect([waiting(parts), filesIn(parts.root)]).toEqual([0, []]);
  await parts.put("r/b", "soon gone");
  expect(waiting(parts)).toBe(1);
  await parts.settler.flush();
  expect(contentAt(parts, "r/b")).toBe("soon gone");
});

test("a collection during a pass leaves alone what the pass works on", async () => {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const write: Disk["write"] = async (fd, bytes) => {
    reached.resolve();
    await goOn.promise;
    await disk.write(fd, bytes);
  };
  const parts = setup({ disk: { ...disk, write } });
  await parts.put("r/a", "in the middle");
  await parts.write(() => parts.artifacts.remove("r/a"));
  const flushed = parts.settler.flush();
  await reached.promise;
  const collector = createCollector(parts);
  expect(await collector.collect(parts.write, { graceMs: -1 })).toMatchObject({ files: 0 });
  await parts.put("r/b", "in the middle");
  goOn.resolve();
  await flushed;
  expect([waiting(parts), contentAt(parts, "r/b")]).toEqual([0, "in the middle"]);
});

test("a tree is laid out before its files are there", async () => {
  const parts = setup();
  await parts.put("r/a", "hello");
  await parts.put("r/d/b", "world");
  const target = join(setupFolder(), "tree");
  expect(await parts.artifacts.layOut("r", target)).toMatchObject({ files: 2 });
  expect([readFileSync(join(target, "a"), "utf8"), readFileSync(join(target, "d/b"), "utf8")]).toEqual([
    "hello",
    "world",
  ]);
});

test("a backup holds the bytes that wait, and a store made of it has them", async () => {
  const folder = setupFolder();
  const path = join(folder, "outpost.db");
  const db = setupDatabase(path);
  const parts = setup({ db });
  await parts.put("r/a", "in the backup");
  const backup = writeBackup(path, folder, { reason: "manual", now: 0 });
  await parts.settler.flush();
  db.close();

  const restored = setup({ db: openWriter(backup.path), root: setupFolder() });
  expect(contentAt(restored, "r/a")).toBe("in the backup");
  await restored.settler.flush();
  expect([waiting(restored), filesIn(restored.root)]).toEqual([0, [sha("in the backup")]]);
  restored.db.close();
});

test("a stop writes the files, one without time leaves them to the next start, and that one begins by itself", async () => {
  const parts = setup();
  await parts.put("r/a", "hello");
  await parts.settler.close(0);
  expect(waiting(parts)).toBe(1);

  const next = createSettler({
    journal: parts.blobJournal,
    blobs: parts.blobs,
    write: parts.write,
    onError: () => {},
    limits: { quietMs: 5 },
  });
  await vi.waitUntil(() => waiting(parts) === 0, { timeout: 5_000 });
  await next.close(0);

  await parts.put("r/b", "world");
  const last = createSettler({ journal: parts.blobJournal, blobs: parts.blobs, write: parts.write, onError: () => {} });
  await last.close(5_000);
  expect([waiting(parts), existsSync(parts.blobs.fileOf(sha("world")))]).toEqual([0, true]);
});

test("files come by themselves: soon after the last upload, and late at the latest while more come", async () => {
  const soon = setup({ limits: { quietMs: 5 } });
  await soon.put("r/a", "hello");
  await vi.waitUntil(() => waiting(soon) === 0, { timeout: 5_000 });

  const late = setup({ limits: { quietMs: 3_600_000, latestMs: 50 } });
  let count = 0;
  const uploads = setInterval(() => void late.put(`r/${String(count)}`, `body ${String(count++)}`), 10);
  onTestFinished(() => clearInterval(uploads));
  await vi.waitUntil(() => filesIn(late.root).length > 0, { timeout: 5_000 });

  const many = setup({ limits: { ...ON_DEMAND, manyBytes: 10_000 } });
  await many.put("r/a", "one");
  await many.put("r/b", "two");
  expect(waiting(many)).toBe(2);
  await many.put("r/c", "three");
  await vi.waitUntil(() => waiting(many) === 0, { timeout: 5_000 });
});
