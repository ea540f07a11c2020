import { AxeBuilder } from "@axe-core/playwright";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, curve, HOSTILE, type Seed } from "./seed.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { few: "", many: "", pair: [] as string[], hundreds: [] as string[] };

const sow = async (): Promise<void> => {
  at.few = await seed.experiment("churn");
  for (let i = 0; i < 3; i += 1)
    at.pair.push(
      await seed.run(at.few, {
        name: `trial-${i}`,
        params: { lr: ["0.1", "0.01", "0.001"][i] ?? "", objective: "binary", note: i === 2 ? HOSTILE : "plain" },
        metrics: { loss: curve(50, 1 - i / 5), accuracy: [0.8 + i / 100], seconds: [10 * (i + 1)] },
        tags: i === 1 ? { team: "red" } : {},
      }),
    );
  at.many = await seed.experiment("sweep");
  const trial = (i: number): Promise<string> =>
    seed.run(at.many, {
      name: `sweep-${i}`,
      params: {
        lr: String(10 ** -(1 + (i % 5))),
        optimizer: ["adam", "sgd", "rmsprop"][i % 3] ?? "",
        layers: String(i % 9),
      },
      metrics: { loss: curve(20, 1 + i / 100), accuracy: [i / 200] },
    });
  for (let i = 0; i < 200; i += 20)
    at.hundreds.push(...(await Promise.all(Array.from({ length: 20 }, (_unused, k) => trial(i + k)))));
};

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  await sow();
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const list = (ids: readonly string[]): string => encodeURIComponent(JSON.stringify(ids));
const address = (ids: readonly string[], experiment: string, more = ""): string =>
  `/compare-runs?runs=${list(ids)}&experiments=${list([experiment])}${more}`;
const violations = async (page: Page): Promise<string[]> => {
  const result = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  return result.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
};
const table = (page: Page) => page.getByRole("region", { name: "Values by run" });
const goTo = (page: Page, part: string) =>
  page.getByRole("navigation", { name: "Parts of this page" }).getByRole("button", { name: part }).click();

test("MLflow's own address shows what differs, and all on request", async () => {
  const page = await surfer.open(address(at.pair, at.few));
  await table(page).getByRole("button", { name: "lr", exact: true }).waitFor();
  expect(await table(page).getByRole("button", { name: "objective" }).count()).toBe(0);
  await page.getByLabel("Only what differs").uncheck();
  await table(page).getByRole("button", { name: "objective" }).waitFor();
  expect(page.url()).toContain("diff=all");
  await page.reload();
  await table(page).getByRole("button", { name: "objective" }).waitFor();
  await page.getByRole("searchbox", { name: "Search keys and values" }).fill("binary");
  await expect.poll(() => table(page).locator("tr.row").count()).toBe(1);
});

test("the best value is marked, the other way round on request; deltas are to the chosen baseline", async () => {
  const page = await surfer.open(address(at.pair, at.few));
  const accuracy = table(page).locator("tr.row", { hasText: "accuracy" });
  await accuracy.locator("td", { hasText: "0.82" }).getByRole("img", { name: "best" }).waitFor();
  await accuracy.getByText("+0.02 (+2.5%)").waitFor();
  await accuracy.getByRole("button", { name: "accuracy: higher is better" }).click();
  await accuracy.locator("td", { hasText: "0.8" }).first().getByRole("img", { name: "best" }).waitFor();
  expect(page.url()).toContain("min=accuracy");
  await page.getByRole("button", { name: "Actions for trial-2" }).click();
  await page.getByRole("menuitem", { name: "Use as baseline" }).click();
  await accuracy.getByText("−0.02 (−2.4%)").waitFor();
  expect(page.url()).toContain("base=");
});

test("runs are moved, removed and given back by Back; unknown and deleted ones are named", async () => {
  const gone = await seed.run(at.few, { name: "gone-run" });
  await seed.post("runs/delete", { run_id: gone });
  const page = await surfer.open(address([...at.pair, gone, "f".repeat(32)], at.few));
  await page.getByText("1 run is in the trash").waitFor();
  await page.getByText("gone-run").waitFor();
  await page.getByText("f".repeat(32)).waitFor();
  const names = () => page.getByRole("region", { name: "Compared runs" }).getByRole("link").allTextContents();
  expect(await names()).toEqual(["trial-0", "trial-1", "trial-2"]);
  await page.getByRole("button", { name: "Leave them out" }).click();
  await page.getByText("gone-run").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Actions for trial-0" }).click();
  await page.getByRole("menuitem", { name: "Move down" }).click();
  await expect.poll(names).toEqual(["trial-1", "trial-0", "trial-2"]);
  await page.getByRole("button", { name: "Actions for trial-1" }).click();
  await page.getByRole("menuitem", { name: "Remove from the comparison" }).click();
  await expect.poll(names).toEqual(["trial-0", "trial-2"]);
  await page.goBack();
  await expect.poll(names).toEqual(["trial-1", "trial-0", "trial-2"]);
});

test("200 runs keep the page small; the last column comes by scrolling", async () => {
  const page = await surfer.open(address(at.hundreds, at.many));
  await page.getByText("200 runs", { exact: true }).waitFor();
  await goTo(page, "Values");
  await table(page).getByRole("button", { name: "accuracy", exact: true }).waitFor();
  await table(page).evaluate((element) => element.scrollTo({ left: element.scrollWidth }));
  await table(page).getByRole("link", { name: "sweep-199" }).waitFor();
  expect(await table(page).locator("table").getAttribute("aria-colcount")).toBe("201");
  expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(3000);
});

test("no runs, and one alone, say what to do", async () => {
  const page = await surfer.open("/compare-runs");
  await page.getByText("No runs to compare").waitFor();
  await page.goto(`${host.url}/#${address(at.pair.slice(0, 1), at.few)}`);
  await page.getByText("This is one run").waitFor();
});

test("a key's values stand once each, with the runs that have them, and are only text", async () => {
  const page = await surfer.open(address(at.pair, at.few));
  await table(page).getByRole("button", { name: "note" }).click();
  const dialog = page.getByRole("dialog", { name: "note" });
  await dialog.getByText("plain").waitFor();
  expect(await dialog.getByText("<img src=x").count()).toBe(1);
  expect(await page.evaluate(() => Reflect.get(window, "harmed"))).toBeUndefined();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("the table is saved as CSV with the runs' ids", async () => {
  const page = await surfer.open(address(at.pair, at.few));
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV" }).click(),
  ]);
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(await download.path(), "utf8");
  expect(text).toContain(at.pair[1]);
  expect(text).toContain("param,lr,0.1,0.01,0.001");
});

describe.each(["light", "dark"] as const)("in %s colours", (colours) => {
  test("axe finds nothing", async () => {
    const page = await surfer.open(address(at.pair, at.few), { colours });
    await table(page).getByRole("button", { name: "lr", exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
