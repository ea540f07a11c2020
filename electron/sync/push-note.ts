/** The note of an object: what the remote cannot hold of it. It goes last, so that it speaks of what is there. */
import { Readable } from "node:stream";
import type { FieldChanges, Fields } from "../../shared/sync/doc.ts";
import type { FileSource } from "../remote/remote.ts";
import { perform } from "./effect.ts";
import { changed, fieldNames, fieldOf } from "./fields.ts";
import { buildNote, noteFields, type BuiltNote, type Folded } from "./notes.ts";
import type { Sent, Work } from "./push-work.ts";
import { readSmallFile } from "./small-file.ts";
import { ObjectProblem } from "./trouble.ts";
import type { UploadResult } from "./upload.ts";
import { writeFields } from "./write.ts";

/** What it should say now: ours where nobody else moved the field meanwhile. */
export const desiredNow = ({ before, changes }: Work, now: Folded, waiting: ReadonlySet<string>): Fields => {
  const ours = Object.entries(changes).filter(([field]) => {
    if (waiting.has(field)) return false;
    const [was, is] = [fieldOf(before.native, field), fieldOf(now.native, field)];
    return is === (changes[field] ?? undefined) || is === was;
  });
  return changed(now.fields, Object.fromEntries(ours));
};

const noteSource = ({ path, bytes, sha256, size }: NonNullable<BuiltNote["file"]>): FileSource => ({
  path,
  size,
  sha256,
  open: () => Readable.from([bytes], { objectMode: false }),
});

const putNoteFile = async ({ ctx, ref, remoteRef }: Work, file: NonNullable<BuiltNote["file"]>): Promise<void> => {
  // a note that cannot be read later would lose what only it says: without a digest it is read back
  const isThere = async (): Promise<boolean> => {
    const listed = (await ctx.remote.files(remoteRef, ctx.signal)).find(({ path }) => path === file.path);
    if (listed?.size !== file.size) return false;
    if (listed.sha256 !== undefined) return listed.sha256 === file.sha256;
    return (await readSmallFile(ctx, remoteRef, file.path, file.size))?.equals(file.bytes) === true;
  };
  for (const time of ["first", "second"]) {
    await perform<null>(ctx, {
      ref,
      step: "note",
      detail: { path: file.path, sha256: file.sha256, time },
      send: async () => {
        await ctx.remote.putFile(remoteRef, noteSource(file), ctx.signal);
        return null;
      },
      look: async () => ((await isThere()) ? { value: null, twins: [] } : undefined),
      settle: () => {},
    });
    if (await isThere()) return;
  }
  throw new ObjectProblem("blocked", `The note ${file.path} was sent twice, and what is there is not it`);
};

/** Files that tell others of all that came with them: whoever lacks any of those lacks one of the last. */
const NEWS = 10;

/**
 * Files that the note names: those of which the far side tells no digest and, since a file moves no listing there, the last
 * ones of any that joined the object, by which other workstations see that there are new ones, and those that were replaced.
 * Of those that it was made with the last one tells: whoever listed them while they were still being sent lacks it.
 */
const notedFiles = ({ created, base, before }: Work, { verified }: UploadResult): UploadResult["verified"] => {
  const isReplaced = ({ path, sha256 }: UploadResult["verified"][number]): boolean =>
    [base?.files[path], before.files.get(path)?.sha256].some((was) => was !== undefined && was !== sha256);
  const last = new Set(verified.filter(({ by }) => by !== "size").slice(created ? -1 : -NEWS));
  return verified.filter((file) => file.by === "size" || last.has(file) || isReplaced(file));
};

/** What a note says as it is here: what it says otherwise is somebody else's, and still to be pulled. */
const saidByUs = ({ doc }: Work, desired: Fields, now: Folded): FieldChanges =>
  Object.fromEntries(
    fieldNames(desired, now.native, now.fields)
      // a value that the note before laid over, and this one no longer, is said as well
      .filter((field) => [now.native, now.fields].some((said) => fieldOf(said, field) !== fieldOf(desired, field)))
      .filter((field) => fieldOf(desired, field) === fieldOf(doc.fields, field))
      .map((field) => [field, fieldOf(desired, field) ?? null]),
  );

/** What the remote cannot hold natively, said in a note. Returns whether one was written. */
export const writeNote = async (
  work: Work,
  now: Folded,
  said: Pick<Sent, "points" | "files"> & { readonly desired: Fields },
): Promise<boolean> => {
  const { ctx, doc, ref, remoteRef } = work;
  const note = buildNote({
    kind: doc.kind,
    origin: now.marker ?? doc.origin,
    workstation: ctx.local.workstation,
    desired: said.desired,
    native: now.native,
    points: said.points?.noted ?? [],
    files: Object.fromEntries(notedFiles(work, said.files).map(({ path, sha256, size }) => [path, { sha256, size }])),
    there: now,
    noteBytes: ctx.remote.limits.noteBytes,
  });
  if (!note) return false;
  const field = noteFields(doc.kind, note.n, ctx.local.workstation).find(
    (one) => ctx.remote.holds(doc.kind, one, note.text, undefined) === true,
  );
  if (field === undefined)
    throw new ObjectProblem("blocked", `${ctx.row.name} has no place for what it cannot hold of ${doc.label}`);
  if (note.file) await putNoteFile(work, note.file);
  const refused = await writeFields(ctx, ref, remoteRef, {
    changes: { [field]: note.text },
    stage: "early",
    noted: saidByUs(work, said.desired, now),
  });
  const [why] = refused;
  if (why) throw new ObjectProblem("blocked", `The note of what it cannot hold was refused: ${why.why}`);
  return true;
};
