/** The two files that Windows and macOS want icons in: a table of contents, then the PNGs as they are. */

/** A square picture. */
export interface Picture {
  readonly size: number;
  readonly png: Uint8Array;
}

/** Pictures as a Windows icon. Sizes up to 256; the entry for 256 says 0. */
export const ico = (pictures: readonly Picture[]): Buffer => {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2); // an icon, not a cursor
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  for (const [index, { size, png }] of pictures.entries()) {
    const at = 6 + 16 * index;
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4); // planes
    head.writeUInt16LE(32, at + 6); // bits a pixel
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([head, ...pictures.map(({ png }) => png)]);
};

/**
 * Apple's name of each entry → its size in pixels. 16 and 32 come as the doubled sizes of 8 and 16 points only: PNGs under the names of
 * the plain sizes are drawn wrongly by some versions.
 */
export const icnsEntries = {
  ic11: 32,
  ic12: 64,
  ic07: 128,
  ic13: 256,
  ic08: 256,
  ic14: 512,
  ic09: 512,
  ic10: 1024,
} as const;

const chunk = (name: string, content: Uint8Array): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, "latin1");
  head.writeUInt32BE(8 + content.length, 4);
  return Buffer.concat([head, content]);
};

/** A macOS icon; `pngOf` draws a size. */
export const icns = (pngOf: (size: number) => Uint8Array): Buffer =>
  chunk("icns", Buffer.concat(Object.entries(icnsEntries).map(([name, size]) => chunk(name, pngOf(size)))));
