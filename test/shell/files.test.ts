import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startMachine, type TestMachine } from "./stand-in/machine.ts";

/** What takes a moment: longer than a busy machine needs. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

let machine: TestMachine;

beforeAll(async () => {
  machine = await startMachine();
});
afterEach(() => machine.settle());
afterAll(() => machine?.close());

/** A person drags files of this machine to a place in the window: Chromium's own drag, with real paths. */
const drag = async (page: Page, files: readonly string[], selector: string): Promise<void> => {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`nothing is at ${selector}`);
  const session = await page.context().newCDPSession(page);
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", {
      type,
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      data: { items: [], files: [...files], dragOperationsMask: 1 },
    });
};

const startWithRun = async (name: string) => {
  const downloads = join(machine.root, name);
  mkdirSync(downloads);
  const app = machine.start({ paths: { downloads } });
  const page = await app.page();
  const seed = await app.seed();
  const experiment = await seed.experiment("cells");
  const run = await seed.run(experiment, { name: "bold-cat", metrics: { loss: [1, 0.5] } });
  await seed.artifact(experiment, run, "plots/notes.txt", Buffer.from("first look"));
  const go = async (rest = ""): Promise<void> => {
    await page.goto(`${await app.url()}/#/experiments/${experiment}/runs/${run}${rest}`);
    await page.getByRole("heading", { level: 1, name: "bold-cat" }).waitFor();
  };
  return { app, page, downloads, run, go };
};

test("a run's page becomes a PDF where a person says; a cancel leaves nothing", async () => {
  const { app, page, downloads, go } = await startWithRun("print");
  await go();
  await page.getByRole("button", { name: "More for this run" }).click();
  await page.getByRole("menuitem", { name: "Save as PDF" }).click();
  await soon(() => app.dialogs.saves.length).toBe(1);
  expect(app.dialogs.saves[0]).toMatchObject({ defaultPath: join(downloads, "bold-cat.pdf") });
  expect(readdirSync(downloads)).toEqual([]);
  const path = join(downloads, "mine.pdf");
  app.dialogs.willSaveTo(path);
  await page.keyboard.press("ControlOrMeta+p");
  await page.getByText(`Saved to ${path}`).waitFor();
  expect(readFileSync(path).subarray(0, 5).toString()).toBe("%PDF-");
});

test("a run's files are shown in a folder as plain files, again beside what was shown before", async () => {
  const { app, page, downloads, run, go } = await startWithRun("shown");
  await go("/artifacts");
  const folder = join(downloads, "Outpost", `bold-cat ${run.slice(0, 8)}`);
  await page.getByRole("button", { name: "Show in folder" }).click();
  await page.getByText(`Copied to ${folder}`).waitFor();
  expect(readFileSync(join(folder, "plots", "notes.txt"), "utf8")).toBe("first look");
  await page.getByRole("button", { name: "Show in folder" }).click();
  await soon(() => app.shellPiece.shown).toEqual([folder, `${folder} (2)`]);
});

test("a folder that is dropped on the artifacts is uploaded", async () => {
  const { page, go } = await startWithRun("dropped");
  const folder = join(machine.root, "results");
  mkdirSync(join(folder, "deep"), { recursive: true });
  writeFileSync(join(folder, "deep", "table.csv"), "a,b\n1,2\n");
  await go("/artifacts");
  await page.getByRole("treeitem", { name: /plots/ }).waitFor();
  await drag(page, [folder], '[role="tree"]');
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Upload/ })
    .click();
  await page.getByRole("treeitem", { name: /results/ }).waitFor();
});

test("an HTML file that is dropped anywhere takes the window nowhere", async () => {
  const { app, page, go } = await startWithRun("hostile");
  const file = join(machine.root, "evil.html");
  writeFileSync(file, "<script>window.harmed = 1</script>");
  await go();
  const before = page.url();
  for (const place of ["h1", "nav", "main"]) await drag(page, [file], place);
  await page.getByRole("heading", { level: 1, name: "bold-cat" }).waitFor();
  expect(page.url()).toBe(before);
  expect(app.windows).toHaveLength(1);
  expect(app.shellPiece.external).toEqual([]);
});
