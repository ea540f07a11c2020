import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ico, icns, icnsEntries } from "../../build/icons/containers.ts";
import {
  createDraw,
  drawAppIcons,
  drawPackageIcons,
  linuxSizes,
  windowsSizes,
  withMargin,
} from "../../build/icons/render.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-icons-"));
beforeAll(async () => {
  const draw = await createDraw();
  drawAppIcons(draw, join(folder, "app"));
  drawPackageIcons(draw, join(folder, "package"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string): Buffer => readFileSync(join(folder, path));
/** Width and height as the PNG's own header says. @throws where it is no PNG */
const sizeOf = (png: Buffer): [number, number] => {
  expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
};

test("the tray has its pictures for four densities, in colour and as a template", () => {
  const expected = { "": 16, "@1.5x": 24, "@2x": 32, "@3x": 48 };
  for (const [density, size] of Object.entries(expected)) {
    expect(sizeOf(read(`app/tray${density}.png`))).toEqual([size, size]);
    expect(sizeOf(read(`app/trayTemplate${density}.png`))).toEqual([size, size]);
  }
  expect(sizeOf(read("app/icon.png"))).toEqual([512, 512]);
});

test("Linux gets a picture of each size under the name that says it", () => {
  expect(readdirSync(join(folder, "package", "linux")).toSorted()).toEqual(
    linuxSizes.map((size) => `${size}x${size}.png`).toSorted(),
  );
  for (const size of linuxSizes) expect(sizeOf(read(`package/linux/${size}x${size}.png`))).toEqual([size, size]);
});

test("the Windows icon lists every size and points at its picture", () => {
  const icon = read("package/icon.ico");
  expect([icon.readUInt16LE(0), icon.readUInt16LE(2), icon.readUInt16LE(4)]).toEqual([0, 1, windowsSizes.length]);
  let end = 6 + 16 * windowsSizes.length;
  for (const [index, size] of windowsSizes.entries()) {
    const at = 6 + 16 * index;
    expect(icon[at]).toBe(size === 256 ? 0 : size);
    const [length, offset] = [icon.readUInt32LE(at + 8), icon.readUInt32LE(at + 12)];
    expect(offset).toBe(end);
    expect(sizeOf(icon.subarray(offset, offset + length))).toEqual([size, size]);
    end = offset + length;
  }
  expect(icon).toHaveLength(end);
});

test("the macOS icon holds every entry with the size that its name stands for", () => {
  const icon = read("package/icon.icns");
  expect(icon.subarray(0, 4).toString()).toBe("icns");
  expect(icon.readUInt32BE(4)).toBe(icon.length);
  const seen: Record<string, number> = {};
  for (let at = 8; at < icon.length; at += icon.readUInt32BE(at + 4)) {
    const [width] = sizeOf(icon.subarray(at + 8, at + icon.readUInt32BE(at + 4)));
    seen[icon.subarray(at, at + 4).toString()] = width;
  }
  expect(seen).toEqual(icnsEntries);
});

test("on macOS the mark covers 824 of 1024 pixels", () => {
  const [left, , width] = /viewBox="([^"]+)"/.exec(withMargin(`<svg viewBox="0 0 32 32">`))![1]!.split(" ").map(Number);
  expect((32 / width!) * 1024).toBeCloseTo(824);
  expect(-left! * 2 + 32).toBeCloseTo(width!);
});

test("containers keep the pictures' bytes as they are", () => {
  const png = Buffer.from("a picture");
  expect(ico([{ size: 256, png }]).subarray(-png.length)).toEqual(png);
  expect(icns(() => png).includes(png)).toBe(true);
});
