/**
 * A file that an object has under one path on both sides, and which side replaced it since they agreed. Only a run's file
 * can be replaced: what a version has published stays. The far side's bytes are known by what notes say of them.
 */
import type { LocalDoc, SyncKind } from "../../shared/sync/doc.ts";
import type { Folded } from "./notes.ts";
import type { NotedFile } from "./note-text.ts";

/** `there`: news for this side, a new file too; `here`: to be sent; `both`: neither may go over the other. */
export type Standing = "same" | "here" | "there" | "both";

/** Digests; undefined: no such file. */
export interface Digests {
  readonly base: string | undefined;
  readonly here: string | undefined;
  readonly there: string | undefined;
}

export const standingOf = (kind: SyncKind, { base, here, there }: Digests): Standing => {
  if (there === here || (there === undefined && here === base)) return "same";
  if (kind !== "run" && base !== undefined) return here === undefined || here === base ? "same" : "here";
  if (there === undefined || there === base) return here === undefined ? "same" : "here"; // a removed file stays there
  if (here === undefined || here === base) return "there";
  return kind === "run" ? "both" : "here"; // of a version sending it is refused, and says why
};

const digest = (files: Readonly<Record<string, string>>, path: string): string | undefined =>
  Object.hasOwn(files, path) ? files[path] : undefined;

type There = Pick<Folded, "files" | "by">;

/** The far side of a comparison: what its notes say, unless the word is this workstation's own from an earlier try. */
const isOwnWord = ({ by }: There, workstation: string): boolean => by === workstation.slice(0, 8);

/** Files of the far side that this side does not have as they are there; `awaited`: those that are on their way. */
export const newsOfFiles = (
  doc: Pick<LocalDoc, "kind" | "files">,
  base: Readonly<Record<string, string>>,
  there: Pick<Folded, "files">,
  awaited: ReadonlyMap<string, string | null>,
): readonly (readonly [string, NotedFile])[] => {
  if (there.files.size === 0) return [];
  const here = new Map(doc.files.map(({ path, sha256 }) => [path, sha256]));
  return [...there.files].filter(
    ([path, { sha256 }]) =>
      awaited.get(path) !== sha256 &&
      standingOf(doc.kind, { base: digest(base, path), here: here.get(path), there: sha256 }) === "there",
  );
};

/** Files here that were replaced on both sides. */
export const replacedOnBoth = (
  doc: Pick<LocalDoc, "kind" | "files">,
  base: Readonly<Record<string, string>>,
  there: There,
  workstation: string,
): readonly string[] =>
  there.files.size === 0 || isOwnWord(there, workstation)
    ? []
    : doc.files.flatMap(({ path, sha256 }) =>
        standingOf(doc.kind, { base: digest(base, path), here: sha256, there: there.files.get(path)?.sha256 }) ===
        "both"
          ? [path]
          : [],
      );

/** What a person reads of such a file. */
export const bothSentence = (path: string, remote: string): string =>
  `${path} holds other bytes here than on ${remote}, where another workstation put them, and neither goes over the other: ` +
  "log yours under another path, or delete it here to take theirs";
