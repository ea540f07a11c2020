import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { createBlobs } from "../../../electron/artifacts/blobs.ts";
import { disk, type Disk } from "../../../electron/artifacts/disk.ts";
import { chunksOf, setupArtifacts, setupFolder } from "../../helpers/setup-artifacts.ts";

const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const never = (): boolean => false;
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

/** A long body, in pieces as they come from a socket. */
const long = randomBytes(2_700_000);
const pieces = (bytes: Buffer, size = 65_536): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

test.each([
  ["nothing", [Buffer.alloc(0)]],
  ["a short body", [Buffer.from("hello")]],
  ["a short body in pieces", [Buffer.from("he"), Buffer.alloc(0), Buffer.from("llo")]],
  ["exactly the longest short body", [Buffer.alloc(262_144, 1)]],
  ["one byte more", [Buffer.alloc(262_144, 1), Buffer.alloc(1)]],
  ["a long body in one piece", [long]],
  ["a long body in pieces", pieces(long)],
  ["a long body in odd pieces", pieces(long, 99_991)],
])("%s is stored under its digest, private to its owner", async (_what, chunks) => {
  const root = setupFolder();
  const blobs = createBlobs({ root });
  const whole = Buffer.concat(chunks);
  const held = await blobs.receive(chunksOf(...chunks), { size: whole.length, sha256: sha(whole) }, never);
  expect(held).toMatchObject({ sha256: sha(whole), size: whole.length });
  await blobs.verify(held);
  expect(filesIn(root)).toEqual([join(root, "blobs", held.sha256.slice(0, 2), held.sha256)]);
  expect([
    statSync(blobs.fileOf(held.sha256)).mode & 0o777,
    statSync(join(root, "blobs", held.sha256.slice(0, 2))).mode & 0o777,
  ]).toEqual([0o600, 0o700]);
});

test.each([
  ["short", [Buffer.from("hello")], ["create", "writeNow", "sync", "close", "rename", "syncFolder"]],
  ["long", [long], ["create", "write", "write", "write", "sync", "close", "rename", "syncFolder"]],
])(
  "a %s body's bytes are on disk before its name, and its name before anybody hears of it",
  async (_what, chunks, order) => {
    const done: string[] = [];
    const logged = Object.fromEntries(
      Object.entries(disk).map(([name, run]) => [
        name,
        (...args: never[]): unknown => {
          const result = (run as (...args: never[]) => unknown)(...args);
          if (result instanceof Promise) return result.finally(() => done.push(name));
          done.push(name);
          return result;
        },
      ]),
    ) as Disk;
    const blobs = createBlobs({ root: setupFolder(), disk: logged });
    await blobs.receive(chunksOf(Buffer.from("makes the folder")), {}, never);
    done.length = 0;
    await blobs.receive(chunksOf(...chunks), {}, never);
    const [first, ...rest] = done.filter((name) => name !== "stat" && name !== "makeFolder" && name !== "isFolder");
    const ofNewFolder = rest.indexOf("syncFolder"); // the folder of the first two digits is new, and synced before it is used
    expect([first, ...rest.toSpliced(ofNewFolder, 1)]).toEqual(order);
  },
);

describe("a body that is announced as very long", () => {
  /** Not a whole number of blocks, and its last buffer is not full. */
  const huge = randomBytes(17_000_001);
  const store = async (root: string, on: Disk, body = huge) => {
    const blobs = createBlobs({ root, disk: on });
    const held = await blobs.receive(chunksOf(...pieces(body)), { size: huge.length }, never);
    return { blobs, held };
  };

  test.each([
    ["directly", disk],
    [
      "the usual way where direct writes are refused when a file is made",
      { ...disk, createDirect: () => disk.create("/proc/nowhere") },
    ],
    [
      "the usual way where direct writes are refused later",
      {
        ...disk,
        createDirect: () => openSync("/dev/null", "r"), // as a file system does that takes the flag and no bytes
      },
    ],
  ])("is stored whole, %s", async (_how, on) => {
    const root = setupFolder();
    const { blobs, held } = await store(root, on);
    expect(held).toMatchObject({ sha256: sha(huge), size: huge.length });
    await blobs.verify(held);
    expect(readFileSync(blobs.fileOf(held.sha256)).equals(huge)).toBe(true);
    expect(filesIn(root)).toHaveLength(1);
  });

  test("comes back whole and in part, the first time directly, then from the system's cache", async () => {
    const opened: string[] = [];
    const logged: Disk = {
      ...disk,
      open: (path) => (opened.push("open"), disk.open(path)),
      openDirect: (path) => (opened.push("openDirect"), disk.openDirect(path)),
    };
    const { blobs, held } = await store(setupFolder(), logged);
    const bytesOf = async (range?: { start: number; end: number }): Promise<Buffer> => {
      const stream = blobs.read(held, range);
      return Buffer.isBuffer(stream) ? stream : Buffer.concat(await stream.toArray());
    };
    for (let i = 0; i < 2; i++) expect((await bytesOf()).equals(huge)).toBe(true);
    const range = { start: 1_048_575, end: 3_000_000 };
    expect((await bytesOf(range)).equals(huge.subarray(range.start, range.end + 1))).toBe(true);
    expect(opened).toEqual(["openDirect", "open", "open"]);
  });

  test("is not believed when it has changed, and read the usual way where it cannot be read directly", async () => {
    const { blobs, held } = await store(setupFolder(), { ...disk, openDirect: () => disk.open("/proc/nowhere") });
    await blobs.verify(held);
    const changed = Buffer.from(huge);
    changed.writeUInt8(changed.readUInt8(17_000_000) ^ 1, 17_000_000);
    writeFileSync(blobs.fileOf(held.sha256), changed);
    await expect(blobs.verify(held)).rejects.toMatchObject({ kind: "corrupt" });
    const fresh = createBlobs({ root: setupFolder() });
    const again = await fresh.receive(chunksOf(...pieces(huge)), { size: huge.length }, never);
    writeFileSync(fresh.fileOf(again.sha256), changed);
    const stream = fresh.read(again);
    expect(Buffer.isBuffer(stream) || (await stream.toArray().catch((error: unknown) => error))).toMatchObject({
      kind: "corrupt",
    });
  });

  test("comes in beside others, each with its own bytes", async () => {
    const blobs = createBlobs({ root: setupFolder() });
    const bodies = Array.from({ length: 4 }, (_, i) => Buffer.concat([Buffer.from([i]), huge]));
    const uploads = bodies.map((body) => blobs.receive(chunksOf(...pieces(body)), { size: body.length }, never));
    for (const [i, held] of (await Promise.all(uploads)).entries()) {
      expect(held.sha256).toBe(sha(bodies[i] ?? huge));
      await blobs.verify(held);
    }
  });

  test("leaves nothing when it is shorter than announced or the disk is full", async () => {
    const root = setupFolder();
    await expect(store(root, disk, huge.subarray(0, -1))).rejects.toMatchObject({ kind: "invalid" });
    const write = (): Promise<void> => Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
    await expect(store(root, { ...disk, write })).rejects.toMatchObject({ kind: "exhausted" });
    expect(filesIn(root)).toEqual([]);
  });
});

test("the same bytes again keep the blob that is there", async () => {
  const root = setupFolder();
  const blobs = createBlobs({ root });
  for (const body of [[Buffer.from("same")], pieces(long)]) {
    const first = await blobs.receive(chunksOf(...body), {}, never);
    const { ino } = statSync(blobs.fileOf(first.sha256));
    for (const isKnown of [never, () => true]) await blobs.receive(chunksOf(...body), {}, isKnown);
    expect(statSync(blobs.fileOf(first.sha256)).ino).toBe(ino);
  }
  expect(filesIn(root)).toHaveLength(2);
});

test("a blob that lost bytes on disk is healed by the next upload of the same", async () => {
  const blobs = createBlobs({ root: setupFolder() });
  const held = await blobs.receive(chunksOf(Buffer.from("whole")), {}, never);
  writeFileSync(blobs.fileOf(held.sha256), "wh");
  await expect(blobs.verify(held)).rejects.toMatchObject({ kind: "corrupt" });
  await blobs.receive(chunksOf(Buffer.from("whole")), {}, () => true);
  await blobs.verify(held);
});

test.each([[{ size: 4 }], [{ size: 6 }], [{ sha256: "0".repeat(64) }]])(
  "a body that is not as announced (%o) leaves nothing",
  async (expected) => {
    const root = setupFolder();
    const blobs = createBlobs({ root });
    await expect(blobs.receive(chunksOf(Buffer.from("hello")), expected, never)).rejects.toMatchObject({
      kind: "invalid",
    });
    await expect(blobs.receive(chunksOf(...pieces(long)), expected, never)).rejects.toMatchObject({ kind: "invalid" });
    expect(filesIn(root)).toEqual([]);
  },
);

test("a body that breaks off leaves nothing", async () => {
  const root = setupFolder();
  const blobs = createBlobs({ root });
  const broken = async function* (chunks: Buffer[]): AsyncGenerator<Buffer> {
    yield* chunks;
    throw await Promise.resolve(new Error("aborted"));
  };
  for (const chunks of [[Buffer.from("x")], pieces(long)])
    await expect(blobs.receive(broken(chunks), {}, never)).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("cut off") as string,
    });
  expect(filesIn(root)).toEqual([]);
});

test("what an interrupted upload left in staging is gone at the next start", () => {
  const root = setupFolder();
  createBlobs({ root });
  writeFileSync(join(root, "staging", "1-1.part"), "half");
  createBlobs({ root });
  expect(filesIn(root)).toEqual([]);
});

test("links in place of our folders and files are not followed", async () => {
  const [root, elsewhere] = [setupFolder(), setupFolder()];
  mkdirSync(join(root, "x"));
  symlinkSync(elsewhere, join(root, "x", "blobs"));
  expect(() => createBlobs({ root: join(root, "x") })).toThrow("not a link");
  const blobs = createBlobs({ root });
  const held = await blobs.receive(chunksOf(Buffer.from("hello")), {}, never);
  writeFileSync(join(elsewhere, "secret"), "olleh");
  rmSync(blobs.fileOf(held.sha256));
  symlinkSync(join(elsewhere, "secret"), blobs.fileOf(held.sha256));
  expect(() => blobs.read(held)).toThrow();
  expect(() => blobs.fileOf("../../etc/passwd")).toThrow("not a sha256 digest");
});

test("uploads of the same bytes wait while their blob is being removed", async () => {
  const blobs = createBlobs({ root: setupFolder() });
  const held = await blobs.receive(chunksOf(Buffer.from("x")), {}, never);
  held.release();
  expect(blobs.isHeld(held.sha256)).toBe(false);
  blobs.condemn(held.sha256);
  let stored = false;
  const again = blobs.receive(chunksOf(Buffer.from("x")), {}, never).then((blob) => {
    stored = true;
    return blob;
  });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(stored).toBe(false);
  expect(blobs.destroy(held.sha256)).toBe(true);
  await blobs.verify(await again);
  expect(blobs.isHeld(held.sha256)).toBe(true);
});

/** A disk that dies at its n-th operation, as a process does: from then on nothing works, not even cleaning up. */
const mortal = (dieAt: number): { disk: Disk; dead: () => boolean } => {
  let count = 0;
  const step = (): void => {
    if (++count >= dieAt) throw new Error("killed");
  };
  const wrapped = Object.fromEntries(
    Object.entries(disk).map(([name, run]) => [
      name,
      (...args: never[]): unknown => {
        step();
        return (run as (...args: never[]) => unknown)(...args);
      },
    ]),
  ) as Disk;
  return { disk: wrapped, dead: () => count >= dieAt };
};

describe.each([
  ["a short body", [Buffer.from("hello")]],
  ["a long body", pieces(long)],
])("killed at any step of storing %s", (_what, chunks) => {
  test("no row is without its blob, no half file has a digest's name, and the upload works the next time", async () => {
    let survived = false;
    for (let dieAt = 1; !survived; dieAt++) {
      const root = setupFolder();
      createBlobs({ root }); // the folders are there, as after a first start
      const faulty = mortal(dieAt);
      let before: ReturnType<typeof setupArtifacts> | undefined;
      const attempt = async (): Promise<void> => {
        before = setupArtifacts({ root, disk: faulty.disk });
        const blob = await before.artifacts.receive(chunksOf(...chunks), {});
        const { artifacts } = before;
        await before.write(() => artifacts.put("a/b", blob));
      };
      await attempt().catch(() => undefined);
      survived = !faulty.dead();
      expect(before?.store.find("a/b") !== undefined).toBe(survived);
      const after = setupArtifacts({ root });
      for (const file of filesIn(join(root, "blobs"))) {
        const name = file.slice(-64);
        await after.blobs.verify({ sha256: name, size: statSync(file).size });
      }
      await after.put("a/b", Buffer.concat(chunks));
      await after.blobs.verify({ sha256: sha(Buffer.concat(chunks)), size: Buffer.concat(chunks).length });
      expect(filesIn(root)).toHaveLength(1);
      expect(dieAt).toBeLessThan(100);
    }
  });
});

test.each(["create", "write", "writeNow", "sync", "rename", "syncFolder"] as const)(
  "a full disk at %s is 'exhausted' and leaves nothing behind",
  async (step) => {
    const root = setupFolder();
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    const failing: Disk = {
      ...disk,
      [step]: () => {
        if (step === "create" || step === "rename" || step === "writeNow") throw full;
        return Promise.reject(full);
      },
    };
    const { artifacts, store } = setupArtifacts({ root, disk: failing });
    for (const chunks of [[Buffer.from("hello")], pieces(long)]) {
      const stored = artifacts.receive(chunksOf(...chunks), {}).then(
        () => "stored",
        (error: unknown) => error,
      );
      const untouched = chunks.length === 1 ? step === "write" : step === "writeNow"; // each way of writing has its own call
      if (untouched) expect(await stored).toBe("stored");
      else expect(await stored).toMatchObject({ kind: "exhausted" });
    }
    expect(readdirSync(join(root, "staging"))).toEqual([]);
    expect(store.list("")).toEqual([]);
  },
);

test("a folder that cannot be written is 'exhausted' too", async () => {
  const create = (): number => {
    throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  };
  const blobs = createBlobs({ root: setupFolder(), disk: { ...disk, create } });
  await expect(blobs.receive(chunksOf(Buffer.from("x")), {}, never)).rejects.toMatchObject({ kind: "exhausted" });
});

test("a sync that failed in the middle of a long upload is not made good by a later one", async () => {
  let calls = 0;
  const sync = (fd: number): Promise<void> =>
    ++calls === 1 ? Promise.reject(Object.assign(new Error("EIO: i/o error"), { code: "EIO" })) : disk.sync(fd);
  const root = setupFolder();
  const blobs = createBlobs({ root, disk: { ...disk, sync } });
  const body = chunksOf(...Array.from({ length: 48 }, () => Buffer.alloc(1024 * 1024, 7)));
  await expect(blobs.receive(body, {}, never)).rejects.toMatchObject({ kind: "exhausted" });
  expect(readdirSync(join(root, "staging"))).toEqual([]);
  expect(calls).toBe(1);
});

test.each([
  ["before its first piece", long, 0],
  ["after its first piece", long, 1],
  ["after its first piece, read directly", Buffer.alloc(17_000_000, 7), 1],
])("a stream that is thrown away %s gives its file back", async (_when, body, taken) => {
  const open = (): number => readdirSync("/proc/self/fd").length;
  const blobs = createBlobs({ root: setupFolder() });
  const held = await blobs.receive(chunksOf(...pieces(body)), { size: body.length }, never);
  const before = open();
  for (let i = 0; i < 20; i++) {
    const stream = blobs.read(held);
    if (Buffer.isBuffer(stream)) throw new Error("a long blob is a stream");
    if (taken > 0) await new Promise((resolve) => stream.once("data", resolve));
    await new Promise((resolve) => stream.once("close", resolve).destroy());
  }
  await vi.waitFor(() => expect(open()).toBe(before));
});
