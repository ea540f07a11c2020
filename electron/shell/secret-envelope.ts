/**
 * Secrets under a passphrase, for machines without a keychain: scrypt makes the keys, AES-256-GCM keeps the content. The
 * header is authenticated too, so nobody can weaken it. Pure: text in, text out.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { DomainError } from "../../shared/errors.ts";
import { SHORTEST_PASSPHRASE } from "../../shared/shell/secrets.ts";

/** 128 MiB and some tenths of a second for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;
const MAX_MEMORY = 256 * 2 ** 20;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** What a passphrase and a file's salt make. Held in memory only. */
export interface Keys {
  readonly salt: Buffer;
  readonly key: Buffer;
  /** Tells a wrong passphrase from a damaged file; says nothing about the key. */
  readonly check: Buffer;
}

export interface Envelope {
  readonly version: 1;
  readonly kind: "passphrase";
  readonly salt: string;
  readonly check: string;
  readonly nonce: string;
  readonly tag: string;
  readonly data: string;
}

const derive = (passphrase: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    scrypt(passphrase.normalize("NFC"), salt, 2 * KEY_BYTES, { ...COST, maxmem: MAX_MEMORY }, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    ),
  );

/** Makes the keys, with a new salt unless an envelope's is given. @throws DomainError `invalid` for a short passphrase. */
export const makeKeys = async (passphrase: string, salt: Buffer = randomBytes(SALT_BYTES)): Promise<Keys> => {
  if (passphrase.length < SHORTEST_PASSPHRASE)
    throw new DomainError("invalid", `The passphrase must have at least ${SHORTEST_PASSPHRASE} characters`);
  const bytes = await derive(passphrase, salt);
  return {
    salt,
    key: bytes.subarray(0, KEY_BYTES),
    check: createHash("sha256").update(bytes.subarray(KEY_BYTES)).digest(),
  };
};

const headerOf = ({ version, kind, salt, check }: Omit<Envelope, "nonce" | "tag" | "data">): Buffer =>
  Buffer.from(JSON.stringify([version, kind, "scrypt", COST.N, COST.r, COST.p, "aes-256-gcm", salt, check]));

/** Encrypts a text, each time with a new nonce. */
export const seal = ({ salt, key, check }: Keys, text: string): Envelope => {
  const header = {
    version: 1,
    kind: "passphrase",
    salt: salt.toString("base64"),
    check: check.toString("base64"),
  } as const;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(headerOf(header));
  const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return {
    ...header,
    nonce: nonce.toString("base64"),
    tag: cipher.getAuthTag().toString("base64"),
    data: data.toString("base64"),
  };
};

const damaged = (cause?: unknown): DomainError =>
  new DomainError(
    "corrupt",
    "The file of secrets is damaged or was changed by someone: remove it and enter the secrets again",
    { cause },
  );

const bytesOf = (text: string, length: number): Buffer => {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== length) throw damaged();
  return bytes;
};

/** The keys for an envelope. @throws DomainError `denied` for a wrong passphrase, `corrupt` for a damaged envelope. */
export const unlock = async (envelope: Envelope, passphrase: string): Promise<Keys> => {
  const wanted = bytesOf(envelope.check, KEY_BYTES);
  const salt = bytesOf(envelope.salt, SALT_BYTES);
  const wrong = new DomainError("denied", "That is not the passphrase of the stored secrets");
  if (passphrase.length < SHORTEST_PASSPHRASE) throw wrong;
  const keys = await makeKeys(passphrase, salt);
  if (!timingSafeEqual(keys.check, wanted)) throw wrong;
  return keys;
};

/** Decrypts with keys that `unlock` or `makeKeys` gave. @throws DomainError `corrupt` when a byte is not as it was written. */
export const openEnvelope = ({ key }: Keys, envelope: Envelope): string => {
  const decipher = createDecipheriv("aes-256-gcm", key, bytesOf(envelope.nonce, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(headerOf(envelope))
    .setAuthTag(bytesOf(envelope.tag, TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(Buffer.from(envelope.data, "base64")), decipher.final()]);
    return text.toString("utf8");
  } catch (cause) {
    throw damaged(cause);
  }
};
