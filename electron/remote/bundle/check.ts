/** Whether what was read is a whole bundle, and whose: the digests are known by now, so this is all comparing. */
import { createHash } from "node:crypto";
import type { SeenFile } from "./bag-sink.ts";
import { BundleError, shown } from "./errors.ts";
import { digestOfBlobPath } from "./names.ts";
import { archiveOrder, objectsPath } from "./pack.ts";
import { verify } from "./sshsig.ts";
import type { Signer } from "./sshsig.ts";
import { bagitText, parseInfo, parseManifest, tagFiles } from "./tag-files.ts";
import type { ReadBagInfo } from "./tag-files.ts";

/** What an administrator may let pass; the result says that it was needed. */
export interface Allowances {
  readonly unsigned?: boolean;
  readonly unknownKey?: boolean;
}

export interface TrustOptions {
  /** Whether the key with this fingerprint (`SHA256:…`) is known here. */
  readonly trusted: (fingerprint: string) => "trusted" | "unknown";
  readonly allow?: Allowances | undefined;
}

export interface SeenBag {
  /** All files, in the order in which they were read. */
  readonly files: ReadonlyMap<string, SeenFile>;
  /** The bytes of the tag files. */
  readonly tags: ReadonlyMap<string, Buffer>;
  /** The time that the archive's headers have; undefined for a folder, which has no order either. */
  readonly archiveTime: number | undefined;
}

export interface BagSigner extends Signer {
  /** The name that the signer goes by: the signer's own word, which only a known fingerprint makes true. */
  readonly identity: string | undefined;
}

export interface CheckedBag {
  readonly info: ReadBagInfo;
  /** Undefined where the bundle is unsigned and that was allowed. */
  readonly signer: (BagSigner & { readonly trust: "trusted" | "unknown" }) | undefined;
  /** What would have been refused without the allowances given. */
  readonly overrides: readonly (keyof Allowances)[];
  /** Of the tag manifest, and so of all that is inside: as on the label. */
  readonly digest: string;
}

const knownTags = new Set<string>(Object.values(tagFiles));

/** @throws BundleError `fetch` or `extra` for a file that has no place beside the payload. */
export const checkPlace = (path: string): void => {
  if (path.startsWith("data/") || knownTags.has(path)) return;
  if (path === "fetch.txt") {
    throw new BundleError(
      "fetch",
      path,
      "fetch.txt would have files fetched from elsewhere: refused. A bundle brings all of its files.",
    );
  }
  throw new BundleError(
    "extra",
    path,
    `${shown(path)} does not belong to a bundle: refused. Remove it if it was put there on the way.`,
  );
};

const bytesOf = ({ tags }: SeenBag, file: string): Buffer => {
  const bytes = tags.get(file);
  if (!bytes) throw new BundleError("missing", file, `${file} is missing: this is not a whole bundle.`);
  return bytes;
};

const textOf = (seen: SeenBag, file: string): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesOf(seen, file));
  } catch (error) {
    if (error instanceof BundleError) throw error;
    throw new BundleError("format", file, `${file} is not valid UTF-8.`, { cause: error });
  }
};

/** Both directions: all that is listed is there and unchanged, and all that is there is listed. */
const checkManifest = (
  file: string,
  listed: ReadonlyMap<string, string>,
  present: ReadonlyMap<string, SeenFile>,
): void => {
  for (const [path, sha256] of listed) {
    const seen = present.get(path);
    if (!seen)
      throw new BundleError("missing", path, `${shown(path)} is missing: ${file} lists it. Copy the bundle again.`);
    if (seen.sha256 !== sha256) {
      throw new BundleError(
        "changed",
        path,
        `${shown(path)} is not what ${file} says: it was changed or damaged. Copy the bundle again.`,
      );
    }
  }
  for (const path of present.keys()) {
    if (!listed.has(path))
      throw new BundleError("extra", path, `${shown(path)} is not in ${file}: it was put there later. Refused.`);
  }
};

const readSigner = (seen: SeenBag, allow: Allowances): BagSigner | undefined => {
  if (!seen.tags.has(tagFiles.signature)) {
    if (allow.unsigned) return undefined;
    throw new BundleError(
      "unsigned",
      tagFiles.signature,
      `The bundle is not signed (${tagFiles.signature} is missing): refused. An administrator may allow it.`,
    );
  }
  const signer = verify(bytesOf(seen, tagFiles.tagManifest), textOf(seen, tagFiles.signature));
  const own = textOf(seen, tagFiles.publicKey);
  const found =
    own.startsWith(signer.publicKey) && /^(?: ([A-Za-z0-9@._-]+))?\n$/.exec(own.slice(signer.publicKey.length));
  if (!found) {
    throw new BundleError(
      "signature",
      tagFiles.publicKey,
      `${tagFiles.publicKey} is not the key that signed: refused.`,
    );
  }
  const [, identity] = found;
  return { ...signer, identity };
};

const checkTrust = (
  signer: BagSigner | undefined,
  { trusted, allow = {} }: TrustOptions,
): Pick<CheckedBag, "signer" | "overrides"> => {
  if (!signer) return { signer, overrides: ["unsigned"] };
  const trust = trusted(signer.fingerprint);
  if (trust === "trusted") return { signer: { ...signer, trust }, overrides: [] };
  if (allow.unknownKey) return { signer: { ...signer, trust }, overrides: ["unknownKey"] };
  throw new BundleError(
    "unknown-key",
    tagFiles.signature,
    `The bundle is whole, but signed with a key that is not known here: ${signer.fingerprint}. Compare it with the sender by another way, then trust the key.`,
  );
};

const checkPayload = (seen: SeenBag, info: ReadBagInfo): void => {
  const payload = new Map([...seen.files].filter(([path]) => path.startsWith("data/")));
  checkManifest(tagFiles.manifest, parseManifest(tagFiles.manifest, textOf(seen, tagFiles.manifest)), payload);
  for (const [path, { sha256 }] of payload) {
    if ((digestOfBlobPath(path) ?? sha256) !== sha256) {
      throw new BundleError("changed", path, `${shown(path)} does not have the digest that its name says: refused.`);
    }
  }
  const bytes = payload.values().reduce((sum, { size }) => sum + size, 0);
  if (bytes !== info.payloadBytes || payload.size !== info.payloadFiles) {
    const message = `${tagFiles.info} declares ${info.payloadFiles} files of ${info.payloadBytes} bytes, and there are ${payload.size} of ${bytes}: refused.`;
    throw new BundleError("size", tagFiles.info, message);
  }
  if (!payload.has(objectsPath)) {
    throw new BundleError("missing", objectsPath, `${objectsPath} is missing: this is not a bundle of Outpost.`);
  }
};

const checkArchive = (seen: SeenBag, info: ReadBagInfo): void => {
  if (seen.archiveTime === undefined) return;
  const payload = parseManifest(tagFiles.manifest, textOf(seen, tagFiles.manifest)).keys();
  const order = archiveOrder(payload, new Set(seen.tags.keys()));
  for (const [at, path] of [...seen.files.keys()].entries()) {
    if (order[at] === path) continue;
    throw new BundleError(
      "order",
      path,
      `${shown(path)} is not in its place in the archive: the entries were put in another order.`,
    );
  }
  if (seen.archiveTime !== Math.floor(Date.parse(info.created) / 1000)) {
    throw new BundleError(
      "damaged",
      tagFiles.info,
      `The archive's headers have another time than ${tagFiles.info}: they were changed.`,
    );
  }
};

/** @throws BundleError for the first thing that is wrong; whether the key is trusted is asked last, of a bundle that is whole. */
export const checkBag = (seen: SeenBag, options: TrustOptions): CheckedBag => {
  if (textOf(seen, tagFiles.bagit) !== bagitText) {
    throw new BundleError("format", tagFiles.bagit, `${tagFiles.bagit} is not that of BagIt 1.0 in UTF-8.`);
  }
  const tagManifest = bytesOf(seen, tagFiles.tagManifest);
  const signer = readSigner(seen, options.allow ?? {});
  const apart = new Set<string>([tagFiles.tagManifest, tagFiles.signature]);
  const tags = new Map([...seen.files].filter(([path]) => seen.tags.has(path) && !apart.has(path)));
  checkManifest(tagFiles.tagManifest, parseManifest(tagFiles.tagManifest, textOf(seen, tagFiles.tagManifest)), tags);
  const info = parseInfo(textOf(seen, tagFiles.info));
  checkPayload(seen, info);
  checkArchive(seen, info);
  return { info, digest: createHash("sha256").update(tagManifest).digest("hex"), ...checkTrust(signer, options) };
};
