/** Writes a PNG: 8-bit RGB, no interlacing. Enough to draw the sample project's pictures here, without a library. */
import { crc32, deflateSync } from "node:zlib";

export type Colour = readonly [red: number, green: number, blue: number];

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const chunk = (name: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
};

/** Draws each point of a picture by a function of its place. */
export const drawPng = (width: number, height: number, colourAt: (x: number, y: number) => Colour): Buffer => {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(colourAt(x, y), y * (width * 3 + 1) + 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
};

const mix = (from: Colour, to: Colour, share: number): Colour => [
  Math.round(from[0] + (to[0] - from[0]) * share),
  Math.round(from[1] + (to[1] - from[1]) * share),
  Math.round(from[2] + (to[2] - from[2]) * share),
];

const [LOW, HIGH, PAPER, INK]: readonly [Colour, Colour, Colour, Colour] = [
  [239, 244, 252],
  [29, 78, 156],
  [255, 255, 255],
  [29, 78, 156],
];
const CELL = 28;
const GAP = 2;

/** A matrix of shares (0 to 1) as a heat map. */
export const heatMap = (matrix: readonly (readonly number[])[]): Buffer => {
  const size = matrix.length * CELL + GAP;
  return drawPng(size, size, (x, y) => {
    const share = matrix[Math.floor(y / CELL)]?.[Math.floor(x / CELL)];
    return share === undefined || x % CELL < GAP || y % CELL < GAP ? PAPER : mix(LOW, HIGH, Math.min(1, share));
  });
};

/** Values as columns, the highest at full height. */
export const columnChart = (values: readonly number[], width = 480, height = 240): Buffer => {
  const most = Math.max(...values.filter(Number.isFinite), 1e-9);
  return drawPng(width, height, (x, y) => {
    const value = values[Math.floor((x / width) * values.length)] ?? 0;
    return height - y <= (value / most) * (height - 8) ? INK : PAPER;
  });
};
