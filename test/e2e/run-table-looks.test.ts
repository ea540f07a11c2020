import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, type Seed } from "./seed.ts";
import { runIdAt } from "./seed-runs.ts";
import { choose, grid, names, openTable, seedSmall, type SmallSweep } from "./small-sweep.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
let at: SmallSweep;

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  at = await seedSmall(seed);
  surfer = await startBrowser(host.url);
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const small = (query?: string, look?: Parameters<Surfer["open"]>[1]): Promise<Page> =>
  openTable(surfer, at.small, query, look);

test("the last view of an experiment comes back; an address of its own wins", async () => {
  const context = await surfer.profile();
  const page = await small("?flat=1&sort=metrics.loss+ASC&cols=metric/loss", { context });
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.goto(`${host.url}/#/experiments/${at.small}`);
  await expect.poll(() => page.url()).toContain("sort=metrics.loss+ASC");
  await expect.poll(async () => (await names(page))[0]).toBe("with-model");
  await page.goto(`${host.url}/#/experiments/${at.other}`);
  await page.getByText("No runs yet").waitFor();
  expect(page.url()).not.toContain("sort=");
  await page.goto(`${host.url}/#/experiments/${at.small}?sort=metrics.loss+DESC&flat=1`);
  await expect.poll(async () => (await names(page))[0]).toBe("plain-7");
  await surfer.settle();
});

test("only columns that differ, and the page says what it leaves out", async () => {
  const page = await small("?flat=1&cols=param/lr&cols=param/none&filter=params.seed+%3D+%271%27");
  expect(await page.getByRole("columnheader").count()).toBe(4);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByLabel("Only differing").check();
  await page.getByText("2 columns are hidden: their values do not differ").waitFor();
  expect(await page.getByRole("columnheader").count()).toBe(2);
  await surfer.settle();
});

describe("for everybody", () => {
  test.each(["light", "dark"] as const)(
    "axe finds nothing in the %s table, its groups, its bar and its dialogs",
    async (colours) => {
      for (const query of [
        "?flat=1",
        `?group=param/optimizer&baseline=${at.model}&cols=metric/loss&left=metric/loss`,
      ]) {
        const page = await small(query, { colours });
        const check = async (where: string) => {
          expect(await violations(page), where).toEqual([]);
        };
        await check(query);
        if (query !== "?flat=1") continue;
        await page.getByRole("button", { name: "Columns" }).click();
        await check("columns");
        await page.keyboard.press("Escape");
        await choose(page, "plain-7");
        await check("bar");
        await page.getByRole("toolbar").getByRole("button", { name: "Move" }).click();
        await page.getByRole("dialog").waitFor();
        await check("move");
      }
      await surfer.settle();
    },
  );

  test.each([
    ["ko", "그룹", "실행 9개", "하위 실행을 상위 실행 아래에 표시"],
    ["ja", "グループ", "9件の実行", "子の実行を親の下に表示"],
  ] as const)("speaks %s", async (language, group, count, nest) => {
    const context = await surfer.profile({ language });
    const page = await small("?flat=1", { context });
    await page.getByText(count, { exact: true }).first().waitFor();
    await page.getByRole("button", { name: group, exact: true }).click();
    await page.getByText(nest).waitFor();
    await surfer.settle();
  });
});

test("what a hostile address names is no run on top", async () => {
  const page = await small(`?flat=1&pins=${encodeURIComponent("x') OR 1=1 --")}&pins=${runIdAt(1)}`);
  await page.getByText("9 runs", { exact: true }).first().waitFor();
  await surfer.settle();
});

test("charts beside the table draw the first runs, or the chosen ones; what parts them moves by keys", async () => {
  const page = await small("?flat=1&cols=metric/loss&cols=param/lr");
  await page.getByRole("button", { name: "Charts" }).click();
  const charts = page.getByRole("region", { name: "Charts" });
  await charts.getByText("9 of 9 runs drawn").waitFor();
  await charts.locator("canvas").first().waitFor();
  expect(page.url()).toContain("charts=1");
  await choose(page, "plain-6");
  await choose(page, "plain-7");
  await charts.getByText("2 of 2 runs drawn").waitFor();
  const bar = page.getByRole("separator", { name: "Width of the table" });
  const before = (await grid(page).boundingBox())?.width ?? 0;
  await bar.press("ArrowLeft");
  await expect.poll(async () => (await grid(page).boundingBox())?.width ?? 0).toBeLessThan(before);
  expect(await violations(page)).toEqual([]);
  await page.reload();
  await charts.locator("canvas").first().waitFor();
  await surfer.settle();
});
