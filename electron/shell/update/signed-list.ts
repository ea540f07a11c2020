/** `SHA256SUMS`: believed only under its signature, and only where every line of it is understood. */
import { verify } from "node:crypto";
import { DomainError } from "../../../shared/errors.ts";
import type { UpdateKey } from "./key.ts";

export const LIST = "SHA256SUMS";
export const SIGNATURE = "SHA256SUMS.sig";
/** Room for a thousand packages. */
export const MOST_LIST_BYTES = 128 * 1024;
export const SIGNATURE_BYTES = 64;

export interface SignedBytes {
  readonly list: Uint8Array;
  readonly signature: Uint8Array;
  /** Where they came from, for what is said of them. */
  readonly place: string;
}

/** Digests by the name of the file. */
export type Digests = ReadonlyMap<string, string>;

const LINE = /^([0-9a-f]{64}) [ *]([^/\\\p{Cc}]{1,200})$/u;

/**
 * The digests of a list.
 * @throws DomainError `denied` for a list that the key did not sign, `invalid` for one that is not understood
 */
export const readSignedList = ({ list, signature, place }: SignedBytes, { key, fingerprint }: UpdateKey): Digests => {
  if (list.length > MOST_LIST_BYTES)
    throw new DomainError(
      "invalid",
      `${LIST} in ${place} is larger than ${MOST_LIST_BYTES} bytes: it is no list of packages`,
    );
  if (signature.length !== SIGNATURE_BYTES || !verify(null, list, key, signature))
    throw new DomainError(
      "denied",
      `${LIST} in ${place} is not signed by the key ${fingerprint} (update_key): it was changed, or signed by somebody else; get it and ${SIGNATURE} again from where the package was made`,
    );
  const digests = new Map<string, string>();
  const lines = Buffer.from(list).toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  lines.forEach((line, at) => {
    const [, digest, name] = LINE.exec(line) ?? [];
    const isPlain = name !== undefined && name !== "." && name !== ".." && !digests.has(name);
    if (digest === undefined || !isPlain)
      throw new DomainError(
        "invalid",
        `Line ${at + 1} of ${LIST} in ${place} is not a digest and the name of one file: get the list again from where the package was made`,
      );
    digests.set(name, digest);
  });
  return digests;
};
