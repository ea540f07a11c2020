import { expect, test } from "vitest";
import { isSameFile, type PreviewFile } from "../../../renderer/artifacts/preview-file.ts";

const file: PreviewFile = { root: "1/run/artifacts", path: "a.txt", size: 3, digest: "ab", live: false };

test("the same bytes in the same place are the same file; what has no digest may have changed", () => {
  expect(isSameFile(file, { ...file })).toBe(true);
  for (const other of [{ digest: "cd" }, { root: "2/run/artifacts" }, { path: "b.txt" }, { live: true }])
    expect(isSameFile(file, { ...file, ...other })).toBe(false);
  expect(isSameFile({ ...file, digest: null }, { ...file, digest: null })).toBe(false);
});
