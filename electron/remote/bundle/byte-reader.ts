/** Reading a known number of bytes from a stream of pieces. */

export interface ByteReader {
  /** Exactly so many bytes, or fewer where the stream ends. */
  readonly read: (count: number) => Promise<Buffer>;
  /** At least one and at most so many bytes, as they come; none at the end. */
  readonly some: (most: number) => Promise<Buffer>;
  /** How many bytes the stream still has, by its announced length. */
  readonly left: () => number;
}

export const createByteReader = (source: AsyncIterable<Buffer>, totalBytes: number): ByteReader => {
  const pieces = source[Symbol.asyncIterator]();
  let [piece, at, taken]: [Buffer, number, number] = [Buffer.alloc(0), 0, 0];

  const some = async (most: number): Promise<Buffer> => {
    while (at === piece.length) {
      const next = await pieces.next();
      if (next.done === true) return Buffer.alloc(0);
      [piece, at] = [next.value, 0];
    }
    const part = piece.subarray(at, at + most);
    at += part.length;
    taken += part.length;
    return part;
  };

  const read = async (count: number): Promise<Buffer> => {
    if (count === 0) return Buffer.alloc(0);
    const first = await some(count);
    if (first.length === count || first.length === 0) return first;
    const parts = [first];
    for (let rest = count - first.length; rest > 0;) {
      const part = await some(rest);
      if (part.length === 0) break;
      parts.push(part);
      rest -= part.length;
    }
    return Buffer.concat(parts);
  };

  return { read, some, left: () => totalBytes - taken };
};
