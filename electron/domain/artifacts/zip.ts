/**
 * Files and folders as one zip, made while it is sent: nothing is gathered on disk or in memory. Stored, not deflated:
 * models and images hardly shrink, and so the length is known before the first byte, which lets a browser show progress
 * and tell a cut-off download from a whole one.
 */
import { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { DomainError } from "../../../shared/errors.ts";
import type { Blobs } from "../../artifacts/blobs.ts";
import { createFileNames } from "../../artifacts/file-names.ts";
import type { ArtifactRow } from "../../store/artifacts.ts";

export interface Zip {
  readonly stream: Readable;
  readonly size: number; // bytes
  readonly files: number;
}

export interface ZipFiles {
  readonly rows: Iterable<ArtifactRow>;
  /** What is cut off the front of each path: the folder that the chosen ones have in common. */
  readonly folder: string;
}

/** Central directories of more make archives that few tools open; the command line lays such trees out. */
const MAX_FILES = 200_000;
const MODE = 0o100644;
/** Of an entry without its name, at most: record, timestamp and zip64 fields. */
const DIRECTORY_ENTRY = 46 + 9 + 28;
/** From this directory size on yazl 3.3 counts a zip64 end that it writes only when told to. */
const MISCOUNTED_FROM = 0xffff;

type Opened = (error: unknown, stream: NodeJS.ReadableStream) => void;

const holdAll = (blobs: Pick<Blobs, "hold">, rows: Iterable<ArtifactRow>) => {
  const held: ArtifactRow[] = [];
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const done of releases.splice(0)) done();
  };
  for (const row of rows) {
    if (held.length >= MAX_FILES) {
      release();
      throw new DomainError(
        "invalid",
        `These are more than ${MAX_FILES} files, too many for one zip: download folder by folder, or use \`outpost layout\``,
      );
    }
    held.push(row);
    releases.push(blobs.hold(row.sha256));
  }
  return { held, release };
};

/**
 * A zip of the rows. Names are such that any system can hold them. Each file is verified while it is read; a damaged
 * one breaks the stream off. Ending or destroying the stream lets go of everything.
 * @throws DomainError `not_found` for no rows, `invalid` for too many.
 */
export const zipOf = (blobs: Pick<Blobs, "hold" | "read">, { rows, folder }: ZipFiles): Promise<Zip> => {
  const { held, release } = holdAll(blobs, rows);
  if (held.length === 0) throw new DomainError("not_found", "There are no files to download there");
  const zip = new ZipFile();
  const nameOf = createFileNames("windows");
  const output = zip.outputStream;
  if (!(output instanceof Readable)) throw new TypeError("yazl's output is no stream of Node's");
  let current: Readable | undefined;
  output.once("close", () => {
    current?.destroy();
    release();
  });
  const fail = (error: unknown): void => void output.destroy(error instanceof Error ? error : new Error(String(error)));
  zip.on("error", fail);

  const open = (row: ArtifactRow, opened: Opened): void => {
    if (output.destroyed) return;
    try {
      const bytes = blobs.read(row);
      current = Buffer.isBuffer(bytes) ? Readable.from([bytes], { objectMode: false }) : bytes;
    } catch (error) {
      return fail(error);
    }
    current.once("error", fail);
    opened(null, current);
  };
  let directory = 0; // bytes, at most
  for (const row of held) {
    const name = nameOf(folder === "" ? row.path : row.path.slice(folder.length + 1));
    directory += DIRECTORY_ENTRY + Buffer.byteLength(name);
    const options = { size: row.size, mtime: new Date(row.modified_at), mode: MODE, compress: false };
    zip.addReadStreamLazy(name, options, (opened) => open(row, opened));
  }
  return new Promise((resolve) => {
    const sized = (size: number): void => resolve({ stream: output, size, files: held.length });
    const options = { forceZip64Format: directory >= MISCOUNTED_FROM, comment: "" };
    zip.end(options, sized as () => void); // its types forget the argument
  });
};
