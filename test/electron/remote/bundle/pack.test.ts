import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { describe, expect, test } from "vitest";
import { diskError } from "../../../../electron/remote/bundle/byte-sink.ts";
import { inspectBag, verifyBag } from "../../../../electron/remote/bundle/open.ts";
import { createBagWriter, tarBag } from "../../../../electron/remote/bundle/pack.ts";
import { blobPath } from "../../../../electron/remote/bundle/names.ts";
import { encodeHeader } from "../../../../electron/remote/bundle/tar.ts";
import { createSigningKey } from "../../../../electron/remote/bundle/sshsig.ts";
import {
  blobs,
  bundleInfo,
  digestOf,
  filesBelow,
  lacking,
  objects,
  refusal,
  runTool,
  setupArchive,
  setupBundle,
} from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

test("a bag has all files of its profile, and says what is inside", async () => {
  const { folder, bag } = await setupBundle();
  expect(filesBelow(join(folder, "carry-1"))).toEqual(
    [
      "allowed_signers",
      "bag-info.txt",
      "bagit.txt",
      "data/index.html",
      "data/objects.jsonl",
      ...blobs.map((blob) => blobPath(digestOf(blob))),
      "manifest-sha256.txt",
      "signature.sshsig",
      "signer.pub",
      "tagmanifest-sha256.txt",
    ].sort(),
  );
  expect(bag).toMatchObject({ folder: join(folder, "carry-1"), files: [], payloadFiles: 5 });
  const info = readFileSync(join(folder, "carry-1", "bag-info.txt"), "utf8");
  expect(info).toContain(`Payload-Oxum: ${bag.payloadBytes}.5\n`);
  expect(info).toContain("Outpost-From: 작업 PC 3\n");
  expect(info).toContain("Outpost-Count: runs 2\n");
});

test("what was packed comes back: as a folder, as an archive of it, and written straight into an archive", async () => {
  const { bag, trusted, staging, folder } = await setupBundle();
  const [tar] = await tarBag(bag.folder ?? "", join(folder, "carry-1.tar"));
  const straight = await setupArchive();
  for (const [source, known] of [
    [{ folder: bag.folder ?? "" }, trusted],
    [{ files: [tar?.path ?? ""] }, trusted],
    [{ files: [straight.outFile] }, straight.trusted],
  ] as const) {
    const verified = await verifyBag(source, { trusted: known, staging });
    expect(verified.info).toMatchObject({ ...bundleInfo, payloadFiles: 5, payloadBytes: bag.payloadBytes });
    expect(verified.signer?.trust).toBe("trusted");
    expect(verified.signer?.identity).toBe("lab@ws3");
    expect(verified.digest === bag.digest).toBe(known === trusted); // the other bundle has another key
    expect(verified.overrides).toEqual([]);
    expect(readFileSync(verified.objectsFile, "utf8")).toBe(objects);
    expect([...verified.blobs.keys()].sort()).toEqual(blobs.map(digestOf).sort());
    for (const [digest, { path, size }] of verified.blobs) {
      expect([digestOf(readFileSync(path)), readFileSync(path).length]).toEqual([digest, size]);
    }
    await verified.discard();
  }
  expect(readdirSync(staging)).toEqual([]);
  expect(existsSync(bag.folder ?? "")).toBe(true);
});

test("the same bag gives the same archive, whichever way it was written", async () => {
  const { bag, folder, key } = await setupBundle();
  await tarBag(bag.folder ?? "", join(folder, "one.tar"));
  const outFile = join(folder, "two.tar");
  const writer = createBagWriter({ folder, name: "carry-1", info: bundleInfo, outFile });
  await writer.addFile("data/objects.jsonl", Readable.from([Buffer.from(objects)]));
  for (const blob of blobs)
    await writer.addFile(blobPath(digestOf(blob)), Readable.from([blob]), {
      sha256: digestOf(blob),
      size: blob.length,
    });
  const finished = await writer.finish({ key, index: { title: "A bundle" }, identity: "lab@ws3" });
  expect(readFileSync(outFile).equals(readFileSync(join(folder, "one.tar")))).toBe(true);
  expect(finished).toMatchObject({ digest: bag.digest, folder: undefined, files: [{ path: outFile }] });
  expect(readdirSync(folder).sort()).toEqual(["carry-1", "one.tar", "two.tar"]);
});

test("another reader of tar finds the same files", async () => {
  const { bytes } = await setupArchive();
  const reader = extract();
  reader.end(bytes);
  const names: (string | undefined)[] = [];
  for await (const entry of reader) {
    names.push(entry.header.type === "file" ? entry.header.name : undefined);
    entry.resume();
  }
  expect(names).toHaveLength(12);
  expect(names.every((name) => name?.startsWith("carry-1/"))).toBe(true);
});

const missing = lacking("tar", "sha256sum", "ssh-keygen");
describe.skipIf(missing)(`a system's own tools${missing ? ` (skipped: no ${missing} here)` : ""}`, () => {
  const unpack = async () => {
    const { outFile } = await setupArchive();
    const folder = temporaryFolder();
    expect(runTool("tar", ["-xf", outFile, "-C", folder])).toEqual({ status: 0, output: "" });
    return join(folder, "carry-1");
  };
  const verifyArgs = [
    "-Y",
    "verify",
    "-f",
    "allowed_signers",
    "-I",
    "lab@ws3",
    "-n",
    "outpost-bundle",
    "-s",
    "signature.sshsig",
  ];

  test("accept the bag", async () => {
    const cwd = await unpack();
    expect(runTool("sha256sum", ["-c", "--strict", "manifest-sha256.txt"], { cwd }).status).toBe(0);
    expect(runTool("sha256sum", ["-c", "--strict", "tagmanifest-sha256.txt"], { cwd }).status).toBe(0);
    const input = readFileSync(join(cwd, "tagmanifest-sha256.txt"));
    expect(runTool("ssh-keygen", verifyArgs, { cwd, input })).toMatchObject({
      status: 0,
      output: expect.stringContaining("Good"),
    });
  });

  test("refuse it when a byte was changed", async () => {
    const cwd = await unpack();
    writeFileSync(join(cwd, "data/objects.jsonl"), objects.replace("r1", "r2"));
    expect(runTool("sha256sum", ["-c", "manifest-sha256.txt"], { cwd }).output).toContain("data/objects.jsonl: FAILED");
  });

  test("list a file of more than 8 GiB in an archive of ours", () => {
    const path = join(temporaryFolder(), "large.tar");
    writeFileSync(path, encodeHeader({ path: "carry-1/data/large", size: 10 * 2 ** 30, mtime: 0 }));
    expect(runTool("tar", ["-tvf", path]).output).toMatch(/ 10737418240 .*carry-1\/data\/large/);
  });
});

test.each([
  ["../x", "name"],
  ["/etc/passwd", "name"],
  ["bagit.txt", "name"],
  ["data/index.html", "name"],
  ["data/bl ob", "name"],
  ["data/blobs/aa/xyz", "name"],
  ["data/objects.jsonl", "twin"],
  ["data/Objects.jsonl", "twin"],
])("a file '%s' is not taken, and nothing is left", async (path, code) => {
  const folder = temporaryFolder();
  const writer = createBagWriter({ folder, name: "carry-1", info: bundleInfo });
  await writer.addFile("data/objects.jsonl", Buffer.from(objects));
  expect(await refusal(writer.addFile(path, Buffer.from("x")))).toMatchObject({ code, entry: path });
  expect(readdirSync(folder)).toEqual([]);
  await expect(writer.addFile("data/more", Buffer.from("x"))).rejects.toThrow("is closed");
});

test.each([
  ["a longer file", Buffer.from("longer"), { size: 5, sha256: digestOf("longer") }],
  ["a shorter file", Buffer.from("long"), { size: 5, sha256: digestOf("long") }],
  ["another file", Buffer.from("other"), { size: 5, sha256: digestOf("right") }],
])("%s than was announced is named, and nothing is left", async (_, content, known) => {
  const folder = temporaryFolder();
  const writer = createBagWriter({ folder, name: "carry-1", info: bundleInfo, outFile: join(folder, "carry-1.tar") });
  const added = writer.addFile(blobPath(known.sha256), Readable.from([content]), known);
  expect(await refusal(added)).toMatchObject({ code: "source", entry: blobPath(known.sha256) });
  expect(readdirSync(folder)).toEqual([]);
});

test("a blob whose bytes are not those of its name is refused", async () => {
  const writer = createBagWriter({ folder: temporaryFolder(), name: "carry-1", info: bundleInfo });
  expect(await refusal(writer.addFile(blobPath(digestOf("a")), Buffer.from("b")))).toMatchObject({ code: "source" });
});

test.each([
  [{ from: "a\nOutpost-Class: public" }],
  [{ class: "" }],
  [{ created: "yesterday" }],
  [{ to: "\ud800" }],
  [{ counts: { "a b": 1 } }],
  [{ counts: { runs: -1 } }],
  [{ extra: { "x: y": "z" } }],
])("words that one line cannot hold are refused before anything is written: %j", (wrong) => {
  const folder = temporaryFolder();
  expect(() => createBagWriter({ folder, name: "carry-1", info: { ...bundleInfo, ...wrong } })).toThrow("bag-info.txt");
  expect(readdirSync(folder)).toEqual([]);
});

test.each(["", "a/b", "..", "a b", ".a", "con", "x".repeat(65)])("'%s' cannot be a bundle's name", (name) => {
  expect(() => createBagWriter({ folder: temporaryFolder(), name, info: bundleInfo })).toThrow(
    "cannot be a bundle's name",
  );
});

test("nothing that exists is written over", async () => {
  const { bag, folder } = await setupBundle();
  expect(() => createBagWriter({ folder, name: "carry-1", info: bundleInfo })).toThrow("exists already");
  const outFile = join(folder, "carry-1.tar");
  writeFileSync(outFile, "mine");
  expect(await refusal(tarBag(bag.folder ?? "", outFile))).toMatchObject({ code: "exists", entry: outFile });
  expect(readFileSync(outFile, "utf8")).toBe("mine");
});

test("a cancelled bundle leaves nothing, while it is written and while it is packed", async () => {
  const { bag, folder } = await setupBundle();
  const outFile = join(folder, "carry-1.tar");
  const stop = new AbortController();
  const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes?: number }) => {
    expect(bytes).toBeLessThanOrEqual(totalBytes ?? 0);
    if (bytes > 70_000) stop.abort();
  };
  await expect(tarBag(bag.folder ?? "", outFile, { signal: stop.signal, onProgress })).rejects.toThrow("abort");
  const writer = createBagWriter({ folder, name: "carry-2", info: bundleInfo, signal: stop.signal });
  await expect(writer.addFile("data/objects.jsonl", Buffer.from(objects))).rejects.toThrow("abort");
  const given = createBagWriter({ folder, name: "carry-3", info: bundleInfo, outFile });
  await given.addFile("data/objects.jsonl", Buffer.from(objects));
  await given.abort();
  expect(readdirSync(folder)).toEqual(["carry-1"]);
});

test("a bag whose files changed after it was signed is not packed", async () => {
  const { bag, folder } = await setupBundle();
  writeFileSync(join(bag.folder ?? "", "data/objects.jsonl"), objects.replace("r1", "r2"));
  const packed = tarBag(bag.folder ?? "", join(folder, "carry-1.tar"));
  expect(await refusal(packed)).toMatchObject({ code: "source", entry: "data/objects.jsonl" });
  expect(readdirSync(folder)).toEqual(["carry-1"]);
});

test.each([
  ["ENOSPC", "space", "free some, or cut the bundle into volumes"],
  ["EDQUOT", "space", "free some, or cut the bundle into volumes"],
  ["EFBIG", "space", "the medium cannot hold a file as long"],
  ["EIO", "medium", "use another one"],
])("a medium that says %s is told in words, with a way out", (code, reason, words) => {
  const told = diskError(Object.assign(new Error(code), { code }), "/media/stick/carry-1.tar");
  expect(told).toMatchObject({ code: reason, kind: "exhausted", entry: "/media/stick/carry-1.tar" });
  expect(String(told).toLowerCase()).toContain(words);
  const other = new Error("other");
  expect(diskError(other, "x")).toBe(other);
});

test("a bundle without its objects is not finished", async () => {
  const writer = createBagWriter({ folder: temporaryFolder(), name: "carry-1", info: bundleInfo });
  const finished = writer.finish({ key: createSigningKey(), index: { title: "" } });
  expect(await refusal(finished)).toMatchObject({ code: "missing", entry: "data/objects.jsonl" });
});

const digestOfZeros = (mebibytes: number): string => {
  const hash = createHash("sha256");
  for (let at = 0; at < mebibytes; at += 1) hash.update(Buffer.alloc(2 ** 20));
  return hash.digest("hex");
};

test("a stream larger than memory would hold goes through in pieces", async () => {
  const folder = temporaryFolder();
  const pieces = 300;
  let most = 0;
  async function* zeros() {
    for (let at = 0; at < pieces; at += 1) {
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      yield await Promise.resolve(Buffer.alloc(2 ** 20));
    }
  }
  const size = pieces * 2 ** 20;
  const outFile = join(folder, "carry-1.tar");
  const writer = createBagWriter({ folder, name: "carry-1", info: bundleInfo, outFile });
  await writer.addFile("data/objects.jsonl", Buffer.from(objects));
  const before = process.memoryUsage().arrayBuffers;
  const seen = await writer.addFile("data/large", zeros(), { size, sha256: digestOfZeros(pieces) });
  expect(seen.size).toBe(size);
  expect(most - before).toBeLessThan((size * 2) / 3);
  await writer.finish({ key: createSigningKey(), index: { title: "large" } });
  const { info } = await inspectBag({ files: [outFile] }, { trusted: () => "trusted" });
  expect(info.payloadBytes).toBeGreaterThan(size);
});
