/** The key that signs the list of packages. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";

export interface UpdateKey {
  readonly key: KeyObject;
  /** SHA-256 of the key's DER form, as `openssl pkey -pubin -outform DER | sha256sum` prints it. */
  readonly fingerprint: string;
}

/** The key that `update_key` holds: the base64 of its SPKI, whose form the setting has proven. */
export const readUpdateKey = (setting: string): UpdateKey | undefined => {
  if (setting === "") return undefined;
  const der = Buffer.from(setting, "base64");
  return {
    key: createPublicKey({ key: der, format: "der", type: "spki" }),
    fingerprint: createHash("sha256").update(der).digest("hex"),
  };
};
