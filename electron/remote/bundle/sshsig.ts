/**
 * Signatures in OpenSSH's SSHSIG form, made with Ed25519: `ssh-keygen -Y verify` accepts them on a machine without this app.
 * Source: openssh-portable/PROTOCOL.sshsig. Reading is strict: exactly one text is the signature.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { sign as signBytes, verify as verifyBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { BundleError } from "./errors.ts";

/** What a signature is for: one made for another purpose with the same key is not accepted. */
export const signatureNamespace = "outpost-bundle";

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** The 32 bytes of the public key. */
  readonly publicKey: Buffer;
}

export interface Signer {
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  readonly fingerprint: string;
  /** In OpenSSH's form, without a comment: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
}

const keyType = "ssh-ed25519";
const magic = Buffer.from("SSHSIG");
const hashes = ["sha512", "sha256"];
const [begin, end] = ["-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"];
const LINE = 70;

const field = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};

const publicBlob = (publicKey: Buffer): Buffer => Buffer.concat([field(keyType), field(publicKey)]);

const rawPublicKey = (privateKey: KeyObject): Buffer => {
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return Buffer.from(x ?? "", "base64url");
};

const toSigningKey = (privateKey: KeyObject): SigningKey => ({ privateKey, publicKey: rawPublicKey(privateKey) });

export const createSigningKey = (): SigningKey => toSigningKey(generateKeyPairSync("ed25519").privateKey);

/** @throws BundleError `key` for anything but an Ed25519 private key in PEM (PKCS #8). */
export const loadSigningKey = (pem: string): SigningKey => {
  const refuse = (cause?: unknown): BundleError =>
    new BundleError("key", "", "This is not an Ed25519 private key in PEM form (BEGIN PRIVATE KEY).", { cause });
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw refuse(error);
  }
  if (key.asymmetricKeyType !== "ed25519") throw refuse();
  return toSigningKey(key);
};

/** The private key in PEM form (PKCS #8), for whoever keeps it. */
export const signingKeyToPem = (key: SigningKey): string =>
  key.privateKey.export({ format: "pem", type: "pkcs8" }).toString();

/** `ssh-ed25519 AAAA…`, as in `authorized_keys`; the comment is not part of the key. */
export const publicKeyLine = (key: Pick<SigningKey, "publicKey">, comment?: string): string =>
  [keyType, publicBlob(key.publicKey).toString("base64"), ...(comment ? [comment] : [])].join(" ");

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export const fingerprint = (key: Pick<SigningKey, "publicKey">): string =>
  `SHA256:${createHash("sha256").update(publicBlob(key.publicKey)).digest("base64").replace(/=+$/, "")}`;

/** A public key's line read back. @throws BundleError `key` */
export const parsePublicKeyLine = (line: string): Pick<SigningKey, "publicKey"> => {
  const publicKey = Buffer.from(line.split(" ")[1] ?? "", "base64").subarray(-32);
  const key = { publicKey };
  if (publicKey.length === 32 && line.split(" ").slice(0, 2).join(" ") === publicKeyLine(key)) return key;
  throw new BundleError("key", "", "This is not an OpenSSH public key of type ssh-ed25519.");
};

/** A line for an `allowed_signers` file, by which `ssh-keygen -Y verify -I identity` knows the key. */
export const allowedSignersLine = (key: Pick<SigningKey, "publicKey">, identity: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9@._-]{0,99}$/.test(identity)) {
    throw new BundleError(
      "info",
      "allowed_signers",
      `'${identity}' cannot be a signer's name: use A-Z, a-z, 0-9, '@', '.', '_' and '-'.`,
    );
  }
  return `${identity} namespaces="${signatureNamespace}" ${publicKeyLine(key)}`;
};

const signedBytes = (message: Buffer, hash: string): Buffer =>
  Buffer.concat([
    magic,
    field(signatureNamespace),
    field(""),
    field(hash),
    field(createHash(hash).update(message).digest()),
  ]);

interface Parts {
  readonly publicKey: Buffer;
  readonly hash: string;
  readonly signature: Buffer;
}

const armor = ({ publicKey, hash, signature }: Parts): string => {
  const version = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.concat([
    magic,
    version,
    field(publicBlob(publicKey)),
    field(signatureNamespace),
    field(""),
    field(hash),
    field(Buffer.concat([field(keyType), field(signature)])),
  ]);
  const lines = blob.toString("base64").match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return [begin, ...lines, end, ""].join("\n");
};

/** Signs with SHA-512, as `ssh-keygen -Y sign` does. */
export const sign = (message: Buffer, key: SigningKey): string => {
  const hash = "sha512";
  const signature = signBytes(null, signedBytes(message, hash), key.privateKey);
  return armor({ publicKey: key.publicKey, hash, signature });
};

/** The parts of a signature at their fixed places; what is not byte for byte of this form gives other parts than it has. */
const disarm = (armored: string): Parts | undefined => {
  const blob = Buffer.from(armored.slice(begin.length, -end.length - 1).replaceAll("\n", ""), "base64");
  for (const hash of hashes) {
    const keyAt = magic.length + 4 + 4 + 4 + keyType.length + 4;
    const parts = { publicKey: blob.subarray(keyAt, keyAt + 32), hash, signature: blob.subarray(-64) };
    if (parts.publicKey.length === 32 && parts.signature.length === 64 && armor(parts) === armored) return parts;
  }
  return undefined;
};

/** Who signed exactly these bytes. @throws BundleError `signature` for another form, another purpose or other bytes. */
export const verify = (message: Buffer, armored: string): Signer => {
  const parts = disarm(armored);
  if (!parts) {
    throw new BundleError(
      "signature",
      "signature.sshsig",
      `signature.sshsig is not an Ed25519 signature for '${signatureNamespace}' in OpenSSH's form: refused.`,
    );
  }
  const x = parts.publicKey.toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  if (!verifyBytes(null, signedBytes(message, parts.hash), key, parts.signature)) {
    throw new BundleError(
      "signature",
      "signature.sshsig",
      "signature.sshsig does not belong to tagmanifest-sha256.txt: one of the two was changed. Ask the sender for a new copy.",
    );
  }
  return { fingerprint: fingerprint(parts), publicKey: publicKeyLine(parts) };
};
