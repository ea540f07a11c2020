/**
 * Sealing a bundle for the way. The header is `magic ‖ version ‖ way ‖ salt ‖ recipient ‖ check`; the archive follows in chunks of
 * 1 MiB, each AES-256-GCM with its own tag. A chunk's nonce is its number and whether it is the last one (STREAM: Hoang, Reyhanitabar,
 * Rogaway, Vizár 2015), so that chunks cannot be left out, repeated, put in another order or cut off at the end. The key is of this one
 * file: its salt is random, and the whole header goes into it.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  diffieHellman,
  hkdfSync,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { createByteReader } from "./byte-reader.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteSink } from "./byte-sink.ts";
import { BundleError } from "./errors.ts";
import { createRecipientKey, parseRecipientWord, recipientWord, toPublicKey } from "./recipient.ts";
import type { RecipientKey } from "./recipient.ts";

/** What an archive is sealed with: a passphrase, or the word of whoever shall open it. */
export type Seal = { readonly passphrase: string } | { readonly recipient: string };
/** What is there to open an archive with. */
export interface SealKeys {
  readonly passphrase?: string | undefined;
  readonly recipientKey?: RecipientKey | undefined;
}

const magic = Buffer.from("outpost-sealed\n");
const VERSION = 1;
const ways = { passphrase: 1, recipient: 2 } as const;
const KEY_BYTES = 32;
const CHECK_AT = magic.length + 2 + 2 * KEY_BYTES;
export const HEADER_BYTES = CHECK_AT + KEY_BYTES;
export const CHUNK_BYTES = 1024 * 1024;
export const TAG_BYTES = 16;
const LEAST_PASSPHRASE = 8;

/** About 130 MB and half a second for each guess. Part of version 1: nothing in a header may ask for more. */
const scryptCost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

const derive = (secret: Buffer, salt: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, salt, `outpost-bundle sealed ${VERSION} ${purpose}`, KEY_BYTES));

/** The header's last part: tells a wrong key from a damaged archive. */
const checkOf = (secret: Buffer, head: Buffer): Buffer =>
  createHmac("sha256", derive(secret, head, "header"))
    .update(head)
    .digest();

const stretch = (passphrase: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFC"), salt, KEY_BYTES, scryptCost, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });

const headOf = (way: number, salt: Buffer, recipient: Buffer): Buffer =>
  Buffer.concat([magic, Buffer.from([VERSION, way]), salt, recipient]);

const newSeal = async (seal: Seal): Promise<{ readonly head: Buffer; readonly secret: Buffer }> => {
  if ("passphrase" in seal) {
    if (seal.passphrase.length < LEAST_PASSPHRASE) {
      throw new BundleError(
        "passphrase",
        "",
        `A passphrase has at least ${LEAST_PASSPHRASE} characters: choose a longer one.`,
      );
    }
    const salt = randomBytes(KEY_BYTES);
    return {
      head: headOf(ways.passphrase, salt, Buffer.alloc(KEY_BYTES)),
      secret: await stretch(seal.passphrase, salt),
    };
  }
  const recipient = parseRecipientWord(seal.recipient);
  const ephemeral = createRecipientKey();
  const secret = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: toPublicKey(recipient) });
  return { head: headOf(ways.recipient, ephemeral.publicKey, recipient), secret };
};

const nonceOf = (chunk: number, last: boolean): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(chunk, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
};

/** Seals what is written and hands it on. */
export const createSealingSink = (inner: ByteSink, seal: Seal): ByteSink => {
  const plain = Buffer.alloc(CHUNK_BYTES);
  let [filled, chunk] = [0, 0];
  let key: Promise<Buffer> | undefined;

  const begin = async (): Promise<Buffer> => {
    const { head, secret } = await newSeal(seal);
    await inner.write(Buffer.concat([head, checkOf(secret, head)]));
    return derive(secret, head, "payload");
  };

  const flush = async (last: boolean): Promise<void> => {
    key ??= begin();
    const cipher = createCipheriv("aes-256-gcm", await key, nonceOf(chunk, last));
    const sealed = cipher.update(plain.subarray(0, filled));
    cipher.final();
    [filled, chunk] = [0, chunk + 1];
    await inner.write(sealed);
    await inner.write(cipher.getAuthTag());
  };

  const write = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      if (filled === CHUNK_BYTES) await flush(false); // only now is it known that more comes
      const copied = bytes.copy(plain, filled, at);
      filled += copied;
      at += copied;
    }
  };

  const close = async (): Promise<void> => {
    await flush(true);
    await inner.close();
  };

  return { write, close, abort: inner.abort };
};

/** Whether these first bytes are those of a sealed archive. */
export const isSealed = (start: Buffer): boolean => start.subarray(0, magic.length).equals(magic);

/** How long the archive inside is. */
export const unsealedBytes = (sealedBytes: number): number => {
  const body = sealedBytes - HEADER_BYTES;
  return Math.max(0, body - Math.ceil(body / (CHUNK_BYTES + TAG_BYTES)) * TAG_BYTES);
};

const openWithPassphrase = (entry: string, salt: Buffer, { passphrase }: SealKeys): Promise<Buffer> => {
  if (passphrase !== undefined) return stretch(passphrase, salt);
  throw new BundleError("sealed", entry, `${entry} is sealed with a passphrase: give the one that the sender chose.`);
};

const openWithKey = (entry: string, ephemeral: Buffer, recipient: Buffer, { recipientKey }: SealKeys): Buffer => {
  const wanted = recipientWord({ publicKey: recipient });
  if (!recipientKey) {
    throw new BundleError("sealed", entry, `${entry} is sealed for the key ${wanted}: give that private key.`);
  }
  if (!recipientKey.publicKey.equals(recipient)) {
    const message = `${entry} is sealed for the key ${wanted}, and the one given is ${recipientWord(recipientKey)}.`;
    throw new BundleError("recipient", entry, message);
  }
  try {
    return diffieHellman({ privateKey: recipientKey.privateKey, publicKey: toPublicKey(ephemeral) });
  } catch (error) {
    throw new BundleError("damaged", entry, `${entry}: the start of the file was changed or damaged.`, {
      cause: error,
    });
  }
};

const payloadKey = async (entry: string, header: Buffer, keys: SealKeys): Promise<Buffer> => {
  const [head, check] = [header.subarray(0, CHECK_AT), header.subarray(CHECK_AT)];
  const [version, way] = [head[magic.length], head[magic.length + 1]];
  if (header.length < HEADER_BYTES) throw new BundleError("cut", entry, `${entry} was cut off within its header.`);
  if (version !== VERSION || (way !== ways.passphrase && way !== ways.recipient)) {
    throw new BundleError(
      "format",
      entry,
      `${entry} is sealed in a way that this app does not know (${version}, ${way}): update the app.`,
    );
  }
  const [salt, recipient] = [head.subarray(-2 * KEY_BYTES, -KEY_BYTES), head.subarray(-KEY_BYTES)];
  const byPassphrase = way === ways.passphrase;
  const secret = byPassphrase ? await openWithPassphrase(entry, salt, keys) : openWithKey(entry, salt, recipient, keys);
  if (timingSafeEqual(checkOf(secret, head), check)) return derive(secret, head, "payload");
  if (!byPassphrase) throw new BundleError("damaged", entry, `${entry}: the start of the file was changed or damaged.`);
  throw new BundleError(
    "passphrase",
    entry,
    `The passphrase is not the one that ${entry} was sealed with, or the file's start was changed.`,
  );
};

const openChunk = (key: Buffer, sealed: Buffer, nonce: Buffer): Buffer | undefined => {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined; // node says no more than that it does not fit; the caller knows what that means
  }
};

async function* openChunks(entry: string, reader: ByteReader, keys: SealKeys): AsyncGenerator<Buffer> {
  const key = await payloadKey(entry, await reader.read(HEADER_BYTES), keys);
  for (let chunk = 0; ; chunk += 1) {
    const sealed = await reader.read(CHUNK_BYTES + TAG_BYTES);
    const last = reader.left() === 0;
    const plain = openChunk(key, sealed, nonceOf(chunk, last));
    if (!plain && last && openChunk(key, sealed, nonceOf(chunk, false))) {
      throw new BundleError(
        "cut",
        entry,
        `${entry} was cut off after ${chunk + 1} MiB: copy it again from its source.`,
      );
    }
    if (!plain) {
      const message = `${entry} was changed, cut off or put in another order in its ${chunk + 1}. MiB: copy it again from its source.`;
      throw new BundleError("damaged", entry, message);
    }
    yield plain;
    if (last) return;
  }
}

/** The archive inside; `entry` names the file in refusals. @throws BundleError */
export const unseal = (
  entry: string,
  source: AsyncIterable<Buffer>,
  totalBytes: number,
  keys: SealKeys,
): AsyncIterable<Buffer> => openChunks(entry, createByteReader(source, totalBytes), keys);
