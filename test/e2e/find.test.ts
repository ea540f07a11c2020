import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, HOSTILE, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-find-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { experiment: "", run: "" };

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  at.experiment = await seed.experiment("vision/ablation");
  for (const name of ["resnet50-base", "resnet50-long", "이미지 분류 실험", "画像分類の実験", HOSTILE])
    at.run = await seed.run(at.experiment, { name, params: { optimizer: "adam" }, metrics: { "val/loss": [0.5] } });
  await seed.model("vision-classifier", "Finds cats.");
  await seed.version("vision-classifier", at.experiment, at.run);
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

/** Of the open palette: what lies behind it is covered. */
const PALETTE = { within: "[role=dialog]" };
/** Opens the palette by its keys; its field has the focus then. */
const openPalette = async (page: Page): Promise<void> => {
  await page.keyboard.press("Control+k");
  const field = page.getByRole("dialog").getByRole("combobox");
  await expect.poll(() => field.evaluate((input) => input === document.activeElement)).toBe(true);
};
/** The palette's options, as they read. */
const options = (page: Page) => page.getByRole("dialog").getByRole("option");

test("Ctrl+K, a part of a name, Enter: one is there, and Ctrl+K remembers it", async () => {
  const page = await surfer.open("/");
  await openPalette(page);
  await page.keyboard.type("net50 long");
  await options(page).filter({ hasText: "resnet50-long" }).waitFor();
  expect(await page.getByRole("dialog").getByRole("combobox").getAttribute("aria-activedescendant")).not.toBeNull();
  expect(await violations(page, PALETTE)).toEqual([]);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "resnet50-long" }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  await page.goto(`${host.url}/#/models`);
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  await openPalette(page);
  await page.getByText("Recent", { exact: true }).waitFor();
  expect(await options(page).first().textContent()).toContain("resnet50-long");
  await page.keyboard.press("Control+k"); // the same keys close it
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("letters typed right after Ctrl+K are not lost while the palette comes", async () => {
  const page = await surfer.open("/");
  await page.evaluate(async () => {
    for (const key of ["k", "r", "e", "s"]) {
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: key === "k", bubbles: true }));
      await Promise.resolve();
    }
  });
  const field = page.getByRole("dialog").getByRole("combobox");
  await expect.poll(() => field.inputValue()).toBe("res");
});

test("things of every kind stand in groups; a model's version and a key lead to their pages", async () => {
  const page = await surfer.open("/");
  await page.getByRole("button", { name: "Search or go to" }).click();
  const field = page.getByRole("dialog").getByRole("combobox");
  await field.fill("vision");
  await options(page).filter({ hasText: "vision-classifier v1 (1.0.0)" }).waitFor();
  expect(await page.getByRole("dialog").getByRole("group").count()).toBeGreaterThanOrEqual(3);
  await options(page).filter({ hasText: "v1 (1.0.0)" }).click();
  await expect.poll(() => page.url()).toContain("#/models/vision-classifier/versions/1");
  await page.getByRole("heading", { level: 1, name: "vision-classifier" }).waitFor();
  await openPalette(page);
  await field.fill("val/lo");
  await options(page).filter({ hasText: "val/loss" }).click();
  await page.getByRole("heading", { level: 1, name: "Run search" }).waitFor();
  await page.getByRole("columnheader", { name: "val/loss" }).waitFor();
});

test("pages and actions are found by their words, in the palette's own order, by keys alone", async () => {
  const page = await surfer.open("/models");
  await openPalette(page);
  await page.keyboard.type("experiments go");
  await options(page).filter({ hasText: "Go to Experiments" }).waitFor();
  await page.keyboard.press("ArrowUp"); // around to the last line
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Experiments" }).waitFor();
});

test("nothing found is said and the search over all runs is offered; Escape gives the focus back", async () => {
  const page = await surfer.open("/");
  const opener = page.getByRole("button", { name: "Search or go to" });
  await opener.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("combobox").fill("no such thing");
  await page.getByText("Nothing has “no such thing”").waitFor();
  expect(await options(page).allTextContents()).toEqual([
    expect.stringContaining("Search all runs for “no such thing”"),
  ]);
  await page.keyboard.press("Escape");
  await expect.poll(() => opener.evaluate((button) => button === document.activeElement)).toBe(true);
});

test("while an input method composes, Enter and arrows are its own", async () => {
  const page = await surfer.open("/");
  await openPalette(page);
  const field = page.getByRole("dialog").getByRole("combobox");
  await field.fill("이미지");
  await options(page).filter({ hasText: "이미지 분류 실험" }).waitFor();
  await field.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
  expect(await page.getByRole("dialog").count()).toBe(1);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "이미지 분류 실험" }).waitFor();
});

describe.each([
  ["en", "light", "Run search", "Search or go to…"],
  ["ko", "dark", "실행 검색", "이미지 분류 실험"],
  ["ja", "light", "実行の検索", "画像分類の実験"],
] as const)("in %s, %s", (language, colours, heading, name) => {
  test("the palette and the search page hold, and hostile names are text", async () => {
    const page = await surfer.open("/search", { language, colours });
    expect(await page.locator("h1").textContent()).toBe(heading);
    await page.getByRole("link", { name: "resnet50-base" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await openPalette(page);
    await page
      .getByRole("dialog")
      .getByRole("combobox")
      .fill(language === "en" ? "onerror" : name.slice(0, 2));
    await options(page).nth(1).waitFor();
    expect(await violations(page, PALETTE)).toEqual([]);
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
  });
});

test("runs of all experiments are searched by one filter, page by page, and open from the list", async () => {
  const second = await seed.experiment("tabular");
  await seed.run(second, { name: "resnet-in-tabular", metrics: { "val/loss": [0.1] } });
  const page = await surfer.open("/search?q=resnet");
  await page.getByRole("link", { name: "resnet-in-tabular" }).waitFor();
  expect(await page.getByLabel("Filter runs").inputValue()).toBe("attributes.run_name ILIKE '%resnet%'");
  expect(await page.locator("tbody tr").count()).toBe(3);
  await page.getByRole("link", { name: "tabular", exact: true }).waitFor();
  await page.getByLabel("Filter runs").fill("metrics.`val/loss` < 0.2");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
  await page.reload();
  await page.getByRole("link", { name: "resnet-in-tabular" }).click();
  await page.getByRole("heading", { level: 1, name: "resnet-in-tabular" }).waitFor();
});
