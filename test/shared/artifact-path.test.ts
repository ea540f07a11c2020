import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePath, parseArtifactPath, parseFilePath, rootOfUri } from "../../shared/artifact-path.ts";

test.each([
  ["a/b.txt", "a/b.txt"],
  ["", ""],
  [".", ""],
  ["a//b/./c/", "a/b/c"],
  ["..a/b../...", "..a/b../..."],
  ["con/x.txt::$DATA/trailing.", "con/x.txt::$DATA/trailing."],
  ["0/run/artifacts/C:/x", "0/run/artifacts/C:/x"],
  ["100%/50%25", "100%/50%25"],
  ["한글/日本語", "한글/日本語"],
])("'%s' is read as '%s'", (path, parsed) => {
  expect(parseArtifactPath(path)).toBe(parsed);
});

test.each([
  "..",
  "a/../b",
  "/etc",
  "C:/",
  "c:",
  "file:x",
  "http://x",
  "a\\b",
  "a\0",
  "a\u0085",
  "a#b",
  "．．/x",
  "a／．．",
  "%2e%2e/x",
  "a%2f..%2fb",
  "%5c",
  "%252e%252e",
  "\ud800",
])("'%s' is refused", (path) => {
  expect(() => parseArtifactPath(path)).toThrow("Invalid path");
});

test.each(["", ".", "a/", "a/./b", "./a"])("'%s' names no file to write", (path) => {
  expect(() => parseFilePath(path)).toThrow("Invalid path");
});

test("percent escapes are undone once, and must be UTF-8", () => {
  expect(decodePath("a%2520b")).toBe("a%20b");
  expect(() => decodePath("%c0%ae")).toThrow("not valid UTF-8");
  expect(() => decodePath("100%")).toThrow("not valid UTF-8");
});

test("a root is read from our own URIs only", () => {
  expect(rootOfUri("mlflow-artifacts:/0/abc/artifacts")).toBe("0/abc/artifacts");
  expect(() => rootOfUri("s3://bucket/x")).toThrow("not an artifact of this server");
  expect(() => rootOfUri("mlflow-artifacts:/../x")).toThrow("Invalid path");
});

const hostile = fc.array(
  fc.constantFrom(
    "..",
    ".",
    "/",
    "//",
    "\\",
    "%2e",
    "%2E",
    "%252e",
    "%2f",
    "%5c",
    "a",
    "b.txt",
    "%",
    "25",
    "．",
    "\0",
    "C:",
    "file:",
    "ü",
  ),
  {
    maxLength: 12,
  },
);

test("a scheme is refused behind empty and dot parts too", () => {
  expect(() => parseArtifactPath(".//file:")).toThrow("scheme");
  expect(() => parseArtifactPath("./c:/x")).toThrow("drive or a scheme");
  expect(() => parseArtifactPath("./%2f")).toThrow("absolute");
});

test("whatever is accepted stays below its root, also when somebody decodes it again", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        hostile.map((parts) => parts.join("")),
      ),
      (text) => {
        let parsed: string;
        try {
          parsed = parseArtifactPath(text);
        } catch (error) {
          expect(error).toMatchObject({ kind: "invalid" });
          return;
        }
        expect(parseArtifactPath(parsed)).toBe(parsed);
        for (let at = parsed, rounds = 0; rounds < 5; rounds++) {
          const parts = at.split("/");
          expect(parts.includes("..") || at.startsWith("/") || /[\\\p{Cc}]/u.test(at)).toBe(false);
          expect(parts.every((part) => !/^\.\.?$/.test(part.normalize("NFKC")) || part === ".")).toBe(true);
          at = at.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
        }
      },
    ),
    { numRuns: 3000 },
  );
});

test("names of ordinary files pass through decoding and reading unchanged", () => {
  const part = fc.string({
    unit: fc.constantFrom(...Array.from("abcXYZ019 _-+=()[]{}'!@$^&,;~:*?|<>\"üñ한")),
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const path = `0/${parts.join("/")}`;
      expect(parseFilePath(decodePath(path.split("/").map(encodeURIComponent).join("/")))).toBe(path);
    }),
  );
});
