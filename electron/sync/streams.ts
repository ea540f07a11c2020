/** Streams that end where they should. */
import { Readable } from "node:stream";

/** The first `size` bytes of a stream, chunk by chunk. */
export async function* firstChunks(source: Readable, size: number): AsyncGenerator<Buffer> {
  let left = size;
  if (left === 0) source.destroy();
  else
    for await (const chunk of source) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError("A stream of bytes gave something else");
      const piece = chunk.byteLength > left ? chunk.subarray(0, left) : chunk;
      left -= piece.byteLength;
      yield piece;
      if (left === 0) break; // which lets go of the source
    }
}

/** The first `size` bytes of a stream, which is let go of behind them. Its errors are this stream's. */
export const firstBytes = (source: Readable, size: number): Readable =>
  Readable.from(firstChunks(source, size), { objectMode: false });

async function* inTurns(source: Readable, turn: () => Promise<void>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("A stream of bytes gave something else");
    await turn();
    yield chunk;
  }
}

/** A stream that waits for its turn with every chunk: a pause holds it, a cancelled sync ends it. */
export const takingTurns = (source: Readable, turn: () => Promise<void>): Readable =>
  Readable.from(inTurns(source, turn), { objectMode: false });
