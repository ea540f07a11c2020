/** Keys of those whom a bundle is sealed for: X25519. The public half is one word to send, the private half a PEM file to keep. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { BundleError } from "./errors.ts";

export interface RecipientKey {
  readonly privateKey: KeyObject;
  /** The 32 bytes of the public key. */
  readonly publicKey: Buffer;
}

const prefix = "outpost-recipient-";
const CHECK_BYTES = 4;

const toRecipientKey = (privateKey: KeyObject): RecipientKey => {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return { privateKey, publicKey: Buffer.from(x ?? "", "base64url") };
};

export const createRecipientKey = (): RecipientKey => toRecipientKey(generateKeyPairSync("x25519").privateKey);

/** The private key in PEM form (PKCS #8), for whoever keeps it. */
export const recipientKeyToPem = (key: RecipientKey): string =>
  key.privateKey.export({ format: "pem", type: "pkcs8" }).toString();

/** @throws BundleError `key` for anything but an X25519 private key in PEM (PKCS #8). */
export const loadRecipientKey = (pem: string): RecipientKey => {
  const refuse = (cause?: unknown): BundleError =>
    new BundleError("key", "", "This is not an X25519 private key in PEM form (BEGIN PRIVATE KEY).", { cause });
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw refuse(error);
  }
  if (key.asymmetricKeyType !== "x25519") throw refuse();
  return toRecipientKey(key);
};

const check = (publicKey: Buffer): Buffer =>
  createHash("sha256").update(prefix).update(publicKey).digest().subarray(0, CHECK_BYTES);

/** The public key as one word, with a check against typing errors. */
export const recipientWord = ({ publicKey }: Pick<RecipientKey, "publicKey">): string =>
  prefix + Buffer.concat([publicKey, check(publicKey)]).toString("base64url");

/** The 32 bytes of a recipient's word. @throws BundleError `key` where a letter is wrong. */
export const parseRecipientWord = (word: string): Buffer => {
  const publicKey = Buffer.from(word.trim().slice(prefix.length), "base64url").subarray(0, -CHECK_BYTES);
  if (publicKey.length === 32 && recipientWord({ publicKey }) === word.trim()) return publicKey;
  throw new BundleError(
    "key",
    "",
    `This is not a recipient's key: it begins with '${prefix}' and has no letter wrong.`,
  );
};

/** The key that lies in the archive's header, as a key of node's. */
export const toPublicKey = (publicKey: Buffer): KeyObject =>
  createPublicKey({ key: { kty: "OKP", crv: "X25519", x: publicKey.toString("base64url") }, format: "jwk" });
