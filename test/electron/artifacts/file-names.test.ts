import fc from "fast-check";
import { expect, test } from "vitest";
import { createFileNames } from "../../../electron/artifacts/file-names.ts";

test("a system that can hold a name gets it unchanged", () => {
  const nameOf = createFileNames("posix");
  for (const path of ["a/b.txt", "con", "x.txt::$DATA", "Case", "case", "trailing. ", "한글/x"])
    expect(nameOf(path)).toBe(path);
});

test.each([
  ["con", "%63on"],
  ["LPT1.txt", "%4CPT1.txt"],
  ["console", "console"],
  ["x.txt::$DATA", "x.txt%3A%3A$DATA"],
  ['a<b>|c?*"', "a%3Cb%3E%7Cc%3F%2A%22"],
  ["dir./file ", "dir%2E/file%20"],
])("Windows gets '%s' as '%s'", (path, file) => {
  expect(createFileNames("windows")(path)).toBe(file);
});

test("names that only differ in case, or in how letters are composed, get a file each", () => {
  for (const kind of ["windows", "darwin"] as const) {
    const nameOf = createFileNames(kind);
    expect(["Model.pkl", "model.pkl", "MODEL.pkl", "Dir/x", "dir/x", "\u00fc", "u\u0308"].map(nameOf)).toEqual([
      "Model.pkl",
      "model~2.pkl",
      "MODEL~3.pkl",
      "Dir/x",
      "dir~2/x",
      "\u00fc",
      "u\u0308~2",
    ]);
  }
});

test("no two paths of a tree share a file, whatever their names", () => {
  const part = fc.string({
    unit: fc.constantFrom("a", "A", ":", "%", "3", ".", " ", "~", "2", "?"),
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
        { maxLength: 20 },
      ),
      (paths) => {
        const nameOf = createFileNames("windows");
        const files = paths.map((path) => nameOf(path).toLowerCase());
        expect(new Set(files).size).toBe(paths.length);
        expect(files.every((file) => !/[<>:"|?*\\]|[. ](?:\/|$)/.test(file))).toBe(true);
        expect(paths.map((path) => nameOf(path).toLowerCase())).toEqual(files);
      },
    ),
  );
});
