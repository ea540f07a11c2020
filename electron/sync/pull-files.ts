/** Which files an object has on the far side: as it lists them and as a note tells, each name checked before it is kept. */
import { parseFilePath } from "../../shared/artifact-path.ts";
import { DomainError } from "../../shared/errors.ts";
import { NOTE_FILE, type Ref, type RemoteFile } from "../remote/remote.ts";
import { RemoteError } from "../remote/errors.ts";
import type { SyncFileRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import type { Folded } from "./notes.ts";
import { readSmallFile } from "./small-file.ts";
import { manifestPath, readManifest, readSplitName } from "./split.ts";

export type FileStub = Pick<SyncFileRow, "path" | "size" | "sha256">;

export interface FarFiles {
  readonly files: readonly FileStub[];
  /** Names that were not taken in, and why. */
  readonly problems: readonly string[];
}

const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 100_000;
const DIGEST = /^[0-9a-f]{64}$/;

/** The safe form of a name, or why there is none. */
const safePath = (path: string): { readonly path: string } | { readonly why: string } => {
  try {
    const safe = parseFilePath(path);
    return safe === path ? { path } : { why: `'${safe}' is written as '${path.slice(0, 80)}' there` };
  } catch (error) {
    if (error instanceof DomainError) return { why: error.message };
    throw error;
  }
};

/** The file whose parts a manifest names; undefined when it is none. */
const readWhole = async (ctx: SyncContext, ref: Ref, whole: string): Promise<FileStub | undefined> => {
  const text = await readSmallFile(ctx, ref, manifestPath(whole), MAX_MANIFEST_BYTES);
  const manifest = text && readManifest(whole, text.toString("utf8"));
  return manifest && { path: whole, size: manifest.size, sha256: manifest.sha256 };
};

const listed = async (ctx: SyncContext, ref: Ref): Promise<readonly RemoteFile[]> => {
  try {
    return await ctx.remote.files(ref, ctx.signal);
  } catch (error) {
    if (error instanceof RemoteError && error.trouble === "gone") return []; // it never had any
    throw error;
  }
};

/** Files of an object; `list`: also ask the far side, not the notes alone. @throws RemoteError */
export const farFiles = async (ctx: SyncContext, ref: Ref, folded: Folded, list: boolean): Promise<FarFiles> => {
  const stubs = new Map<string, FileStub>();
  const problems: string[] = [];
  const add = (stub: FileStub): void => {
    const safe = safePath(stub.path);
    if ("why" in safe) problems.push(`A file was not taken in: ${safe.why}`);
    else if (!Number.isSafeInteger(stub.size) || stub.size < 0 || (stub.sha256 !== null && !DIGEST.test(stub.sha256)))
      problems.push(`The file '${stub.path}' was not taken in: its size or digest is none`);
    else stubs.set(stub.path, stub);
  };
  const all = list ? await listed(ctx, ref) : [];
  if (all.length > MAX_FILES)
    problems.push(`${all.length} files are listed; only the first ${MAX_FILES} were taken in`);
  for (const { path, size, sha256 } of all.slice(0, MAX_FILES)) {
    const split = path.length <= 2_000 ? readSplitName(path) : undefined;
    if (split?.role === "part" || NOTE_FILE.test(path)) continue;
    const noted = folded.files.get(path);
    const told = noted?.size === size ? noted.sha256 : null;
    const whole = split ? await readWhole(ctx, ref, split.whole) : undefined;
    if (split && !whole) problems.push(`The manifest of '${split.whole}' is not readable; it was passed over`);
    else add(whole ?? { path, size, sha256: sha256 ?? told });
  }
  // what a note alone tells may not have been sent yet: without a listing there is nothing else to go by
  if (!list) for (const [path, { size, sha256 }] of folded.files) add({ path, size, sha256 });
  return { files: [...stubs.values()], problems: problems.slice(0, 20) };
};
