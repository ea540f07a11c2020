import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasName, nameOf, readName } from "../../../../electron/remote/gitlab/file-names.ts";

const ON_GITLAB = /^[A-Za-z0-9._+\- ]+$/;
const part = fc.oneof(fc.string({ unit: "grapheme", minLength: 1 }), fc.constantFrom("outpost-name.a", "outpost-name._2F", "a+b", "...")); // prettier-ignore
const anyPath = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"))
  .filter(hasName);

test.each(["a.txt", "dir/b c+d_e-f.bin", "outpost-provenance.1.abc.json"])("%s is its own name", (path) => {
  expect(nameOf(path, true)).toBe(path);
  expect(readName(path)).toBe(path);
});

test("a part that does not fit is escaped, the others stay", () => {
  expect(nameOf("out/하/b.txt", true)).toBe("out/outpost-name._ED_95_98/b.txt");
  expect(nameOf("out/b.txt", false)).toBe("outpost-name.out_2Fb.txt");
});

test("whatever the path, its name fits on GitLab and says the path again", () => {
  fc.assert(
    fc.property(anyPath, fc.boolean(), (path, hasFolders) => {
      const name = nameOf(path, hasFolders);
      const parts = hasFolders ? name.split("/") : [name];
      expect(parts.filter((each) => !ON_GITLAB.test(each))).toEqual([]);
      expect(readName(name)).toBe(path);
    }),
  );
});

test("no two paths have one name", () => {
  expect(nameOf("outpost-name.a", true)).not.toBe("outpost-name.a");
  expect(nameOf("a_b%", true)).not.toBe(nameOf("a_5Fb%", true));
});

describe("a name that was not made here stands for itself", () => {
  test.each([
    ["a path outside", "outpost-name.._2F..", "outpost-name._2E_2E_2Fetc"],
    ["no UTF-8", "outpost-name._FF", "outpost-name._ED"],
    ["another spelling", "outpost-name.a_62", "outpost-name._ed_95_98"],
    ["nothing", "outpost-name.", "outpost-name"],
    ["an empty part", "outpost-name.a_2F", "outpost-name._2Fa"],
  ])("%s", (_, ...names) => {
    for (const name of names) expect(readName(name)).toBe(name);
  });
});

test.each(["", "a//b", "../a", "a/.", "/a"])("'%s' has no name", (path) => expect(hasName(path)).toBe(false));
