import { expect, test } from "vitest";
import { cleanFolder, folderProblem, planUpload, settle } from "../../../renderer/artifacts/upload/plan.ts";

const file = (name: string, content = "abc"): { path: string; file: File } => ({
  path: name,
  file: new File([content], name),
});

test("every name is checked as the server will, below the folder that was chosen", () => {
  const plan = planUpload(
    [file("a.txt"), file("sub/b c.txt"), file("x\\y"), file("../up"), file("한국어.txt")],
    "data/raw",
  );
  expect(plan.files.map(({ path }) => path)).toEqual(["data/raw/a.txt", "data/raw/sub/b c.txt", "data/raw/한국어.txt"]);
  expect(plan.refused.map(({ path }) => path)).toEqual(["data/raw/x\\y", "data/raw/../up"]);
  expect(plan.refused[0]?.reason).toContain("backslash");
  expect(plan.bytes).toBe(9);
});

test("of two files for one path the later one counts", () => {
  const plan = planUpload([file("a", "1"), file("a", "22")], "");
  expect([plan.files.length, plan.bytes]).toEqual([1, 2]);
});

test.each([
  ["", undefined],
  ["a/b", undefined],
  ["..", "it leaves its folder"],
  ["C:/x", "drive"],
])("the folder %j: %s", (folder, problem) => {
  if (problem === undefined) expect(folderProblem(folder)).toBeUndefined();
  else expect(folderProblem(folder)).toContain(problem);
});

test.each([
  [" /data/ ", "data"],
  ["a / b//c", "a/b/c"],
  ["../x", "../x"],
  ["/", ""],
])("the folder typed as %j is %j", (typed, folder) => {
  expect(cleanFolder(typed)).toBe(folder);
});

test("what is there is kept or replaced as one says; a folder in the way never is", () => {
  const plan = planUpload([file("new"), file("old"), file("folder"), file("f/below")], "");
  const existing = [
    { path: "old", in_the_way: "old", kind: "file" as const },
    { path: "folder", in_the_way: "folder", kind: "folder" as const },
    { path: "f/below", in_the_way: "f", kind: "file_above" as const },
  ];
  const sent = (onTaken: "skip" | "replace") => settle(plan, existing, onTaken).send.map(({ path }) => path);
  expect(sent("skip")).toEqual(["new"]);
  expect(sent("replace")).toEqual(["new", "old"]);
  expect(settle(plan, existing, "skip")).toMatchObject({ skipped: 1, blocked: existing.slice(1) });
});
