/** What a carried file is checked against before it runs: `SHA256SUMS`, and its Ed25519 signature where a key is named. */
import { createHash, createPrivateKey, sign } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const sha256 = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

/**
 * Writes the list beside the files, in the form of `sha256sum`, and signs it with the key in the PEM file, if one is given. An older
 * signature never stays beside a newer list.
 * @throws Error for a key that is not Ed25519
 */
export const writeSums = (folder: string, files: readonly string[], keyFile?: string): void => {
  const lines = files.map((file) => `${sha256(file)}  ${basename(file)}\n`);
  const list = Buffer.from(lines.toSorted((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join(""));
  const signature = join(folder, "SHA256SUMS.sig");
  rmSync(signature, { force: true });
  writeFileSync(join(folder, "SHA256SUMS"), list);
  if (keyFile === undefined) return;
  const key = createPrivateKey(readFileSync(keyFile));
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`${keyFile} holds no Ed25519 key`);
  writeFileSync(signature, sign(null, list, key));
};

/** The PEM file with the key that signs packages: `OUTPOST_SIGNING_KEY`. */
export const signingKey = (): string | undefined => process.env["OUTPOST_SIGNING_KEY"] || undefined;
