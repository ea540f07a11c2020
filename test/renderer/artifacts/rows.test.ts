import { describe, expect, test } from "vitest";
import type { ArtifactEntry } from "../../../shared/api/outpost/artifacts.ts";
import {
  findByTyping,
  keyOf,
  parentOf,
  rowsOf,
  type FolderState,
  type TreeRow,
} from "../../../renderer/artifacts/rows.ts";
import type { ArtifactSource } from "../../../renderer/artifacts/source.ts";

const source = (id: string, title: string): ArtifactSource => ({
  id,
  title,
  root: `0/${id}`,
  place: `0/${id}`,
  open: () => Promise.resolve(`0/${id}`),
  existing: () => Promise.resolve([]),
  list: () => Promise.reject(new Error("not asked")),
  hrefOf: (path) => path,
});
const entry = (path: string, is_dir = false): ArtifactEntry => ({
  path,
  is_dir,
  size: 2,
  files: 1,
  modified_at: 0,
  sha256: null,
});
const run = source("", "Run files");
const model = source("m-1", "Model");
const show = (rows: readonly TreeRow[]): string[] =>
  rows.map((row) => `${"  ".repeat(row.level - 1)}${row.name || row.kind}`);

const state = (sources: ArtifactSource[], folders: Record<string, FolderState>, open: string[]) => ({
  sources,
  folder: (key: string) => folders[key],
  isOpen: (key: string) => open.includes(key),
});

describe("the rows of a tree", () => {
  const folders = {
    ":": { entries: [entry("d", true), entry("a.txt")] },
    ":d": { entries: [entry("d/x.txt")] },
    "m-1:": { entries: [] },
  };
  test("of one source begin with its files", () => {
    expect(show(rowsOf(state([run], folders, [])))).toEqual(["d", "a.txt"]);
    expect(show(rowsOf(state([run], folders, [":d"])))).toEqual(["d", "  x.txt", "a.txt"]);
  });
  test("of several begin with their titles", () => {
    expect(show(rowsOf(state([run, model], folders, [":", "m-1:"])))).toEqual([
      "Run files",
      "  d",
      "  a.txt",
      "Model",
      "  empty",
    ]);
  });
  test("say what is being read and what could not be", () => {
    expect(show(rowsOf(state([run], {}, [])))).toEqual(["loading"]);
    expect(show(rowsOf(state([run], { ":": { error: new Error("no") } }, [])))).toEqual(["failed"]);
    expect(show(rowsOf(state([run], { ":": { ...folders[":"], error: new Error("no") } }, [])))).toEqual([
      "d",
      "a.txt",
    ]);
  });
  test("name their place among their siblings and the row around them", () => {
    const rows = rowsOf(state([run], folders, [":d"]));
    expect(rows.map((row) => [row.posInSet, row.setSize])).toEqual([
      [1, 2],
      [1, 1],
      [2, 2],
    ]);
    expect([parentOf(rows, 1), parentOf(rows, 2)]).toEqual([0, -1]);
    expect(rows.map(({ key }) => key)).toEqual([keyOf(run, "d"), keyOf(run, "d/x.txt"), keyOf(run, "a.txt")]);
  });
});

test("typing goes to the next name that begins so, around the end; more letters stay where they fit", () => {
  const rows = rowsOf(state([run], { ":": { entries: ["alpha", "beta", "Alpine"].map((path) => entry(path)) } }, []));
  expect(findByTyping(rows, 0, "a")).toBe(2);
  expect(findByTyping(rows, 2, "a")).toBe(0);
  expect(findByTyping(rows, 2, "al")).toBe(2);
  expect(findByTyping(rows, 2, "alpi")).toBe(2);
  expect(findByTyping(rows, 0, "z")).toBe(-1);
});
