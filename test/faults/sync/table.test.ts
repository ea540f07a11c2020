/** The table is whole, and what it refers to is there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../../helpers/outpost-process.ts";
import { cells, faults, operations } from "./matrix.ts";

test("each operation under each fault is named once, with its test or the reason why there is none", () => {
  const names = cells.map(({ fault, operation }) => `${fault} ${operation}`);
  expect(names).toHaveLength(Object.keys(faults).length * Object.keys(operations).length);
  expect(new Set(names).size).toBe(336);
  expect(cells.filter(({ why }) => why === "")).toEqual([]);
  const count = (kind: string): string => `${String(cells.filter((cell) => cell.kind === kind).length)} ${kind}`;
  process.stdout.write(`fault matrix: ${["cell", "test", "none", "open"].map(count).join(", ")}\n`);
});

test("the tests that it refers to exist", () => {
  const missing = cells.filter(({ kind, why }) => {
    if (kind === "cell") return !existsSync(join(import.meta.dirname, why));
    if (kind !== "test") return false;
    const [file = "", title = ""] = why.split(": ", 2);
    const path = join(projectRoot, file);
    return !existsSync(path) || !readFileSync(path, "utf8").includes(title);
  });
  expect(missing).toEqual([]);
});
