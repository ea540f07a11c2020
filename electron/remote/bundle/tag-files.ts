/** The bundle's tag files as BagIt 1.0 (RFC 8493) has them: written in one form only, and read in no other. */
import { BundleError, shown } from "./errors.ts";

export const tagFiles = {
  bagit: "bagit.txt",
  info: "bag-info.txt",
  manifest: "manifest-sha256.txt",
  tagManifest: "tagmanifest-sha256.txt",
  signature: "signature.sshsig",
  publicKey: "signer.pub",
  allowedSigners: "allowed_signers",
} as const;

/** What is said about a bundle from outside. */
export interface BagInfo {
  /** A name for this very bundle, so that it is known again: `External-Identifier`. */
  readonly id: string;
  /** ISO 8601 in UTC. */
  readonly created: string;
  /** The classification that covers all that is inside. */
  readonly class: string;
  readonly from: string;
  readonly to?: string;
  /** What it is for: all, a delta, a receipt. */
  readonly kind?: string;
  readonly description?: string;
  /** Name and version of the app that wrote it. */
  readonly software?: string;
  /** How many of each kind of object are inside. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Further words of whoever fills the bundle. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** What was read from a bundle: with the sizes that it declares of its payload. */
export interface ReadBagInfo extends BagInfo {
  readonly counts: Readonly<Record<string, number>>;
  readonly extra: Readonly<Record<string, string>>;
  readonly payloadBytes: number;
  readonly payloadFiles: number;
}

/** The version of the layout; another one is refused by name. */
const version = "1";

export const bagitText = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

const single = {
  id: "External-Identifier",
  class: "Outpost-Class",
  from: "Outpost-From",
  to: "Outpost-To",
  kind: "Outpost-Kind",
  created: "Outpost-Created",
  description: "External-Description",
  software: "Bag-Software-Agent",
} as const;
const singleKeys = ["id", "class", "from", "to", "kind", "created", "description", "software"] as const;
const countLabel = "Outpost-Count";
const extraLabel = "Outpost-Extra";
const wordPattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const refuseInfo = (what: string): BundleError => new BundleError("info", tagFiles.info, `${tagFiles.info}: ${what}`);

const checkValue = (label: string, value: string): string => {
  if (
    value === "" ||
    value.length > 1000 ||
    value.trim() !== value ||
    /[\u0000-\u001f\u007f\u2028\u2029]/.test(value)
  ) {
    throw refuseInfo(`${label} is empty, longer than 1000 characters, or has line breaks or blanks at its ends.`);
  }
  if (!value.isWellFormed()) throw refuseInfo(`${label} is not valid Unicode.`);
  return value;
};

const checkWord = (label: string, word: string): string => {
  if (!wordPattern.test(word))
    throw refuseInfo(`${label}: ${shown(word)} has to be a word of A-Z, a-z, 0-9, '_' and '-'.`);
  return word;
};

const checkCreated = (created: string): string => {
  const time = Date.parse(created);
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(created) || Number.isNaN(time) || time < 0) {
    throw refuseInfo(`Outpost-Created: ${shown(created)} is not a time such as 2026-11-21T09:30:00Z.`);
  }
  return created;
};

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `3.2 GB`: for people; `Payload-Oxum` has the exact number. */
export const roundedSize = (bytes: number): string => {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
};

/** `bag-info.txt`. @throws BundleError `info` for a value that one line cannot hold. */
export const writeInfo = (info: BagInfo, payload: { readonly bytes: number; readonly files: number }): string => {
  const lines: [string, string][] = [["Outpost-Bundle-Version", version]];
  for (const key of singleKeys) {
    const value = info[key];
    if (value !== undefined) lines.push([single[key], value]);
  }
  for (const [word, count] of Object.entries(info.counts ?? {})) {
    if (!Number.isSafeInteger(count) || count < 0) throw refuseInfo(`${countLabel}: ${word} has to be a count.`);
    lines.push([countLabel, `${checkWord(countLabel, word)} ${count}`]);
  }
  for (const [word, value] of Object.entries(info.extra ?? {}))
    lines.push([extraLabel, `${checkWord(extraLabel, word)} ${value}`]);
  lines.push(["Bagging-Date", checkCreated(info.created).slice(0, 10)]);
  lines.push(["Bag-Size", roundedSize(payload.bytes)], ["Payload-Oxum", `${payload.bytes}.${payload.files}`]);
  return lines.map(([label, value]) => `${label}: ${checkValue(label, value)}\n`).join("");
};

const linesOf = (file: string, text: string): readonly string[] => {
  if (text === "") return [];
  if (!text.endsWith("\n") || text.includes("\r")) {
    throw new BundleError("format", file, `${file} does not end with a line break, or has such of Windows: refused.`);
  }
  return text.slice(0, -1).split("\n");
};

const parseLabels = (text: string): ReadonlyMap<string, readonly string[]> => {
  const values = new Map<string, string[]>();
  for (const line of linesOf(tagFiles.info, text)) {
    const [, label, value] = /^([A-Za-z][A-Za-z-]*): (\S.*)$/.exec(line) ?? [];
    if (label === undefined || value === undefined) {
      throw new BundleError(
        "format",
        tagFiles.info,
        `${tagFiles.info}: the line ${shown(line)} is not 'Label: value'.`,
      );
    }
    const known = values.get(label);
    if (known) known.push(value);
    else values.set(label, [value]);
  }
  return values;
};

const splitWord = (text: string): readonly [string, string] => {
  const at = text.indexOf(" ");
  return [text.slice(0, at), text.slice(at + 1)];
};

/** `bag-info.txt` read back. @throws BundleError `format` or `info` */
export const parseInfo = (text: string): ReadBagInfo => {
  const values = parseLabels(text);
  const only = (label: string): string | undefined => {
    const [value, second] = values.get(label) ?? [];
    if (second !== undefined) throw new BundleError("format", tagFiles.info, `${tagFiles.info} has ${label} twice.`);
    return value;
  };
  const needed = (label: string): string => {
    const value = only(label);
    if (value === undefined) throw new BundleError("format", tagFiles.info, `${tagFiles.info} has no ${label}.`);
    return value;
  };
  const written = needed("Outpost-Bundle-Version");
  if (written !== version) {
    const message = `This bundle has version ${shown(written)} of the format, and this app reads version ${version}: update the app.`;
    throw new BundleError("format", tagFiles.info, message);
  }
  const [, bytes, files] = /^(\d{1,15})\.(\d{1,9})$/.exec(needed("Payload-Oxum")) ?? [];
  if (bytes === undefined || files === undefined) {
    throw new BundleError("format", tagFiles.info, `${tagFiles.info}: Payload-Oxum is not 'bytes.files'.`);
  }
  const [to, kind, description, software] = [single.to, single.kind, single.description, single.software].map(only);
  return {
    id: needed(single.id),
    created: checkCreated(needed(single.created)),
    class: needed(single.class),
    from: needed(single.from),
    ...(to !== undefined && { to }),
    ...(kind !== undefined && { kind }),
    ...(description !== undefined && { description }),
    ...(software !== undefined && { software }),
    counts: Object.fromEntries(
      (values.get(countLabel) ?? []).map(splitWord).map(([word, count]) => [word, Number(count)]),
    ),
    extra: Object.fromEntries((values.get(extraLabel) ?? []).map(splitWord)),
    payloadBytes: Number(bytes),
    payloadFiles: Number(files),
  };
};

/** Digests by path, as `sha256sum -c` reads them. */
export const writeManifest = (digests: Iterable<readonly [path: string, sha256: string]>): string =>
  Array.from(digests, ([path, sha256]) => `${sha256}  ${path}\n`).join("");

/** A manifest read back, in its order. @throws BundleError `format`, or `twin` for a path that is listed twice */
export const parseManifest = (file: string, text: string): ReadonlyMap<string, string> => {
  const digests = new Map<string, string>();
  for (const line of linesOf(file, text)) {
    const [, sha256, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (sha256 === undefined || path === undefined) {
      throw new BundleError("format", file, `${file}: the line ${shown(line)} is not a digest and a path.`);
    }
    if (digests.has(path)) throw new BundleError("twin", path, `${file} lists ${shown(path)} twice.`);
    digests.set(path, sha256);
  }
  return digests;
};
