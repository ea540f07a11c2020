import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, type Seed } from "./seed.ts";
import { seedRuns } from "./seed-runs.ts";
import { activeText, choose, grid, names, nodes, openTable, row, seedSmall } from "./small-sweep.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-"));
const dataDir = join(folder, "data");
const RUNS = 20_000;
const WIDE = 12_000;
const MAX_NODES = 1500;
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { sweep: "", small: "", other: "", model: "" };

beforeAll(async () => {
  host = await startOutpost({ dataDir });
  seed = createSeed(host.url);
  at.sweep = await seed.experiment("sweep");
  seed.close();
  await host.stop();
  seedRuns(dataDir, { experiment: Number(at.sweep), count: RUNS, wide: WIDE });
  host = await startOutpost({ dataDir });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  Object.assign(at, await seedSmall(seed));
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const small = (query?: string, look?: Parameters<Surfer["open"]>[1]): Promise<Page> =>
  openTable(surfer, at.small, query, look);

describe(`${RUNS} runs and ${WIDE} metric keys`, () => {
  test("keep few nodes, say how many there are, sort all of them and load more at the end", async () => {
    const page = await surfer.open(`/experiments/${at.sweep}`);
    await page.getByText("200 of 20,000 runs loaded").waitFor();
    expect(await nodes(page)).toBeLessThanOrEqual(MAX_NODES);
    await page.getByRole("button", { name: "loss" }).click();
    await expect.poll(async () => (await names(page))[0]).toBe("trial-0");
    expect(await page.getByRole("columnheader", { name: "loss" }).getAttribute("aria-sort")).toBe("descending");
    await grid(page).focus();
    await page.keyboard.press("Control+End");
    await expect.poll(() => page.getByText(/^700 of 20,000/).count()).toBe(1);
    await page.keyboard.press("Control+End");
    await expect.poll(() => page.getByText(/^1,400 of 20,000/).count()).toBe(1);
    expect(await nodes(page)).toBeLessThanOrEqual(MAX_NODES);
    await surfer.settle();
  });

  test("columns are found on the server; 200 of them stay few nodes, and keys lead to the last", async () => {
    const page = await surfer.open(`/experiments/${at.sweep}`);
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("searchbox", { name: "Search columns" }).fill("layer_11999");
    await page.getByLabel("layer_11999/norm").check();
    await expect.poll(() => page.url()).toContain("layer_11999");
    await page.keyboard.press("Escape");
    const cols = Array.from({ length: 200 }, (_unused, i) => `cols=metric/layer_${i}/norm`).join("&");
    const wide = await surfer.open(`/experiments/${at.sweep}?${cols}&sort=metrics.loss+DESC`);
    await wide.getByText("200 of 20,000 runs loaded").waitFor();
    expect(await grid(wide).getAttribute("aria-colcount")).toBe("202");
    expect(await nodes(wide)).toBeLessThanOrEqual(MAX_NODES);
    await grid(wide).focus();
    await wide.keyboard.press("End");
    await expect.poll(() => activeText(wide)).toBe("199");
    // What is active is not hidden by what stays in view.
    const box = await wide.locator(".cell.active").boundingBox();
    const view = await grid(wide).boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual((view?.x ?? 0) + (view?.width ?? 0) + 1);
    expect(await nodes(wide)).toBeLessThanOrEqual(MAX_NODES);
    await wide.keyboard.press("ArrowLeft");
    await expect.poll(() => activeText(wide)).toBe("198");
    await surfer.settle();
  });

  test("groups count all of them, with figures over all, and open to their runs", async () => {
    const page = await surfer.open(`/experiments/${at.sweep}?cols=metric/accuracy`);
    await page.getByText("200 of 20,000 runs loaded").waitFor();
    await page.getByRole("button", { name: "Group" }).click();
    await page.getByLabel("Group by…").selectOption("param/optimizer");
    await page.getByText("2 of 2 groups, 20,000 runs").waitFor();
    await page.keyboard.press("Escape");
    expect(page.url()).toContain("group=param%2Foptimizer");
    const adam = grid(page).locator("[role=row]").filter({ hasText: "optimizer: adam" });
    expect(await adam.textContent()).toContain("10,000 runs");
    expect(await adam.textContent()).toMatch(/0\.49995\s±\s0\.28868/);
    await grid(page).focus();
    await page.keyboard.press("ArrowRight"); // the name of the first group
    await page.getByRole("link", { name: "trial-19998", exact: true }).waitFor();
    expect(await adam.getAttribute("aria-expanded")).toBe("true");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => adam.getAttribute("aria-expanded")).toBe("false");
    await surfer.settle();
  });

  test("all that match a filter are tagged by one confirmed action, beyond the rows that are loaded", async () => {
    const page = await surfer.open(`/experiments/${at.sweep}?filter=params.layers+%3D+%273%27`);
    await page.getByText("200 of 2,222 runs loaded").waitFor();
    await choose(page, "trial-19992");
    await page.getByRole("button", { name: "Choose all 2,222 that match" }).click();
    await page.getByText("2,222 runs chosen").waitFor();
    await page.getByRole("toolbar").getByRole("button", { name: "Tag" }).click();
    await page.getByLabel("Key", { exact: true }).fill("reviewed");
    await page.getByLabel("Value").fill("yes");
    await page.getByRole("button", { name: "Set tag" }).click();
    await page.getByRole("dialog").getByText("every run that matches").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
    await page.getByText("Tag 2,222 runs: 2,222 runs changed").waitFor({ timeout: 60_000 });
    const tagged = await surfer.open(`/experiments/${at.sweep}?filter=tags.reviewed+%3D+%27yes%27`);
    await tagged.getByText("200 of 2,222 runs loaded").waitFor();
    await surfer.settle();
  });

  test("an export has every run that matches, not only those that are loaded", async () => {
    const page = await surfer.open(
      `/experiments/${at.sweep}?filter=params.optimizer+%3D+%27sgd%27&cols=metric/accuracy&cols=param/lr`,
    );
    await page.getByText("200 of 10,000 runs loaded").waitFor();
    await page.getByRole("button", { name: "Export all" }).click();
    await page.getByLabel("The columns that are shown").check();
    const saved = page.waitForEvent("download");
    await page.getByRole("dialog").getByRole("button", { name: "Export" }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe("sweep.csv");
    const lines = readFileSync(await download.path(), "utf8")
      .trimEnd()
      .split("\r\n");
    expect(lines).toHaveLength(10_001);
    expect(lines[0]).toMatch(/metrics\.accuracy,params\.lr$/);
    expect(lines[1]).toContain("trial-19999");
    await surfer.settle();
  });
});

describe("by keyboard alone", () => {
  test("one moves, sorts, resizes, chooses a range, all, none, and opens a run", async () => {
    const page = await small("?flat=1");
    await page.getByText("9 runs", { exact: true }).first().waitFor();
    for (let i = 0; i < 40 && (await grid(page).evaluate((one) => one !== document.activeElement)); i += 1)
      await page.keyboard.press("Tab");
    expect(await activeText(page)).toBe("with-model");
    await page.keyboard.press("j");
    expect(await activeText(page)).toBe("plain-7");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    await page.getByText("3 runs chosen").waitFor();
    await page.keyboard.press("x");
    await page.getByText("2 runs chosen").waitFor();
    await page.keyboard.press("Control+a");
    await page.getByText("9 runs chosen").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByText("runs chosen").count()).toBe(0);

    await page.keyboard.press("Control+Home");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowRight");
    expect(await activeText(page)).toContain("Run");
    await page.keyboard.press("Enter"); // by name
    await expect.poll(async () => (await names(page))[0]).toBe("child-1");
    expect(page.url()).toContain("sort=attributes.run_name+ASC");
    expect(await activeText(page)).toContain("Run"); // still in the header
    const before = await page.getByRole("columnheader").nth(1).boundingBox();
    await page.keyboard.press("Alt+ArrowRight");
    const after = await page.getByRole("columnheader").nth(1).boundingBox();
    expect((after?.width ?? 0) - (before?.width ?? 0)).toBe(16);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "child-1" }).waitFor();
    await surfer.settle();
  });

  test("one opens a tree, keeps a run on top and compares others with a baseline", async () => {
    const page = await small("?cols=metric/loss&cols=param/lr");
    expect(await names(page)).toEqual(["with-model", "plain-7", "plain-6", "plain-5", "plain-4", "search"]);
    await page.getByText("6 top-level runs of 9").waitFor();
    await grid(page).focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    expect(await activeText(page)).toContain("search");
    await page.keyboard.press("ArrowRight");
    await page.getByRole("link", { name: "child-3", exact: true }).waitFor();
    expect(await row(page, "search").getAttribute("aria-expanded")).toBe("true");
    expect(await row(page, "child-3").getAttribute("aria-level")).toBe("2");
    expect(await names(page)).toEqual([
      ...["with-model", "plain-7", "plain-6", "plain-5", "plain-4", "search"],
      ...["child-3", "child-2", "child-1"],
    ]);
    await page.keyboard.press("k"); // plain-4
    await page.keyboard.press("b");
    await expect.poll(() => page.url()).toContain("baseline=");
    await row(page, "plain-4").getByText("Baseline").waitFor();
    await row(page, "plain-6").getByText("+0.2 (+50%)").waitFor();
    await row(page, "child-3").getByText("differs from the baseline").waitFor({ state: "attached" });
    await grid(page).focus();
    await page.keyboard.press("j");
    await page.keyboard.press("p");
    await expect.poll(() => page.url()).toContain("pins=");
    await page.reload(); // the address has it all
    await row(page, "plain-6").getByText("+0.2 (+50%)").waitFor();
    expect((await names(page)).slice(0, 2)).toEqual(["plain-4", "with-model"]);
    await surfer.settle();
  });

  test("columns are moved, kept in view and hidden with buttons", async () => {
    const page = await small("?cols=metric/loss&cols=param/lr&cols=param/optimizer&flat=1");
    const heads = () => page.getByRole("columnheader").allTextContents();
    const shown = async () => (await heads()).slice(2).map((text) => text.trim().replace(/^\w+\s*/, ""));
    expect(await shown()).toEqual(["loss", "lr", "optimizer"]);
    await page.getByRole("button", { name: "Columns" }).press("Enter");
    await page.getByRole("button", { name: "Move optimizer to the left" }).press("Enter");
    await expect.poll(shown).toEqual(["loss", "optimizer", "lr"]);
    await page.keyboard.press("Alt+ArrowUp"); // the focus went along
    await expect.poll(shown).toEqual(["optimizer", "loss", "lr"]);
    await page.getByRole("button", { name: "Keep lr in view" }).press("Enter");
    await expect.poll(shown).toEqual(["lr", "optimizer", "loss"]);
    await page.getByRole("button", { name: "Hide loss" }).press("Enter");
    await expect.poll(shown).toEqual(["lr", "optimizer"]);
    await surfer.settle();
  });
});

describe("chosen runs", () => {
  test("go to the trash and come back by Undo, and by the list of the deleted", async () => {
    const page = await small("?flat=1");
    await choose(page, "plain-5");
    await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => names(page)).not.toContain("plain-5");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => names(page)).toContain("plain-5");
    await choose(page, "plain-5");
    await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => names(page)).not.toContain("plain-5");
    await page.getByLabel("Which runs").selectOption("deleted");
    await expect.poll(() => names(page)).toEqual(["plain-5"]);
    await choose(page, "plain-5");
    await page.getByRole("toolbar").getByRole("button", { name: "Restore" }).click();
    await page.getByText("No deleted runs").waitFor();
    await page.getByLabel("Which runs").selectOption("active");
    await expect.poll(() => names(page)).toContain("plain-5");
    await surfer.settle();
  });

  test("move to another experiment, where MLflow's client finds them, and back", async () => {
    const page = await small("?flat=1");
    await choose(page, "plain-4");
    await page.getByRole("toolbar").getByRole("button", { name: "Move" }).click();
    await page.getByRole("dialog").getByLabel("other").check();
    await page.getByRole("dialog").getByRole("button", { name: "Move" }).click();
    await expect.poll(() => names(page)).not.toContain("plain-4");
    const found = async () => {
      const { runs = [] } = await seed.post<{ runs?: { info: { run_name: string } }[] }>("runs/search", {
        experiment_ids: [at.other],
      });
      return runs.map(({ info }) => info.run_name);
    };
    expect(await found()).toEqual(["plain-4"]);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => names(page)).toContain("plain-4");
    expect(await found()).toEqual([]);
    await surfer.settle();
  });

  test("are compared at MLflow's address with the key c", async () => {
    const page = await small("?flat=1");
    await choose(page, "plain-6");
    await choose(page, "plain-7");
    await page.keyboard.press("c");
    await expect
      .poll(() => decodeURIComponent(page.url()))
      .toMatch(/#\/compare-runs\?runs=\["[0-9a-f]{32}","[0-9a-f]{32}"\]&experiments=\["\d+"\]/);
  });

  test("a run's model is registered, as a new one and as a version of it", async () => {
    const page = await small("?flat=1");
    for (const version of ["1", "2"]) {
      await choose(page, "with-model");
      await page.getByRole("toolbar").getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: "Register model" }).click();
      await page.getByLabel("Model name").fill("forest");
      await page.getByText(version === "1" ? "A new model" : "A new version of this model").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Register model" }).click();
      await page.getByText(`forest has version ${version}`).waitFor();
      await page.getByRole("button", { name: "Clear selection" }).click();
    }
    await choose(page, "plain-7");
    await page.getByRole("toolbar").getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Register model" }).click();
    await page.getByText("This run logged no model").waitFor();
    await surfer.settle();
  });
});
