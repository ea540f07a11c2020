/** Lines of a file with the place of each, one at a time. */
import { createReadStream } from "node:fs";
import { BundleError } from "../../remote/bundle/errors.ts";
import { objectsPath } from "../../remote/bundle/pack.ts";

/** A line is one object, or a page of points: what is longer than this is not of our making. */
const MOST_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

export interface PlacedLine {
  readonly text: string;
  readonly from: number; // bytes
  readonly to: number; // behind its newline
}

export async function* readLines(path: string, range: { from?: number; to?: number } = {}): AsyncGenerator<PlacedLine> {
  const { from = 0, to } = range;
  if (to !== undefined && to <= from) return;
  const stream: AsyncIterable<Buffer> = createReadStream(path, {
    start: from,
    ...(to !== undefined && { end: to - 1 }),
  });
  let [rest, held, start]: [Buffer[], number, number] = [[], 0, from];
  for await (const piece of stream) {
    let begin = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, begin)) {
      const line = Buffer.concat([...rest, piece.subarray(begin, end)]);
      yield { text: line.toString("utf8"), from: start, to: start + line.length + 1 };
      start += line.length + 1;
      [rest, held, begin] = [[], 0, end + 1];
    }
    rest.push(piece.subarray(begin));
    held += piece.length - begin;
    if (held > MOST_LINE_BYTES)
      throw new BundleError(
        "format",
        objectsPath,
        `${objectsPath} has a line of more than ${MOST_LINE_BYTES} bytes: refused.`,
      );
  }
  if (held > 0) throw new BundleError("format", objectsPath, `${objectsPath} ends in the middle of a line: refused.`);
}
