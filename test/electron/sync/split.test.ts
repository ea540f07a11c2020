import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cut,
  manifestPath,
  partPath,
  readManifest,
  readSplitName,
  writeManifest,
  type SplitManifest,
} from "../../../electron/sync/split.ts";

const digest = "ab".repeat(32);
const manifest = (over: Partial<SplitManifest> = {}): SplitManifest => ({
  v: 1,
  path: "model/weights.bin",
  size: 25,
  sha256: digest,
  parts: [
    { path: "model/weights.bin.outpost-0001", size: 20, sha256: digest },
    { path: "model/weights.bin.outpost-0002", size: 5, sha256: digest },
  ],
  ...over,
});

test("names of parts and manifests are read back as what they are", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 100_000 }), (whole, number) => {
      expect(readSplitName(partPath(whole, number))).toEqual({ role: "part", whole, number });
      expect(readSplitName(manifestPath(whole))).toEqual({ role: "manifest", whole });
    }),
  );
  for (const other of ["a.outpost-0000", "a.outpost-00001", "a.outpost-1", ".outpost-0001", "manifest.json"])
    expect(readSplitName(other)).toBeUndefined();
});

test("parts cover the file once, in order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 1, max: 500 }), (size, partBytes) => {
      let at = 0;
      for (const part of cut(size, partBytes)) {
        expect(part.from).toBe(at);
        expect(part.size).toBeLessThanOrEqual(partBytes);
        at += part.size;
      }
      expect(at).toBe(size);
    }),
  );
});

test("a manifest survives the way there and back", () => {
  expect(readManifest("model/weights.bin", writeManifest(manifest()))).toEqual(manifest());
});

test.each([
  ["of another file", writeManifest(manifest({ path: "other" }))],
  ["whose sizes do not add up", writeManifest(manifest({ size: 26 }))],
  ["with parts out of order", writeManifest(manifest({ parts: [...manifest().parts].reverse() }))],
  ["with a path that leads elsewhere", writeManifest(manifest()).replace("weights.bin.outpost-0002", "../x")],
  ["without parts", writeManifest(manifest({ parts: [], size: 0 }))],
  ["with a digest that is none", writeManifest(manifest()).replaceAll(digest, "xyz")],
  ["of a later version", writeManifest(manifest()).replace('"v":1', '"v":2')],
  ["cut off", writeManifest(manifest()).slice(0, -5)],
])("a manifest %s is refused", (_, text) => {
  expect(readManifest("model/weights.bin", text)).toBeUndefined();
});
