import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, curve, HOSTILE, PNG, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

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
  const logs = (change: number): string =>
    Array.from({ length: 60 }, (_unused, i) => `epoch ${i} loss ${i === change ? "NaN" : 0.5}`).join("\n");
  const files: [number, string, Buffer][] = [
    [0, "config.json", Buffer.from('{"a":1.0,"b":{"x":1,"y":2}}')],
    [1, "config.json", Buffer.from('{ "b": {"y": 3, "x": 1}, "a": 1 }')],
    [0, "log.txt", Buffer.from(logs(10))],
    [1, "log.txt", Buffer.from(logs(40))],
    [0, "plot.png", PNG],
    [1, "plot.svg", Buffer.from("<svg/>")],
    [1, "plot.png", Buffer.concat([PNG, Buffer.from([0])])],
    [0, "same.bin", Buffer.from([0, 1, 2])],
    [1, "same.bin", Buffer.from([0, 1, 2])],
    [2, "same.bin", Buffer.from([0, 1, 2])],
  ];
  for (const [i, path, content] of files) await seed.artifact(at.few, at.pair[i] ?? "", path, content);
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

test.each([2, 100])(
  "%i runs have charts, values and parallel coordinates on one page, and nothing overflows",
  async (count) => {
    const page = await surfer.open(address(at.hundreds.slice(0, count), at.many));
    await page.getByText(`${count} runs`, { exact: true }).waitFor();
    /** By how many pixels the page is wider than the window. */
    const excess = (): Promise<number> =>
      page.evaluate(() =>
        Math.max(...[document.documentElement, document.body].map((one) => one.scrollWidth - innerWidth)),
      );
    await goTo(page, "Charts");
    const charts = page.getByRole("region", { name: "Charts" });
    await charts.getByText(`${(20 * count).toLocaleString("en")} points`).waitFor();
    expect(await excess()).toBe(0);
    await goTo(page, "Values");
    await table(page).getByRole("button", { name: "lr", exact: true }).waitFor();
    expect(await table(page).locator("table").getAttribute("aria-colcount")).toBe(String(count + 1));
    expect(await excess()).toBe(0);
    await goTo(page, "Parallel coordinates");
    await page.getByRole("group", { name: /Lines of the runs/ }).waitFor();
    await page.locator("#compare-parallel").locator("rect.grip").first().waitFor();
    expect(await excess()).toBe(0);
    expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(3000);
  },
);

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

test("charts show every run's line; more than a hundred are not drawn, and it says so", async () => {
  const page = await surfer.open(address(at.pair, at.few));
  const charts = page.getByRole("region", { name: "Charts" });
  await charts.getByText("150 points").waitFor();
  await page.goto(`${host.url}/#${address(at.hundreds, at.many)}`);
  await charts.getByText("100 of 200 runs drawn").waitFor();
  await page.getByLabel("log y").first().check();
  await expect.poll(() => page.url()).toContain("cly=1");
});

test("a range typed under an axis keeps the runs within it in every section; clearing brings all back", async () => {
  const page = await surfer.open(address(at.hundreds, at.many));
  await goTo(page, "Parallel coordinates");
  const parallel = page.locator("#compare-parallel");
  await parallel.getByLabel("layers from").fill("7");
  await parallel.getByLabel("layers from").press("Enter");
  await page.getByText("44 of 200 runs lie within the brushes").waitFor();
  await parallel.getByLabel("sgd").uncheck();
  await page.getByText("22 of 200 runs lie within the brushes").waitFor();
  expect(await table(page).locator("table").getAttribute("aria-colcount")).toBe("23");
  await page.reload();
  await page.getByText("22 of 200 runs lie within the brushes").waitFor();
  await page.getByRole("button", { name: "Compare only these" }).click();
  await page.getByText("22 runs", { exact: true }).waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Show all runs" }).click();
  await page.getByText("runs lie within the brushes").waitFor({ state: "detached" });
});

test("a drag along an axis brushes it; axes are added, moved and turned into powers of ten", async () => {
  const page = await surfer.open(address(at.hundreds, at.many));
  await goTo(page, "Parallel coordinates");
  const parallel = page.locator("#compare-parallel");
  const grip = parallel.locator("rect.grip").first();
  await grip.scrollIntoViewIfNeeded();
  const box = await grip.boundingBox();
  if (!box) throw new Error("the axis is not there");
  await page.mouse.move(box.x + 14, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + 14, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await page.getByText(/of 200 runs lie within the brushes/).waitFor();
  const heads = () => parallel.locator("ol.lanes").first().locator("li .name").allTextContents();
  const before = await heads();
  await parallel.getByRole("button", { name: `Actions for the axis ${before[0] ?? ""}` }).click();
  await page.getByRole("menuitem", { name: "Move right" }).click();
  await expect.poll(heads).toEqual([before[1], before[0], ...before.slice(2)]);
  await parallel.getByRole("button", { name: "Add an axis" }).click();
  await page.getByRole("searchbox", { name: "Search params and metrics" }).fill("Duration");
  await page.getByRole("button", { name: /Duration/ }).click();
  await expect.poll(heads).toHaveLength(before.length + 1);
  await parallel.getByRole("button", { name: "Table" }).click();
  await parallel.getByRole("columnheader", { name: "Duration" }).waitFor();
});

test("arrow keys go through the lines and the points, and say what they are", async () => {
  const page = await surfer.open(address(at.pair, at.few));
  await goTo(page, "Parallel coordinates");
  await page.getByRole("group", { name: /Lines of the runs/ }).focus();
  await page.keyboard.press("ArrowDown");
  await page
    .locator("#compare-parallel [aria-live]")
    .getByText(/trial-\d · /)
    .waitFor();
  await goTo(page, "Scatter plot");
  await page.getByRole("group", { name: /Points of the runs/ }).focus();
  await page.keyboard.press("ArrowRight");
  await page
    .locator("#compare-scatter [aria-live]")
    .getByText(/trial-\d · /)
    .waitFor();
  await goTo(page, "Box plot");
  const box = page.locator("#compare-box");
  await box.getByRole("button", { name: "Table" }).click();
  await box.getByRole("columnheader", { name: "Median" }).waitFor();
});

test("files are told apart by digest; JSON is compared by what it says, text by lines", async () => {
  const page = await surfer.open(address(at.pair, at.few));
  await goTo(page, "Artifacts");
  const files = page.getByRole("region", { name: "Files of the runs" });
  await files
    .getByRole("button", { name: /same.bin/ })
    .getByText("identical in all")
    .waitFor();
  await files
    .getByRole("button", { name: /config.json/ })
    .getByText("in 2 of 3 runs, 2 versions")
    .waitFor();
  await files.getByRole("button", { name: /config.json/ }).click();
  await page.getByText("1 added, 1 removed").waitFor();
  await page.getByLabel("Compare as JSON").uncheck();
  await expect.poll(() => page.url()).toContain("fj=0");
  await files.getByRole("button", { name: /log.txt/ }).click();
  await page.getByText("2 added, 2 removed").waitFor();
  await page
    .getByText(/⋯ \d+ equal lines/)
    .first()
    .waitFor();
  await page.getByLabel("Side by side").check();
  await page.getByLabel("All lines").check();
  await page.getByRole("region", { name: "Differences of log.txt" }).last().locator("table").waitFor();
  await files.getByRole("button", { name: /same.bin/ }).click();
  await page.getByText("Both runs have the same bytes").waitFor();
  await page.getByLabel("Which files").selectOption("partial");
  await expect.poll(() => files.getByRole("button").count()).toBe(4);
});

test("two images lie over each other; the divider moves by keyboard", async () => {
  const page = await surfer.open(address(at.pair, at.few, "&file=plot.png"));
  await goTo(page, "Artifacts");
  const divider = page.getByRole("slider", { name: "Position of the divider" });
  await divider.focus();
  await page.keyboard.press("ArrowRight");
  expect(await divider.inputValue()).toBe("51");
  const over = page.locator("img.over");
  expect(await over.evaluate((image) => getComputedStyle(image).clipPath)).toBe("inset(0px 0px 0px 51%)");
  await page.getByText("2 × 2 pixels").first().waitFor();
  await page.getByRole("button", { name: "Blink" }).click();
  await page.getByText("Shown: trial-0").waitFor();
  await page.getByRole("button", { name: "Show the other" }).click();
  await page.getByText("Shown: trial-1").waitFor();
  await page.getByRole("button", { name: "Difference" }).click();
  await page.getByText("Where both are the same it is black.").waitFor();
});

describe.each(["light", "dark"] as const)("in %s colours", (colours) => {
  test.each(["table", "parallel", "scatter", "box", "files"])("axe finds nothing at the part %s", async (part) => {
    const page = await surfer.open(address(at.pair, at.few, "&file=log.txt"), { colours });
    await table(page).getByRole("button", { name: "lr", exact: true }).waitFor();
    await page.evaluate((id) => document.getElementById(id)?.scrollIntoView(), `compare-${part}`);
    if (part === "files") await page.getByText("2 added, 2 removed").waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

test.each([
  ["ko", "실행 비교"],
  ["ja", "実行の比較"],
] as const)("in %s the page has its words", async (language, title) => {
  const context = await surfer.profile({ language });
  const page = await surfer.open(address(at.pair, at.few), { context });
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  await page.locator("#compare-table tr.row").first().waitFor();
  expect(await violations(page)).toEqual([]);
});
