/** What an upload is going to do: where each file goes, which names will not do, which paths are taken. */
import type { ExistingArtifact } from "../../../shared/api/outpost/artifacts.ts";
import { below, parseArtifactPath, parseFilePath } from "../../../shared/artifact-path.ts";
import type { Picked } from "./collect.ts";

export interface Planned {
  readonly path: string; // below the artifact root
  readonly file: File;
}

export interface Refused {
  readonly path: string;
  readonly reason: string;
}

export interface UploadPlan {
  readonly files: readonly Planned[];
  readonly refused: readonly Refused[];
  readonly bytes: number;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A folder as a person types it: slashes around it and blanks around its parts do not count. */
export const cleanFolder = (typed: string): string =>
  typed
    .split("/")
    .map((part) => part.trim())
    .filter(Boolean)
    .join("/");

/** Why a target folder will not do; undefined for a good one. */
export const folderProblem = (folder: string): string | undefined => {
  try {
    parseArtifactPath(folder);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};

/** Checks every name as the server will. Of two files for one path the later one counts. */
export const planUpload = (picked: readonly Picked[], folder: string): UploadPlan => {
  const files = new Map<string, Planned>();
  const refused: Refused[] = [];
  for (const { path, file } of picked) {
    const wanted = below(folder, path);
    try {
      const parsed = parseFilePath(wanted);
      files.set(parsed, { path: parsed, file });
    } catch (error) {
      refused.push({ path: wanted, reason: messageOf(error) });
    }
  }
  const all = [...files.values()];
  return { files: all, refused, bytes: all.reduce((sum, { file }) => sum + file.size, 0) };
};

export type OnTaken = "replace" | "skip";

/** The files to send, once it is known what is there. A folder, or a file above, is in the way whatever one wants. */
export const settle = (
  plan: UploadPlan,
  existing: readonly ExistingArtifact[],
  onTaken: OnTaken,
): { send: Planned[]; skipped: number; blocked: ExistingArtifact[] } => {
  const byPath = new Map(existing.map((found) => [found.path, found]));
  const blocked = existing.filter(({ kind }) => kind !== "file");
  const send = plan.files.filter(({ path }) => {
    const found = byPath.get(path);
    return !found || (found.kind === "file" && onTaken === "replace");
  });
  return { send, skipped: plan.files.length - send.length - blocked.length, blocked };
};
