import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ByteSink } from "../../../../electron/remote/bundle/byte-sink.ts";
import { inspectBag, verifyBag } from "../../../../electron/remote/bundle/open.ts";
import { tarBag } from "../../../../electron/remote/bundle/pack.ts";
import {
  createRecipientKey,
  loadRecipientKey,
  parseRecipientWord,
  recipientKeyToPem,
  recipientWord,
} from "../../../../electron/remote/bundle/recipient.ts";
import {
  CHUNK_BYTES,
  createSealingSink,
  HEADER_BYTES,
  TAG_BYTES,
  unseal,
  unsealedBytes,
} from "../../../../electron/remote/bundle/seal.ts";
import { createRandom } from "../../../differential/random.ts";
import { objects, refusal, setupBundle } from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";
import { CANARY, password } from "../../../helpers/canary.ts";

const key = createRecipientKey();
const seal = { recipient: recipientWord(key) };

/** The sealed form of some bytes, written in uneven pieces. */
const sealed = async (plain: Buffer, pieceBytes = 300_000): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  const keep: ByteSink = {
    write: (bytes) => Promise.resolve(void pieces.push(Buffer.from(bytes))),
    close: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  };
  const sink = createSealingSink(keep, seal);
  for (let at = 0; at < plain.length; at += pieceBytes) await sink.write(plain.subarray(at, at + pieceBytes));
  await sink.close();
  return Buffer.concat(pieces);
};

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_000) yield await Promise.resolve(bytes.subarray(at, at + 65_000));
}

const opened = async (bytes: Buffer, recipientKey = key): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(unseal("b.tar.sealed", piecesOf(bytes), bytes.length, { recipientKey })));

const pattern = (length: number): Buffer => Buffer.alloc(length, "0123456789abcdef-");
const chunkAt = (chunk: number): number => HEADER_BYTES + chunk * (CHUNK_BYTES + TAG_BYTES);

test.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])(
  "%i bytes come back",
  async (length) => {
    const plain = pattern(length);
    const bytes = await sealed(plain);
    expect((await opened(bytes)).equals(plain)).toBe(true);
    expect(unsealedBytes(bytes.length)).toBe(length);
    expect(bytes.includes("0123456789abcdef")).toBe(false);
  },
);

test("chunks cannot be cut off, left out, repeated or put in another order", async () => {
  const bytes = await sealed(pattern(3 * CHUNK_BYTES + 1000));
  const part = (from: number, to: number) => bytes.subarray(chunkAt(from), to > 3 ? bytes.length : chunkAt(to));
  const head = bytes.subarray(0, HEADER_BYTES);
  const refused = async (...parts: Buffer[]) => (await refusal(opened(Buffer.concat([head, ...parts])))).code;
  expect(await refused(part(0, 2))).toBe("cut");
  expect(await refused(part(0, 3))).toBe("cut");
  expect(await refused(part(0, 3), part(3, 4).subarray(0, -1))).toBe("damaged");
  expect(await refused(part(0, 1), part(2, 4))).toBe("damaged");
  expect(await refused(part(0, 1), part(0, 4))).toBe("damaged");
  expect(await refused(part(0, 1), part(2, 3), part(1, 2), part(3, 4))).toBe("damaged");
  expect(await refused(part(0, 4), Buffer.alloc(1))).toBe("damaged");
  expect(await refused(part(0, 4), part(3, 4))).toBe("damaged");
  expect(await refused()).toBe("damaged");
});

test("of 300 sealed archives with a changed byte, or cut somewhere, none is opened", async () => {
  const bytes = await sealed(pattern(5000));
  for (let seed = 0; seed < 300; seed += 1) {
    const { integer, chance } = createRandom(seed);
    let changed = Buffer.from(bytes);
    // Half of them in the header, which is the smaller part.
    const at = integer(0, (chance(0.5) ? HEADER_BYTES : bytes.length) - 1);
    if (chance(0.2)) changed = changed.subarray(0, at);
    else changed[at] = (changed[at] ?? 0) ^ (1 << integer(0, 7));
    await refusal(opened(changed)).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
  }
});

test("a bundle for a recipient is opened by its key only, and both keys are named", async () => {
  const { bag, folder, trusted, staging } = await setupBundle();
  const outFile = join(folder, "carry-1.tar.sealed");
  await tarBag(bag.folder ?? "", outFile, { seal });
  expect(readFileSync(outFile).includes("objects.jsonl")).toBe(false);
  const files = [outFile];
  const verified = await verifyBag({ files }, { trusted, staging, recipientKey: key });
  expect(readFileSync(verified.objectsFile, "utf8")).toBe(objects);
  await verified.discard();

  const other = createRecipientKey();
  const wrong = await refusal(verifyBag({ files }, { trusted, staging, recipientKey: other }));
  expect([wrong.code, wrong.entry]).toEqual(["recipient", "carry-1.tar.sealed"]);
  for (const word of [recipientWord(key), recipientWord(other)]) expect(wrong.message).toContain(word);
  const none = await refusal(verifyBag({ files }, { trusted, staging, passphrase: password() }));
  expect(none).toMatchObject({ code: "sealed", entry: "carry-1.tar.sealed" });
  expect(none.message).toContain(recipientWord(key));
  expect(readdirSync(staging)).toEqual([]);
});

test("a bundle with a passphrase is opened by it only, however its letters were composed", async () => {
  const { bag, folder, trusted, staging } = await setupBundle();
  const outFile = join(folder, "carry-1.tar.sealed");
  await tarBag(bag.folder ?? "", outFile, { seal: { passphrase: "caf\u00e9 비밀번호 " + CANARY } });
  const files = [outFile];
  expect((await inspectBag({ files }, { trusted, passphrase: "cafe\u0301 비밀번호 " + CANARY })).name).toBe("carry-1");
  expect(await refusal(inspectBag({ files }, { trusted, passphrase: "cafe 비밀번호 " + CANARY }))).toMatchObject({
    code: "passphrase",
  });
  expect(await refusal(inspectBag({ files }, { trusted, recipientKey: key }))).toMatchObject({ code: "sealed" });

  const bytes = readFileSync(outFile);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(outFile, bytes);
  const changed = await refusal(verifyBag({ files }, { trusted, staging, passphrase: "caf\u00e9 비밀번호 " + CANARY }));
  expect(changed).toMatchObject({ code: "damaged", entry: "carry-1.tar.sealed" });
  expect(readdirSync(staging)).toEqual([]);
});

test("a short passphrase is refused, and nothing is left", async () => {
  const { bag } = await setupBundle();
  const folder = temporaryFolder();
  const packed = tarBag(bag.folder ?? "", join(folder, "x.tar.sealed"), { seal: { passphrase: "short" } });
  expect((await refusal(packed)).code).toBe("passphrase");
  expect(readdirSync(folder)).toEqual([]);
});

test("an archive sealed in a way of later versions is refused by the version", async () => {
  const bytes = await sealed(pattern(10));
  bytes[15] = 2;
  const { code, message } = await refusal(opened(bytes));
  expect([code, message]).toEqual(["format", expect.stringContaining("update the app")]);
});

test("a recipient's key comes back from its word and its PEM form, and a wrong letter is seen", () => {
  const word = recipientWord(key);
  expect(word).toMatch(/^outpost-recipient-[A-Za-z0-9_-]{48}$/);
  expect(parseRecipientWord(` ${word}\n`)).toEqual(key.publicKey);
  expect(loadRecipientKey(recipientKeyToPem(key)).publicKey).toEqual(key.publicKey);
  for (let at = 0; at < word.length; at += 1) {
    const wrong = word.slice(0, at) + (word[at] === "x" ? "y" : "x") + word.slice(at + 1);
    expect(() => parseRecipientWord(wrong), `at ${at}`).toThrow("not a recipient's key");
  }
  const signing = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  for (const wrong of ["", signing]) expect(() => loadRecipientKey(wrong)).toThrow("not an X25519 private key");
});
