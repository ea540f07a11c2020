import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-filter-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
let experiment = "";

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  experiment = await seed.experiment("sweep");
  for (let i = 0; i < 6; i += 1)
    await seed.run(experiment, {
      name: `${i % 2 ? "baseline" : "resnet"}-${i}`,
      status: i === 0 ? "FAILED" : "FINISHED",
      params: { optimizer: i < 4 ? "adam" : "sgd", "model.depth": String(i) },
      metrics: { "val/loss": [1 - i / 10] },
      tags: { team: "vision" },
    });
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const runs = (page: Page) => page.getByRole("row").filter({ has: page.getByRole("link") });
const options = (page: Page) => page.getByRole("listbox", { name: "Suggestions" }).getByRole("option");

test("a filter is written by keys alone: key, operator and value come from the list", async () => {
  const page = await surfer.open(`/experiments/${experiment}`);
  await page.getByText("resnet-0").first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("opt");
  await options(page).filter({ hasText: "params.optimizer" }).waitFor();
  const bar = page.getByLabel("Filter runs");
  const at = (await options(page).allTextContents()).findIndex((text) => text.includes("params.optimizer"));
  for (let i = 0; i <= at; i += 1) await page.keyboard.press("ArrowDown");
  await expect
    .poll(() => options(page).and(page.locator("[aria-selected=true]")).allTextContents())
    .toEqual([expect.stringContaining("params.optimizer")]);
  expect(await bar.getAttribute("aria-activedescendant")).not.toBeNull();
  await page.keyboard.press("Enter");
  await options(page).filter({ hasText: "ILIKE" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await options(page).filter({ hasText: "'adam'" }).waitFor();
  expect(await options(page).first().textContent()).toContain("4 runs");
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  expect(await bar.inputValue()).toBe("params.optimizer = 'adam' ");
  await options(page).filter({ hasText: "AND" }).waitFor();
  await page.keyboard.press("Enter"); // nothing is chosen: the filter is applied
  await page.getByText("4 matching runs").waitFor();
  expect(await runs(page).count()).toBe(4);
});

test("odd keys come quoted, and a click takes a line without leaving the field", async () => {
  const page = await surfer.open(`/experiments/${experiment}`);
  const bar = page.getByLabel("Filter runs");
  await bar.fill("val");
  await options(page).filter({ hasText: "metrics.`val/loss`" }).click();
  expect(await bar.inputValue()).toBe("metrics.`val/loss` ");
  expect(await bar.evaluate((input) => input === document.activeElement)).toBe(true);
  await bar.pressSequentially("< 0.75");
  await bar.press("Enter");
  await page.getByText("3 matching runs").waitFor();
  await bar.fill("model.d");
  await options(page).filter({ hasText: "params.`model.depth`" }).waitFor();
});

test("plain words look in names and are shown as the filter they became; recent filters come back", async () => {
  const page = await surfer.open(`/experiments/${experiment}`);
  const bar = page.getByLabel("Filter runs");
  await bar.fill("baseline");
  await options(page).filter({ hasText: "Names that contain baseline" }).waitFor();
  await bar.press("Enter");
  await page.getByText("3 matching runs").waitFor();
  expect(await bar.inputValue()).toBe("attributes.run_name ILIKE '%baseline%'");
  await bar.press("Escape");
  await expect.poll(() => bar.inputValue()).toBe("");
  await bar.press("ArrowDown");
  await options(page).filter({ hasText: "Recent filters" }).first().click();
  await page.getByText("3 matching runs").waitFor();
});

test("a mistake names its place and the way out; Escape closes the list before it clears", async () => {
  const page = await surfer.open(`/experiments/${experiment}`);
  const bar = page.getByLabel("Filter runs");
  await bar.fill("params.optimizer == 'adam'");
  await bar.press("Enter");
  await page.getByRole("alert").getByText("position 18").waitFor();
  await page.getByText("choose a suggestion").waitFor();
  await bar.fill("params.");
  await options(page).first().waitFor();
  await bar.press("Escape");
  expect(await bar.inputValue()).toBe("params.");
  await options(page).first().waitFor({ state: "hidden" });
  await bar.press("Escape");
  expect(await bar.inputValue()).toBe("");
});

test("the help sheet's examples can be used", async () => {
  const page = await surfer.open(`/experiments/${experiment}`);
  await page.getByRole("button", { name: "How to write a filter" }).click();
  await page.getByRole("button", { name: "tags.team IS NOT NULL" }).click();
  const bar = page.getByLabel("Filter runs");
  expect(await bar.inputValue()).toBe("tags.team IS NOT NULL");
  await bar.press("Enter");
  await page.getByText("6 matching runs").waitFor();
});

describe.each([
  ["ko", "dark", "실행 필터"],
  ["ja", "light", "実行を絞り込む"],
] as const)("in %s, %s", (language, colours, label) => {
  test("the bar, its list and its sheet hold", async () => {
    const context = await surfer.profile({ colours, language });
    const page = await surfer.open(`/experiments/${experiment}`, { context });
    const bar = page.getByLabel(label);
    await bar.fill("status ");
    await page.getByRole("listbox").getByRole("option").first().waitFor();
    expect(await violations(page)).toEqual([]);
    await bar.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
    expect(page.url()).not.toContain("filter=");
  });
});
