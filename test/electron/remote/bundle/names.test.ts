import { expect, test } from "vitest";
import {
  blobPath,
  checkPath,
  createTwinCheck,
  digestOfBlobPath,
  isBundleName,
} from "../../../../electron/remote/bundle/names.ts";
import { digestOf } from "../../../helpers/setup-bundle.ts";

test.each([
  ["", "no name"],
  ["/x", "an absolute name"],
  ["c:x", "a drive"],
  ["a\\b", "a backslash"],
  ["..", "'..', '.' or '//'"],
  ["a/../b", "'..', '.' or '//'"],
  ["a/./b", "'..', '.' or '//'"],
  ["a//b", "'..', '.' or '//'"],
  ["a/", "'..', '.' or '//'"],
  ["a/b/c/d/e/f/g/h/i", "too long a name"],
  ["x".repeat(181), "too long a name"],
  [".hidden", "a character in its name"],
  ["a b", "a character in its name"],
  ["a\u0000b", "a character in its name"],
  ["é", "a character in its name"],
  ["ab:stream", "a character in its name"],
  ["a.", "Windows cannot hold"],
  ["data/COM1", "Windows cannot hold"],
  ["data/nul.txt", "Windows cannot hold"],
])("the name %j is refused, and the reason is said", (path, reason) => {
  expect(() => checkPath(path)).toThrow(reason);
});

test("names of a bundle's files pass", () => {
  for (const path of [
    "bagit.txt",
    "allowed_signers",
    "data/objects.jsonl",
    blobPath(digestOf("x")),
    "data/a-b_c.d",
    "data/nullable",
  ]) {
    expect(() => checkPath(path)).not.toThrow();
  }
  expect(isBundleName("2026-11-21_lab.1")).toBe(true);
});

test("a name is taken once, in whatever letters, and a file is no folder", () => {
  const check = createTwinCheck();
  for (const path of ["data/a", "data/b/c", "data/b/d", "DATA/e"]) check(path);
  for (const path of ["data/a", "Data/A", "data/b", "data/B", "data/a/x", "data"])
    expect(() => check(path)).toThrow("refused");
});

test("a blob's name is its digest below the digest's first two letters", () => {
  const digest = digestOf("x");
  expect(digestOfBlobPath(blobPath(digest))).toBe(digest);
  expect(digestOfBlobPath("data/objects.jsonl")).toBeUndefined();
  for (const path of [
    `data/blobs/${digest}`,
    `data/blobs/00/${digest}`,
    `${blobPath(digest)}0`,
    `data/blobs/ab/${"g".repeat(64)}`,
  ]) {
    expect(() => digestOfBlobPath(path)).toThrow("not a blob's name");
  }
});
