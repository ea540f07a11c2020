/** Signed packages in a folder, as a release makes them; each piece can be spoilt. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readUpdateKey, type UpdateKey } from "../../../../electron/shell/update/key.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const PROCESSORS: Readonly<Record<string, string>> = { x64: "amd64" };

/** A Debian package's name for this machine's processor. */
export const debOf = (version: string): string =>
  `Outpost-${version}-linux-${PROCESSORS[process.arch] ?? process.arch}.deb`;

export const makeKey = (): { secret: KeyObject; setting: string; key: UpdateKey } => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const setting = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const key = readUpdateKey(setting);
  if (!key) throw new Error("a key that is none");
  return { secret: privateKey, setting, key };
};

export const lineOf = (name: string, bytes: string): string =>
  `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;

/** Writes the files, their list and its signature. */
export const release = (
  files: Readonly<Record<string, string>>,
  secret: KeyObject,
  folder = temporaryFolder(),
): string => {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const list = Object.entries(files)
    .map(([name, bytes]) => lineOf(name, bytes))
    .join("");
  writeList(folder, list, secret);
  return folder;
};

export const writeList = (folder: string, list: string, secret: KeyObject): void => {
  writeFileSync(join(folder, "SHA256SUMS"), list);
  writeFileSync(join(folder, "SHA256SUMS.sig"), sign(null, Buffer.from(list), secret));
};
