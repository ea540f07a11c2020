/**
 * Set up for every test file: folders that go, the output of processes, databases in memory. A secret in any of them
 * fails the file; `npm test` has a closing line of all.
 */
import { afterAll, afterEach } from "vitest";
import { watchChildren } from "./children.ts";
import { note } from "./ledger.ts";
import { watchMemoryDatabases } from "./memory-databases.ts";
import { watchRemovals } from "./removals.ts";

const found: string[] = [];
const keep = (leaks: readonly string[]): void => void found.push(...leaks);
const keepAndNote = (leaks: readonly string[]): void => {
  keep(leaks);
  note({ leaks });
};

watchRemovals(keep); // which notes what it looks at itself
watchChildren(keepAndNote);
const lookAtMemory = watchMemoryDatabases(keepAndNote);

afterEach(lookAtMemory);
afterAll(() => {
  if (found.length > 0) throw new Error(`secrets were written to:\n${[...new Set(found)].join("\n")}`);
});
