import { DomainError } from "../../../shared/errors.ts";
import type { ErrorKind } from "../../../shared/errors.ts";

/** Every reason a bundle is refused for, with the kind it has in the product's one taxonomy. The words are stable. */
const kinds = {
  name: "invalid", // an entry's name could leave the folder or mean two things
  link: "invalid", // a symbolic or a hard link
  special: "invalid", // a device, a FIFO, a folder entry or an unknown type
  extension: "invalid", // pax, GNU and sparse headers, which say another name or size than the entry's own
  twin: "invalid", // two names that are one on some system
  entries: "invalid", // more entries than any bundle has
  size: "invalid", // a declared size is not the real one
  space: "exhausted",
  medium: "exhausted", // it failed to take what was written
  cut: "invalid",
  trailing: "invalid",
  damaged: "invalid", // bytes between the files are not those that were written
  order: "invalid",
  changed: "invalid", // a file's digest is not the listed one
  missing: "invalid",
  extra: "invalid",
  fetch: "invalid", // fetch.txt would have files fetched from elsewhere
  format: "invalid", // not a bundle, or of a version that is not known
  unsigned: "denied",
  signature: "denied",
  "unknown-key": "denied",
  sealed: "denied", // encrypted, and nothing to open it with was given
  passphrase: "denied",
  recipient: "denied",
  volume: "invalid",
  exists: "already_exists",
  source: "invalid", // what was to be packed is not what was announced
  info: "invalid",
  key: "invalid", // not a key of the form that is asked for
} as const satisfies Record<string, ErrorKind>;

export type BundleCode = keyof typeof kinds;

/** A bundle, or one that was about to be made, is refused; `entry` is the file that it is refused for. */
export class BundleError extends DomainError {
  readonly code: BundleCode;
  readonly entry: string;
  constructor(code: BundleCode, entry: string, message: string, options?: ErrorOptions) {
    super(kinds[code], message, options);
    this.name = "BundleError";
    this.code = code;
    this.entry = entry;
  }
}

/** A name from a stranger, fit for a message: quoted, without control characters, not endless. */
export const shown = (name: string): string => JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
