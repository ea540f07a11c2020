import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { BundleError } from "../../electron/remote/bundle/errors.ts";
import { blobPath } from "../../electron/remote/bundle/names.ts";
import { createBagWriter } from "../../electron/remote/bundle/pack.ts";
import type { BagWriterOptions } from "../../electron/remote/bundle/pack.ts";
import { createSigningKey, fingerprint } from "../../electron/remote/bundle/sshsig.ts";
import type { BagInfo } from "../../electron/remote/bundle/tag-files.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const digestOf = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

export const bundleInfo: BagInfo = {
  id: "b-0001",
  created: "2026-11-21T09:30:00Z",
  class: "official",
  from: "작업 PC 3",
  to: "GitLab",
  counts: { runs: 2, models: 1 },
  extra: { "Audit-Head": "ab12" },
};

export const objects = '{"kind":"run","uid":"r1"}\n';
export const blobs = ["first file", "", "x".repeat(70_000)].map((text) => Buffer.from(text));

/** A bundle with an objects file and three blobs in a new folder, and its key, which is the only one that is trusted. */
export const setupBundle = async (options: Partial<BagWriterOptions> = {}) => {
  const folder = temporaryFolder();
  const key = createSigningKey();
  const writer = createBagWriter({ folder, name: "carry-1", info: bundleInfo, ...options });
  await writer.addFile(
    "data/objects.jsonl",
    Readable.from([Buffer.from(objects.slice(0, 5)), Buffer.from(objects.slice(5))]),
  );
  for (const blob of blobs) await writer.addFile(blobPath(digestOf(blob)), blob);
  const bag = await writer.finish({ key, index: { title: "A bundle" }, identity: "lab@ws3" });
  const trusted = (found: string) => (found === fingerprint(key) ? ("trusted" as const) : ("unknown" as const));
  return { folder, key, bag, trusted, staging: temporaryFolder() };
};

/** The same, as one archive. */
export const setupArchive = async (options: Partial<BagWriterOptions> = {}) => {
  const outFile = join(temporaryFolder(), "carry-1.tar");
  const setup = await setupBundle({ outFile, ...options });
  return { ...setup, outFile, bytes: options.volumeBytes === undefined ? readFileSync(outFile) : Buffer.alloc(0) };
};

/** The refusal in short: its code and the entry it names; and the message, which has to name the entry too. */
export const refusal = async (act: Promise<unknown>): Promise<{ code: string; entry: string; message: string }> => {
  const error = await act.then(
    () => new Error("accepted"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof BundleError)) throw error;
  return { code: error.code, entry: error.entry, message: error.message };
};

export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

const has = (command: string): boolean => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

/** Which of these programs this machine does not have, for the names of skipped tests. */
export const lacking = (...commands: readonly string[]): string =>
  commands.filter((command) => !has(command)).join(", ");

/** Runs a program to its end; its exit code and all that it said. */
export const runTool = (
  command: string,
  args: readonly string[],
  options: { cwd?: string; input?: Buffer | string } = {},
) => {
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, encoding: "utf8" });
  return { status, output: stdout + stderr };
};
