import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { root } from "../../build/root.js";
import { digestOfSources, isFresh } from "../../build/stamp.js";

const folder = `.cache/stamp-${String(process.pid)}`;
afterEach(() => {
  rmSync(join(root, folder), { recursive: true, force: true });
});

const put = (path: string, text: string): void => {
  mkdirSync(join(root, folder, path, ".."), { recursive: true });
  writeFileSync(join(root, folder, path), text);
};
const part = { sources: [`${folder}/source`, "package.json"], product: `${folder}/made.js`, stamp: `${folder}/stamp` };

const setupBuilt = (): void => {
  put("source/a.ts", "1");
  put("source/deep/b.ts", "2");
  put("made.js", "12");
  put("stamp", digestOfSources(part));
};

test("what was built from today's sources is fresh", () => {
  setupBuilt();
  expect(isFresh(part)).toBe(true);
});

test.each([
  ["a byte changed", () => put("source/deep/b.ts", "3")],
  ["a file was added", () => put("source/c.ts", "")],
  ["a file was removed", () => rmSync(join(root, folder, "source/a.ts"))],
  ["a file was renamed", () => (rmSync(join(root, folder, "source/a.ts")), put("source/z.ts", "1"))],
  ["the product is gone", () => rmSync(join(root, part.product))],
  ["the stamp is gone", () => rmSync(join(root, part.stamp))],
])("it is stale when %s", (_, change) => {
  setupBuilt();
  change();
  expect(isFresh(part)).toBe(false);
});
