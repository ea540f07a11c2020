import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder of this test's own, removed after it. */
export const temporaryFolder = (): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "outpost-test-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
