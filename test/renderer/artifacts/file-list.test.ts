import { expect, test } from "vitest";
import { entriesIn, existingIn } from "../../../renderer/artifacts/file-list.ts";

const file = (path: string, size = 1) => ({ path, size, sha256: `sha of ${path}` });
const files = [file("MLmodel"), file("data/a.bin", 10), file("data/deep/b.bin", 5), file("data2/c"), file("zoo", 3)];

test("a folder's entries are folders with what they hold, then files, by name", () => {
  expect(entriesIn(files, "").map(({ path, is_dir, size, files }) => [path, is_dir, size, files])).toEqual([
    ["data", true, 15, 2],
    ["data2", true, 1, 1],
    ["MLmodel", false, 1, 1],
    ["zoo", false, 3, 1],
  ]);
  expect(entriesIn(files, "data")).toEqual([
    { path: "data/deep", is_dir: true, size: 5, files: 1, sha256: null },
    { path: "data/a.bin", is_dir: false, size: 10, files: 1, sha256: "sha of data/a.bin" },
  ]);
  expect(entriesIn(files, "dat")).toEqual([]);
  expect(entriesIn(files, "MLmodel")).toEqual([]);
});

test("what an upload would meet is a file, a folder, or a file where a folder has to be", () => {
  expect(existingIn(files, ["new", "data/new", "zoo", "data/deep", "MLmodel/x/y", "data2"])).toEqual([
    { path: "zoo", in_the_way: "zoo", kind: "file" },
    { path: "data/deep", in_the_way: "data/deep", kind: "folder" },
    { path: "MLmodel/x/y", in_the_way: "MLmodel", kind: "file_above" },
    { path: "data2", in_the_way: "data2", kind: "folder" },
  ]);
});
