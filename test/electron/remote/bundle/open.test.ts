import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { Header } from "tar-stream";
import { describe, expect, test } from "vitest";
import { inspectBag, verifyBag } from "../../../../electron/remote/bundle/open.ts";
import type { VerifyOptions } from "../../../../electron/remote/bundle/open.ts";
import { createBagWriter } from "../../../../electron/remote/bundle/pack.ts";
import { encodeHeader, endOfArchive, padding } from "../../../../electron/remote/bundle/tar.ts";
import { createSigningKey, fingerprint, publicKeyLine, sign } from "../../../../electron/remote/bundle/sshsig.ts";
import {
  blobs,
  bundleInfo,
  digestOf,
  filesBelow,
  lacking,
  objects,
  refusal,
  setupArchive,
  setupBundle,
} from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const CREATED = Date.parse("2026-11-21T09:30:00Z") / 1000;

/** One more entry, as our own writer would put it. */
const entryOf = (path: string, content: Buffer | string = "x", size = content.length): Buffer =>
  Buffer.concat([encodeHeader({ path, size, mtime: CREATED }), Buffer.from(content), padding(content.length)]);

type ForeignHeader = Partial<Header> & Pick<Header, "name">;

/** One entry as other writers put it, with whatever types and headers they have. */
const foreignEntry = async (header: ForeignHeader, content?: string): Promise<Buffer> => {
  const packer = pack();
  packer.entry({ mtime: new Date(CREATED * 1000), ...header }, content ?? "");
  packer.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of packer) if (piece instanceof Uint8Array) pieces.push(piece);
  const all = Buffer.concat(pieces);
  return all.subarray(0, -endOfArchive.length);
};

/** An archive with something put in front of its end, given to the reader; nothing may be left of it. */
const setupHostile = async () => {
  const archive = await setupArchive();
  const refused = async (bytes: Buffer, options: Partial<VerifyOptions> = {}) => {
    writeFileSync(archive.outFile, bytes);
    const { trusted, staging, outFile } = archive;
    const answer = await refusal(verifyBag({ files: [outFile] }, { trusted, staging, ...options }));
    expect(readdirSync(staging)).toEqual([]);
    expect(await refusal(inspectBag({ files: [outFile] }, { trusted, ...options }))).toEqual(answer);
    return answer;
  };
  const body = archive.bytes.subarray(0, -endOfArchive.length);
  return {
    ...archive,
    body,
    refused,
    refusedWith: (...more: Buffer[]) => refused(Buffer.concat([body, ...more, endOfArchive])),
  };
};

test.each([
  ["Z01 a name with '..'", "carry-1/../../evil", "name"],
  ["Z01 a name with '..' at its end", "carry-1/data/..", "name"],
  ["Z02 an absolute name", "/etc/cron.d/evil", "name"],
  ["Z02 a drive", "C:/evil", "name"],
  ["a backslash", "carry-1/data\\..\\..\\evil", "name"],
  ["a name that Windows takes for a device", "carry-1/data/nul.txt", "name"],
  ["a name ending with a dot", "carry-1/data/objects.jsonl.", "name"],
  ["a hidden file", "carry-1/data/.bashrc", "name"],
  ["a control character", "carry-1/data/a\nb", "name"],
  ["no name", "", "name"],
  ["an empty part", "carry-1//data/x", "name"],
  ["another folder", "other/data/x", "extra"],
  ["no folder", "evil", "extra"],
  ["Z06 the same name again", "carry-1/data/objects.jsonl", "twin"],
  ["Z06 the same name in other letters", "carry-1/data/OBJECTS.jsonl", "twin"],
  ["a file in the place of a folder", "carry-1/data/blobs", "twin"],
  ["a file below a file", "carry-1/data/objects.jsonl/x", "twin"],
  ["Z12 fetch.txt", "carry-1/fetch.txt", "fetch"],
  ["Z12 a file beside the payload", "carry-1/autorun.inf", "extra"],
  ["Z12 a file that no manifest lists", "carry-1/data/more", "extra"],
  ["a blob under another name", `carry-1/data/blobs/00/${digestOf("x")}`, "extra"],
])("%s is refused by name, and nothing is left", async (_, path, code) => {
  const { refusedWith } = await setupHostile();
  const answer = await refusedWith(entryOf(path));
  expect(answer.code).toBe(code);
  expect(path.endsWith(answer.entry)).toBe(true);
  expect(answer.message).toContain(JSON.stringify(answer.entry).slice(1, -1));
});

test.each(["caf\u00e9", "cafe\u0301"])("twins that only look alike cannot be: '%s' is no plain name", async (name) => {
  const { refusedWith } = await setupHostile();
  const path = `carry-1/data/${name}`;
  expect(await refusedWith(await foreignEntry({ name: path }, "x"))).toMatchObject({ code: "extension", entry: path });
  const raw = encodeHeader({ path: `carry-1/data/${"x".repeat(Buffer.byteLength(name))}`, size: 0, mtime: CREATED });
  raw.write(path, 0, "utf8");
  const sum = raw.reduce((total, byte, at) => total + (at < 148 || at >= 156 ? byte : 32), 0);
  raw.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  expect(await refusedWith(raw)).toMatchObject({ code: "name", entry: path });
});

const linkname = "/etc/passwd";
test.each<[string, ForeignHeader, string]>([
  ["Z03 a symbolic link", { name: "carry-1/data/link", type: "symlink", linkname }, "link"],
  ["Z04 a hard link", { name: "carry-1/data/link", type: "link", linkname: "carry-1/bagit.txt" }, "link"],
  [
    "Z05 a character device",
    { name: "carry-1/data/dev", type: "character-device", devmajor: 1, devminor: 3 },
    "special",
  ],
  ["Z05 a block device", { name: "carry-1/data/dev", type: "block-device", devmajor: 8 }, "special"],
  ["a FIFO", { name: "carry-1/data/pipe", type: "fifo" }, "special"],
  ["a folder entry", { name: "carry-1/data/folder/", type: "directory" }, "special"],
  ["a contiguous file", { name: "carry-1/data/file", type: "contiguous-file" }, "special"],
  ["a pax header with another name", { name: "carry-1/data/x", pax: { path: "/etc/passwd" } }, "extension"],
  ["a pax header with another size", { name: "carry-1/data/x", pax: { size: "99999" } }, "extension"],
  [
    "a sparse pax header",
    { name: "carry-1/data/x", pax: { "GNU.sparse.major": "1", "GNU.sparse.name": "x" } },
    "extension",
  ],
])("%s is refused by name, and nothing is left", async (_, header, code) => {
  const { refusedWith } = await setupHostile();
  const answer = await refusedWith(await foreignEntry(header));
  expect(answer).toMatchObject({ code, entry: header.name });
});

test.each([
  ["a sparse file", "S"],
  ["a GNU long name", "L"],
  ["a pax header for all", "g"],
  ["a GNU folder of names", "D"],
  ["an unknown type", "Z"],
  ["the old mark of a file", "\0"],
])("%s in a header is refused", async (_, type) => {
  const { refusedWith } = await setupHostile();
  const header = encodeHeader({ path: "carry-1/data/x", size: 0, mtime: CREATED });
  const old = header[156] ?? 0;
  header.write(type, 156, "latin1");
  const sum = Number.parseInt(header.toString("latin1", 148, 154), 8) - old + (header[156] ?? 0);
  header.write(sum.toString(8).padStart(6, "0"), 148, "latin1");
  const { code, entry } = await refusedWith(header);
  expect([["extension", "damaged", "special"].includes(code), entry]).toEqual([true, "carry-1/data/x"]);
});

test("Z08 a declared size that is not the real one is refused, as is one beyond the archive", async () => {
  const { refusedWith, body, refused } = await setupHostile();
  expect(await refusedWith(entryOf("carry-1/data/x", "short", 2 ** 40))).toMatchObject({
    code: "size",
    entry: "carry-1/data/x",
  });
  expect(await refusedWith(entryOf("carry-1/data/x", "x".repeat(5000), 5))).toMatchObject({ code: "damaged" });
  const negative = encodeHeader({ path: "carry-1/data/x", size: 0, mtime: CREATED });
  negative.write("-0000000001", 124, "latin1");
  expect((await refused(Buffer.concat([body, negative, endOfArchive]))).code).toBe("damaged");
});

test("a compressed archive is not unpacked: it is no bundle", async () => {
  const { bytes, refused } = await setupHostile();
  expect(await refused(gzipSync(bytes))).toMatchObject({ code: "format", entry: "carry-1.tar" });
  for (const junk of [Buffer.alloc(0), Buffer.alloc(2000), Buffer.from("hello")]) {
    expect(await refused(junk)).toMatchObject({ code: "format", entry: "carry-1.tar" });
  }
});

test("Z07 what is compressed inside is never opened: it counts as the bytes that it is", async () => {
  const bomb = gzipSync(Buffer.alloc(20 * 2 ** 20));
  const { key, folder } = await setupBundle();
  const outFile = join(folder, "bomb.tar");
  const writer = createBagWriter({ folder, name: "bomb", info: bundleInfo, outFile });
  await writer.addFile("data/objects.jsonl", Buffer.from(objects));
  await writer.addFile("data/bomb.gz", bomb);
  await writer.finish({ key, index: { title: "" } });
  const staging = temporaryFolder();
  const options = { trusted: () => "trusted" as const, staging, limits: { bytes: 200_000 } };
  const bag = await verifyBag({ files: [outFile] }, options);
  expect(readFileSync(join(bag.folder, "data/bomb.gz")).equals(bomb)).toBe(true);
});

test("more bytes than are free, and more entries than a bundle has, are refused before they are written", async () => {
  const { bytes, outFile, trusted, staging } = await setupArchive();
  const files = [outFile];
  const full = await refusal(verifyBag({ files }, { trusted, staging, limits: { bytes: bytes.length - 1 } }));
  expect(full).toMatchObject({ code: "space", entry: "carry-1.tar" });
  const many = await refusal(verifyBag({ files }, { trusted, staging, limits: { entries: 11 } }));
  expect(many).toMatchObject({ code: "entries", entry: "signature.sshsig" });
  expect(readdirSync(staging)).toEqual([]);
  await verifyBag({ files }, { trusted, staging, limits: { bytes: bytes.length, entries: 12 } });
});

describe("a bag's folder", () => {
  const setupFolder = async () => {
    const { bag, trusted, key } = await setupBundle();
    const folder = bag.folder ?? "";
    const check = (options: Partial<VerifyOptions> = {}) => inspectBag({ folder }, { trusted, ...options });
    return { folder, key, check, refused: (options?: Partial<VerifyOptions>) => refusal(check(options)) };
  };

  test.each([
    ["Z11 a changed byte", "data/objects.jsonl", "changed"],
    ["a changed page", "data/index.html", "changed"],
    ["a changed manifest", "manifest-sha256.txt", "changed"],
    ["a changed class", "bag-info.txt", "changed"],
    ["a changed public key", "signer.pub", "changed"],
    ["a changed list of signers", "allowed_signers", "changed"],
    ["a changed tag manifest", "tagmanifest-sha256.txt", "signature"],
    ["a changed signature", "signature.sshsig", "signature"],
    ["another version of BagIt", "bagit.txt", "format"],
  ])("%s is refused by name: %s", async (_, file, code) => {
    const { folder, refused } = await setupFolder();
    const bytes = readFileSync(join(folder, file));
    bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1;
    writeFileSync(join(folder, file), bytes);
    const answer = await refused();
    expect(answer.code).toBe(code);
    expect([file, "signature.sshsig"]).toContain(answer.entry);
    expect(answer.message).toContain(file);
  });

  test.each([
    ["data/objects.jsonl", "missing"],
    [`data/blobs/${digestOf("first file").slice(0, 2)}/${digestOf("first file")}`, "missing"],
    ["bagit.txt", "missing"],
    ["bag-info.txt", "missing"],
    ["manifest-sha256.txt", "missing"],
    ["tagmanifest-sha256.txt", "missing"],
    ["signer.pub", "missing"],
    ["signature.sshsig", "unsigned"],
  ])("Z12 without %s it is refused by name", async (file, code) => {
    const { folder, refused } = await setupFolder();
    rmSync(join(folder, file));
    expect(await refused()).toMatchObject({ code, entry: file });
  });

  test.each([
    ["data/more", "extra"],
    ["notes.txt", "extra"],
    ["fetch.txt", "fetch"],
    ["data/.hidden", "name"],
    ["data/OBJECTS.jsonl", "twin"],
    ["manifest-sha512.txt", "extra"],
  ])("Z12 with %s put in it is refused by name", async (file, code) => {
    const { folder, refused } = await setupFolder();
    writeFileSync(join(folder, file), "x");
    const answer = await refused();
    expect(answer.code).toBe(code);
    expect(answer.entry.toLowerCase()).toBe(file.toLowerCase());
  });

  test("a link or a FIFO in it is refused by name", async () => {
    const { folder, refused } = await setupFolder();
    renameSync(join(folder, "data/objects.jsonl"), join(folder, "..", "objects.jsonl"));
    symlinkSync(join(folder, "..", "objects.jsonl"), join(folder, "data/objects.jsonl"));
    expect(await refused()).toMatchObject({ code: "link", entry: "data/objects.jsonl" });
    rmSync(join(folder, "data/objects.jsonl"));
    if (lacking("mkfifo")) return;
    execFileSync("mkfifo", [join(folder, "data/objects.jsonl")]);
    expect(await refused()).toMatchObject({ code: "special", entry: "data/objects.jsonl" });
  });

  test("Z09 unsigned, Z10 signed with an unknown key: refused, or let pass and said so", async () => {
    const { folder, key, check, refused } = await setupFolder();
    const trusted = () => "unknown" as const;
    const unknown = await refused({ trusted });
    expect(unknown).toMatchObject({ code: "unknown-key", entry: "signature.sshsig" });
    expect(unknown.message).toContain(fingerprint(key));
    expect(await refused({ trusted, allow: { unsigned: true } })).toMatchObject({ code: "unknown-key" });
    const let1 = await check({ trusted, allow: { unknownKey: true } });
    expect([let1.signer?.trust, let1.overrides]).toEqual(["unknown", ["unknownKey"]]);

    rmSync(join(folder, "signature.sshsig"));
    expect(await refused({ allow: { unknownKey: true } })).toMatchObject({
      code: "unsigned",
      entry: "signature.sshsig",
    });
    const let2 = await check({ allow: { unsigned: true } });
    expect([let2.signer, let2.overrides]).toEqual([undefined, ["unsigned"]]);
  });

  test.each([
    ["another key", () => `${publicKeyLine(createSigningKey(), "lab@ws3")}\n`],
    ["no key", () => " lab@ws3\n"],
    ["a name that is no word", (own: string) => own.replace("lab@ws3", "lab \u202e")],
    ["a second key", (own: string) => own + own],
  ])("%s in signer.pub, signed or not, is refused", async (_, change) => {
    const { folder, key, refused } = await setupFolder();
    const [own, tags] = [join(folder, "signer.pub"), join(folder, "tagmanifest-sha256.txt")];
    const before = readFileSync(own, "utf8");
    writeFileSync(own, change(before));
    writeFileSync(tags, readFileSync(tags, "utf8").replace(digestOf(before), digestOf(readFileSync(own))));
    writeFileSync(join(folder, "signature.sshsig"), sign(readFileSync(tags), key));
    expect(await refused()).toMatchObject({ code: "signature", entry: "signer.pub" });
  });

  test("what was allowed to be unsigned still has to be whole", async () => {
    const { folder, refused } = await setupFolder();
    rmSync(join(folder, "signature.sshsig"));
    writeFileSync(join(folder, "data/objects.jsonl"), "changed");
    expect(await refused({ allow: { unsigned: true } })).toMatchObject({
      code: "changed",
      entry: "data/objects.jsonl",
    });
  });

  test("the declared size of the payload has to be the real one", async () => {
    const { folder, refused } = await setupFolder();
    rmSync(join(folder, "signature.sshsig"));
    const info = join(folder, "bag-info.txt");
    const before = digestOf(readFileSync(info));
    writeFileSync(info, readFileSync(info, "utf8").replace(/Payload-Oxum: \d+/, "Payload-Oxum: 1"));
    const tags = join(folder, "tagmanifest-sha256.txt");
    writeFileSync(tags, readFileSync(tags, "utf8").replace(before, digestOf(readFileSync(info))));
    expect(await refused({ allow: { unsigned: true } })).toMatchObject({ code: "size", entry: "bag-info.txt" });
  });

  test("is left as it is, whatever comes of it", async () => {
    const { folder, refused } = await setupFolder();
    mkdirSync(join(folder, "data/more"));
    writeFileSync(join(folder, "data/more/x"), "x");
    const before = filesBelow(folder);
    await refused();
    expect(filesBelow(folder)).toEqual(before);
  });
});

test("progress goes up to the whole, and a cancelled reading leaves nothing", async () => {
  const { outFile, trusted, staging, bytes } = await setupArchive();
  const seen: number[] = [];
  const files = [outFile];
  await inspectBag({ files }, { trusted, onProgress: (progress) => seen.push(progress.bytes / progress.totalBytes) });
  expect(seen.at(-1)).toBe(1);
  const reason = new Error("cancelled by hand");
  await expect(verifyBag({ files }, { trusted, staging, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(readdirSync(staging)).toEqual([]);
  expect(readFileSync(outFile).equals(bytes)).toBe(true);
  expect(blobs.length).toBe(3);
});

test("a file that is not there is named", async () => {
  const missing = join(temporaryFolder(), "gone.tar");
  expect(await refusal(inspectBag({ files: [missing] }, { trusted: () => "trusted" }))).toMatchObject({
    code: "missing",
    entry: missing,
  });
});
