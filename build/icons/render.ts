/** Draws every picture of the app from two SVGs: what the app itself shows, and what the packages of three systems want. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ico, icns, type Picture } from "./containers.ts";
import { root } from "../root.js";

/** The mark: the page shows it too. */
const readMark = (): string => readFileSync(join(root, "renderer", "assets", "outpost.svg"), "utf8");
/** The mark without colours, for trays that give it theirs. */
const readTray = (): string => readFileSync(join(import.meta.dirname, "tray.svg"), "utf8");

/** Draws an SVG's text at a width in pixels. */
export type Draw = (svg: string, width: number) => Uint8Array;

/** Loads the renderer, a WebAssembly module, which a process can load once: no fonts, no network, the same bytes on every system. */
export const createDraw = async (): Promise<Draw> => {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  const wasm = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
  await initWasm(readFileSync(wasm));
  return (svg, width) => new Resvg(svg, { fitTo: { mode: "width", value: width } }).render().asPng();
};

const box = (left: number, top: number, width: number, height: number): string =>
  `viewBox="${left} ${top} ${width} ${height}"`;

/** The mark within a margin: macOS draws an app's icon on 824 of 1024 pixels, and the rest belongs to its shadow. */
export const withMargin = (svg: string): string => {
  const margin = (32 * 1024) / 824 - 32;
  return svg.replace(box(0, 0, 32, 32), box(-margin / 2, -margin / 2, 32 + margin, 32 + margin));
};

/** Pixels of the tray's picture → the ending by which Electron finds it on a screen of that density. */
const trayDensities = { 16: "", 24: "@1.5x", 32: "@2x", 48: "@3x" } as const;

/**
 * What the app shows while it runs, into `dist/icons`: the window's icon, the tray's in colour, and the black one that macOS
 * colours by itself (its name must end in `Template`).
 */
export const drawAppIcons = (draw: Draw, folder: string): void => {
  mkdirSync(folder, { recursive: true });
  const [mark, tray] = [readMark(), readTray()];
  for (const [size, density] of Object.entries(trayDensities)) {
    writeFileSync(join(folder, `tray${density}.png`), draw(mark, Number(size)));
    writeFileSync(join(folder, `trayTemplate${density}.png`), draw(tray, Number(size)));
  }
  writeFileSync(join(folder, "icon.png"), draw(mark, 512));
};

export const linuxSizes = [16, 24, 32, 48, 64, 96, 128, 256, 512, 1024];
export const windowsSizes = [16, 20, 24, 32, 40, 48, 64, 96, 128, 256];

/** What the installers want: `linux/NxN.png`, `icon.ico`, `icon.icns`. */
export const drawPackageIcons = (draw: Draw, folder: string): void => {
  mkdirSync(join(folder, "linux"), { recursive: true });
  const [mark, padded] = [readMark(), withMargin(readMark())];
  for (const size of linuxSizes) writeFileSync(join(folder, "linux", `${size}x${size}.png`), draw(mark, size));
  const pictures = windowsSizes.map((size): Picture => ({ size, png: draw(mark, size) }));
  writeFileSync(join(folder, "icon.ico"), ico(pictures));
  writeFileSync(
    join(folder, "icon.icns"),
    icns((size) => draw(padded, size)),
  );
};
