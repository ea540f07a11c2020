import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pathOf } from "../../../electron/host/operation.ts";
import { layOutFiles } from "../../../electron/host/operations/layout.ts";
import { fileName } from "../../../electron/shell/file-name.ts";
import { freeFolder, layOut, showInFolder, sourceOf } from "../../../electron/shell/show-in-folder.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { startFeature } from "./feature.ts";

const RUN = "0123456789abcdef0123456789abcdef";

test("asks for the host's own operation", () => {
  expect(layOut.path).toBe(pathOf(layOutFiles));
});

test.each([
  [{ owner: "run", id: RUN, path: "" }, `runs:/${RUN}`],
  [{ owner: "run", id: RUN, path: "plots/a b.png" }, `runs:/${RUN}/plots/a b.png`],
  [{ owner: "model", id: `m-${RUN}`, path: "MLmodel" }, `models:/m-${RUN}/MLmodel`],
  [{ owner: "version", id: "cells@home/3", path: "" }, "models:/cells@home/3"],
  [{ owner: "version", id: "cells@home/3", path: "data/x" }, "models:/cells@home/3/data/x"],
] as const)("%j is %s", (place, source) => {
  expect(sourceOf({ ...place, name: "x" })).toBe(source);
});

test.each([
  { owner: "run", id: "../../etc", path: "" },
  { owner: "run", id: `${RUN}/x`, path: "" },
  { owner: "model", id: RUN, path: "" },
  { owner: "version", id: "a/b/1", path: "" },
  { owner: "version", id: "a/latest", path: "" },
] as const)("%j names no files", (place) => {
  expect(() => sourceOf({ ...place, name: "x" })).toThrow(/There are no files of/);
});

test("a folder is never written over", () => {
  const taken = new Set(["/d/run 01234567", "/d/run 01234567 (2)"]);
  expect(freeFolder("/d", "run 01234567", (path) => taken.has(path))).toBe("/d/run 01234567 (3)");
  expect(freeFolder("/d", "run 01234567", () => false)).toBe("/d/run 01234567");
});

test.each([
  ["bold-cat-12", "bold-cat-12"],
  ["고양이 모델 v2", "고양이 모델 v2"],
  ["../../etc/passwd", "etc passwd"],
  ['a/b\\c:d*e?f"g<h>i|j\0k\nl', "a b c d e f g h i j k l"],
  ["...", "Outpost"],
  ["", "Outpost"],
  [" trailing. ", "trailing"],
  ["🚀🚀", "Outpost"],
])("%j as a file name is %j", (name, file) => {
  expect(fileName(name)).toBe(file);
});

test("a file name has a bearable length, whole characters only", () => {
  expect([...fileName("가".repeat(500))]).toHaveLength(80);
});

test("the host lays the files out below Downloads, and the file manager shows the folder", async () => {
  const downloads = temporaryFolder();
  const asked: unknown[] = [];
  const shown: string[] = [];
  const { ask } = startFeature(showInFolder, {
    electron: {
      app: { getPath: () => downloads },
      shell: { showItemInFolder: (path: string) => void shown.push(path) },
    },
    host: {
      call: ({ path }: { path: string }, input: unknown) => {
        asked.push([path, input]);
        return Promise.resolve({});
      },
    },
  });
  const target = join(downloads, "Outpost", "bold cat 01234567");
  expect(await ask("showInFolder", { owner: "run", id: RUN, path: "plots", name: "bold/cat" })).toBe(target);
  expect(asked).toEqual([["/api/outpost/v1/admin/layout", { source: `runs:/${RUN}/plots`, target }]]);
  expect(shown).toEqual([target]);
});

test("what is refused or fails leaves nothing to look at", async () => {
  const downloads = temporaryFolder();
  const shown: string[] = [];
  const { ask } = startFeature(showInFolder, {
    electron: {
      app: { getPath: () => downloads },
      shell: { showItemInFolder: (path: string) => void shown.push(path) },
    },
    host: { call: () => Promise.reject(new Error("There are no artifacts below ''")) },
  });
  await expect(ask("showInFolder", { owner: "run", id: RUN, path: "", name: "x" })).rejects.toThrow(/no artifacts/);
  await expect(ask("showInFolder", { owner: "run", id: "x", path: "", name: "x" })).rejects.toThrow(/no files of/);
  expect(shown).toEqual([]);
  expect(readdirSync(join(downloads, "Outpost"))).toEqual([]);
});
