import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseInfo,
  parseManifest,
  roundedSize,
  writeInfo,
  writeManifest,
} from "../../../../electron/remote/bundle/tag-files.ts";
import { bundleInfo, digestOf } from "../../../helpers/setup-bundle.ts";

const payload = { bytes: 1234, files: 5 };
const written = writeInfo(bundleInfo, payload);

test("what is said of a bundle comes back, in any script and under any word", () => {
  const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,10}$/);
  const value = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    .filter((text) => text.trim() === text && !/[\p{Cc}\u2028\u2029]/u.test(text));
  const info = fc.record({
    id: value,
    class: value,
    from: value,
    counts: fc.dictionary(word, fc.nat()),
    extra: fc.dictionary(word, value),
  });
  fc.assert(
    fc.property(info, (words) => {
      const given = { ...words, created: bundleInfo.created };
      expect(parseInfo(writeInfo(given, payload))).toEqual({ ...given, payloadBytes: 1234, payloadFiles: 5 });
    }),
  );
  expect(parseInfo(written)).toEqual({ ...bundleInfo, payloadBytes: 1234, payloadFiles: 5 });
});

test.each([
  ["a later version", written.replace("Version: 1", "Version: 2"), "update the app"],
  ["a missing class", written.replace(/Outpost-Class: .*\n/, ""), "has no Outpost-Class"],
  ["two classes", `${written}Outpost-Class: public\n`, "has Outpost-Class twice"],
  ["no size", written.replace(/Payload-Oxum: .*\n/, ""), "has no Payload-Oxum"],
  ["a size that is none", written.replace("1234.5", "1e3.5"), "not 'bytes.files'"],
  ["a time that is none", written.replace("2026-11-21T09", "2026-13-21T09"), "is not a time"],
  ["a folded line", `${written} more\n`, "is not 'Label: value'"],
  ["no last line break", written.trimEnd(), "does not end with a line break"],
  ["line breaks of Windows", written.replaceAll("\n", "\r\n"), "line break"],
  ["nothing", "", "has no"],
])("%s is refused", (_, text, message) => {
  expect(() => parseInfo(text)).toThrow(message);
});

test("a manifest comes back in its order, and no other form is read", () => {
  const digests: [string, string][] = [
    ["data/b", digestOf("b")],
    ["data/a", digestOf("a")],
  ];
  const text = writeManifest(digests);
  expect([...parseManifest("m", text)]).toEqual(digests);
  for (const wrong of [
    text + text,
    text.replace("  ", " *"),
    text.toUpperCase(),
    text.slice(1),
    `\n${text}`,
    `${text}x\n`,
  ]) {
    expect(() => parseManifest("m", wrong)).toThrow(/^m/);
  }
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [3_249_000_000, "3.2 GB"],
])("%i bytes read '%s'", (bytes, text) => {
  expect(roundedSize(bytes)).toBe(text);
});
