/**
 * Memory of long transfers, given back at once. A piece of a file is garbage as soon as it was sent, but a collector that
 * sees only small objects comes late: some seventy mebibytes of such pieces lie about by then.
 */
const givenAway = new WeakSet<Uint8Array>();

/** Says that these bytes, alone in their buffer, are for their next reader and nobody else. */
export const giveAway = <T extends Uint8Array>(bytes: T): T => {
  givenAway.add(bytes);
  return bytes;
};

/** Frees bytes that were given away, by who has read them to the end: they are empty then. Leaves all others alone. */
export const freeBytes = (bytes: Uint8Array): void => {
  if (givenAway.delete(bytes) && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
};
