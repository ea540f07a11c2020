import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openWriter } from "../../electron/store/database.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed } from "./seed.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-many-files-"));
const FILES = 20_000;
const MAX_NODES = 1500;
let host: ServerProcess;
let surfer: Surfer;
let route = "";

/** Names of one content go into the file itself, while no host runs. */
const plantFiles = (root: string): void => {
  const db = openWriter(join(folder, "data", "outpost.db"));
  db.prepare(
    `INSERT INTO artifacts (path, sha256, size, modified_at)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${FILES - 1})
       SELECT ? || '/steps/file-' || substr('00000' || i, -5) || '.txt', a.sha256, a.size, a.modified_at
       FROM n, (SELECT * FROM artifacts WHERE path = ? || '/steps/file-00000.txt') AS a`,
  ).run(root, root);
  db.close();
};

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  const seed = createSeed(host.url);
  const experiment = await seed.experiment("files");
  const run = await seed.run(experiment, { name: "many" });
  await seed.artifact(experiment, run, "steps/file-00000.txt", Buffer.from("a step"));
  seed.close();
  const port = Number(new URL(host.url).port);
  await host.stop();
  plantFiles(`${experiment}/${run}/artifacts`);
  host = await startOutpost({ dataDir: join(folder, "data"), port });
  surfer = await startBrowser(host.url);
  route = `/experiments/${experiment}/runs/${run}/artifacts`;
});
afterAll(async () => {
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

test(`a folder of ${FILES} files opens, is walked to its end and searched by typing, with few nodes`, async () => {
  const page = await surfer.open(route);
  const nodes = (): Promise<number> => page.evaluate(() => document.querySelectorAll("*").length);
  const row = (name: string | RegExp) => page.getByRole("treeitem", { name });
  await row("steps").click();
  await row("file-00000.txt").waitFor();
  expect(await row("file-00000.txt").getAttribute("aria-setsize")).toBe(String(FILES));
  expect(await nodes()).toBeLessThanOrEqual(MAX_NODES);
  const tree = page.getByRole("tree");
  await tree.focus();
  await page.keyboard.press("End");
  await row("file-19999.txt").waitFor();
  await tree.evaluate((element) => element.scrollTo({ top: element.scrollHeight / 2 }));
  await row(/^file-10\d{3}\.txt/)
    .first()
    .waitFor();
  expect(await nodes()).toBeLessThanOrEqual(MAX_NODES);
});
