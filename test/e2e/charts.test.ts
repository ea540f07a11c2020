import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openWriter } from "../../electron/store/database.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, curve, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-"));
const MILLION = 1_000_000;
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { experiment: "", run: "", live: "", huge: "", wide: "" };

/** A million points go into the file itself, while no host runs. */
const plantMillion = (runId: string): void => {
  const db = openWriter(join(folder, "data", "outpost.db"));
  db.exec(`
    INSERT INTO metrics (run, key, step, timestamp, value, is_nan)
      WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < ${MILLION - 1})
      SELECT m.run, m.key, i, m.timestamp + i, CASE i WHEN 654321 THEN 99 ELSE 1.0 / (1 + i) + (i % 7) / 50.0 END, 0
      FROM n, (SELECT l.run, l.key, l.timestamp FROM latest_metrics l JOIN runs r ON r.id = l.run JOIN keys k ON k.id = l.key
               WHERE r.run_id = '${runId}' AND k.name = 'loss') m;
    UPDATE latest_metrics SET step = ${MILLION - 1} WHERE run = (SELECT id FROM runs WHERE run_id = '${runId}')
      AND key = (SELECT id FROM keys WHERE name = 'loss')`);
  db.close();
};

const sow = async (): Promise<void> => {
  at.experiment = await seed.experiment("charts");
  at.run = await seed.run(at.experiment, {
    name: "trial",
    startTime: 1_700_000_000_000,
    metrics: {
      "train/loss": curve(200),
      "train/acc": curve(200).map((value) => 1 - value),
      "val/loss": [...curve(60), "NaN", 0.5, -0.25, 0, "Infinity"],
      epoch: Array.from({ length: 200 }, (_unused, i) => Math.floor(i / 20) / 2),
      spiky: curve(400).map((value, i) => (i === 100 ? 1e6 : value)),
      final_score: [0.875],
      "system/cpu_utilization_percentage": curve(30, 50),
      "system/gpu_0_memory_usage_megabytes": curve(30, 9000),
    },
  });
  at.live = await seed.run(at.experiment, { name: "live", status: "RUNNING", metrics: { loss: curve(40) } });
  at.huge = await seed.run(at.experiment, { name: "huge", metrics: { loss: [3, 2, 1] } });
  at.wide = await seed.run(at.experiment, {
    name: "wide",
    metrics: Object.fromEntries(
      Array.from({ length: 3000 }, (_unused, i) => [`layer_${i % 60}/grad_${i}`, [i, i / 2]] as const),
    ),
  });
};

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  await sow();
  seed.close();
  const port = Number(new URL(host.url).port);
  await host.stop();
  plantMillion(at.huge);
  host = await startOutpost({ dataDir: join(folder, "data"), port });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const charts = (run: string, query = ""): string =>
  `/experiments/${at.experiment}/runs/${run}/model-metrics${query && `?${query}`}`;
const card = (page: Page, metric: string): Locator =>
  page.locator("figure").filter({ has: page.getByRole("heading", { name: metric, exact: true }) });
const plot = (page: Page, metric: string): Locator => card(page, metric).getByRole("application");
const summary = (page: Page, metric: string): Promise<string | null> => plot(page, metric).getAttribute("aria-label");

describe.each(["light", "dark"] as const)("in %s colours", (colours) => {
  test("the grid, the table beside a chart and a chart in full screen have nothing that axe finds fault with", async () => {
    const page = await surfer.open(charts(at.run), { colours });
    await card(page, "train/loss").getByText("200 points").waitFor();
    expect(await violations(page)).toEqual([]);
    await card(page, "train/loss").getByRole("button", { name: "Table of train/loss" }).click();
    await page.getByRole("region", { name: "Values of train/loss" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await card(page, "val/loss").getByRole("button", { name: "val/loss in full screen" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("65 points · 2 not finite").waitFor();
    await dialog.getByRole("application").hover();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });
});

/** Drags inside a plot, by shares of its box. */
const drag = async (page: Page, on: Locator, from: readonly [number, number], to: readonly [number, number]) => {
  await on.scrollIntoViewIfNeeded();
  const box = await on.boundingBox();
  if (!box) throw new Error("the plot has no box");
  const place = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...place(from));
  await page.mouse.down();
  await page.mouse.move(...place(to), { steps: 4 });
  await page.mouse.up();
};

describe("zoom", () => {
  test("a drag across shows that part in every chart; a double click shows all again", async () => {
    const page = await surfer.open(charts(at.run));
    await card(page, "train/loss").getByText("200 points").waitFor();
    await drag(page, plot(page, "train/loss"), [0.5, 0.5], [0.7, 0.52]);
    await card(page, "train/acc").getByRole("button", { name: "Show all" }).waitFor();
    const shown = Number(/(\d+) points/.exec((await card(page, "train/acc").textContent()) ?? "")?.[1]);
    expect(shown).toBeLessThan(80);
    expect(shown).toBeGreaterThan(20);
    await plot(page, "train/acc").dblclick();
    await card(page, "train/loss").getByText("200 points").waitFor();

    await page.getByRole("button", { name: "Follow each other" }).click();
    await drag(page, plot(page, "train/loss"), [0.5, 0.5], [0.7, 0.52]);
    await card(page, "train/loss").getByRole("button", { name: "Show all" }).waitFor();
    await card(page, "train/acc").getByText("200 points").waitFor();
  });

  test("a drag downwards zooms the values alone", async () => {
    const page = await surfer.open(charts(at.run));
    await card(page, "train/loss").getByText("200 points").waitFor();
    await drag(page, plot(page, "train/loss"), [0.5, 0.2], [0.51, 0.6]);
    await card(page, "train/loss").getByRole("button", { name: "Show all" }).click();
    await card(page, "train/loss").getByText("200 points").waitFor();
  });

  test("keys: plus, minus, 0, Shift with arrows; arrows read the points out", async () => {
    const page = await surfer.open(charts(at.run));
    const chart = plot(page, "train/loss");
    await card(page, "train/loss").getByText("200 points").waitFor();
    await chart.focus();
    await page.keyboard.press("ArrowRight");
    const spoken = card(page, "train/loss").locator("[aria-live]");
    await expect.poll(() => spoken.textContent()).toMatch(/^step 0: 1\.0/);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => spoken.textContent()).toMatch(/^step 1: /);
    await page.keyboard.press("Escape");
    await page.keyboard.press("+");
    await expect.poll(() => summary(page, "train/loss")).toContain("step 165");
    await page.keyboard.press("Shift+ArrowRight");
    await expect.poll(() => summary(page, "train/loss")).toContain("step 192");
    await page.keyboard.press("-");
    await card(page, "train/loss").getByText("200 points").waitFor();
    await page.keyboard.press("ArrowUp");
    await card(page, "train/loss").getByRole("button", { name: "Show all" }).waitFor();
    await page.keyboard.press("0");
    await card(page, "train/loss").getByRole("button", { name: "Show all" }).waitFor({ state: "detached" });
  });

  test("the wheel zooms with Ctrl and scrolls the page without", async () => {
    const page = await surfer.open(charts(at.run));
    await card(page, "train/loss").getByText("200 points").waitFor();
    await plot(page, "train/loss").hover();
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -100);
    await page.keyboard.up("Control");
    await card(page, "train/loss").getByRole("button", { name: "Show all" }).waitFor();
  });

  test("a million points: a part comes finer from the server, with its own count", async () => {
    const page = await surfer.open(charts(at.huge));
    const asked: string[] = [];
    page.on("request", (request) => void (request.url().includes("/series?") && asked.push(request.url())));
    await page.getByText(/ of 1,000,000 points shown/).waitFor();
    expect(await summary(page, "loss")).toContain("highest 99");
    await plot(page, "loss").focus();
    for (let i = 0; i < 8; i += 1) await page.keyboard.press("+");
    await page.getByText(/^[\d,]+ of 39,0\d\d points shown/).waitFor();
    for (const address of asked) {
      const points = Number(new URL(address).searchParams.get("points"));
      expect(points).toBeLessThanOrEqual(1800);
    }
    for (let i = 0; i < 10; i += 1) await page.keyboard.press("+");
    await page.getByText(/^67\d points$/).waitFor(); // so near, every point is there
  });
});

describe("how charts are looked at", () => {
  test("stays in the address and is the experiment's next default", async () => {
    const context = await surfer.profile();
    const page = await surfer.open(charts(at.run), { context });
    await card(page, "val/loss").getByText("65 points · 2 not finite").waitFor();
    await page.getByRole("button", { name: "Log y" }).click();
    await card(page, "val/loss").getByText("2 at or below 0, which a log axis cannot show").waitFor();
    await page.getByRole("slider", { name: "Smoothing" }).fill("0.9");
    expect(page.url()).toContain("smooth=0.9");
    expect(page.url()).toContain("ylog=1");
    const next = await surfer.open(charts(at.live), { context });
    await expect.poll(() => next.getByRole("button", { name: "Log y" }).getAttribute("aria-pressed")).toBe("true");
    await page.reload();
    await card(page, "val/loss").getByText("which a log axis cannot show").waitFor();
  });

  test("clipped outliers are counted, and leave room for the rest", async () => {
    const page = await surfer.open(charts(at.run, "clip=1"));
    await card(page, "spiky")
      .getByText(/400 points · \d points? outside the range/)
      .waitFor();
  });

  test("by time, by the time since the start, by another metric", async () => {
    const page = await surfer.open(charts(at.run));
    await card(page, "train/loss").getByText("200 points").waitFor();
    await page.getByRole("combobox", { name: /^Horizontal axis/ }).selectOption("relative");
    await expect.poll(() => summary(page, "train/loss")).toContain("at 20s");
    await page.getByRole("combobox", { name: /^Horizontal axis/ }).selectOption("time");
    await expect.poll(() => summary(page, "train/loss")).toContain("Nov 14, 2023");
    await page.getByRole("combobox", { name: /^Horizontal axis/ }).selectOption("metric");
    await page.getByLabel("Metric on the horizontal axis").fill("epoch");
    await page.getByLabel("Metric on the horizontal axis").press("Enter");
    await expect.poll(() => summary(page, "train/loss")).toContain("at epoch 4.5");
    expect(page.url()).toContain("xm=epoch");
  });

  test("one cursor for all charts, with the exact value in each", async () => {
    const page = await surfer.open(charts(at.run));
    await card(page, "train/loss").getByText("200 points").waitFor();
    await plot(page, "train/loss").hover();
    await expect.poll(() => page.locator(".tip").count()).toBeGreaterThan(2);
    expect(await card(page, "train/acc").locator(".tip strong").textContent()).toMatch(/^0\.\d{10,}$/);
  });
});

describe("the grid", () => {
  test("thousands of metrics: sections, few charts at once, words or a regular expression", async () => {
    const page = await surfer.open(charts(at.wide));
    await page.getByRole("button", { name: /^layer_0 50$/ }).waitFor();
    await card(page, "layer_0/grad_0").getByText("2 points").waitFor();
    expect(await page.locator("canvas").count()).toBeLessThan(40);
    await page.getByRole("button", { name: /^layer_0 50$/ }).click();
    await card(page, "layer_0/grad_0").waitFor({ state: "detached" });
    await page.getByLabel("Search metrics").fill("layer_1/ 301");
    await card(page, "layer_1/grad_301").waitFor();
    await expect.poll(() => page.locator("figure").count()).toBe(1); // what has both words
  });

  test("a pattern that is none is said to be so", async () => {
    const page = await surfer.open(charts(at.wide, "q=%2F%28%2F"));
    await page.getByText(/This is no regular expression/).waitFor();
  });

  test("pinned, resized and moved charts stay so for the experiment", async () => {
    const context = await surfer.profile();
    const page = await surfer.open(charts(at.run), { context });
    await card(page, "train/loss").getByRole("button", { name: "More for train/loss" }).click();
    await page.getByRole("menuitem", { name: "Pin to the top" }).click();
    await page.getByRole("heading", { name: "Pinned", exact: true }).waitFor();
    expect(await page.locator("figure h3").first().textContent()).toContain("train/loss");
    const handle = card(page, "epoch").getByRole("button", { name: "Resize epoch" });
    const before = await card(page, "epoch").boundingBox();
    await handle.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await expect
      .poll(async () => (await card(page, "epoch").boundingBox())?.width)
      .toBeGreaterThan((before?.width ?? 0) * 1.8);
    expect((await card(page, "epoch").boundingBox())?.height).toBe((before?.height ?? 0) + 20);
    await card(page, "spiky").getByRole("button", { name: "More for spiky" }).click();
    await page.getByRole("menuitem", { name: "Move earlier" }).click();
    const titles = (): Promise<string[]> => page.locator("figure h3").allTextContents();
    await expect
      .poll(async () => (await titles()).map((title) => title.trim()).slice(0, 3))
      .toEqual(["train/loss", "spiky", "epoch"]);
    await page.reload();
    await card(page, "epoch").getByText("200 points").waitFor();
    expect((await titles()).map((title) => title.trim()).slice(0, 3)).toEqual(["train/loss", "spiky", "epoch"]);
    expect((await card(page, "epoch").boundingBox())?.height).toBe((before?.height ?? 0) + 20);
  });

  test("a metric that was logged once is a value, not an empty chart", async () => {
    const page = await surfer.open(charts(at.run));
    await page.getByText("0.875").waitFor();
    expect(await card(page, "final_score").count()).toBe(0);
  });

  test("system metrics stand by device, in their units", async () => {
    const page = await surfer.open(`/experiments/${at.experiment}/runs/${at.run}/system-metrics`);
    await card(page, "system/cpu_utilization_percentage").getByText("%").first().waitFor();
    await card(page, "system/gpu_0_memory_usage_megabytes").getByText(/MB|GB/).first().waitFor();
  });
});

test("a running run's chart grows without flicker: the same canvas, more points", async () => {
  const page = await surfer.open(charts(at.live));
  await card(page, "loss").getByText("40 points").waitFor();
  await card(page, "loss")
    .locator("canvas")
    .evaluate((canvas) => canvas.setAttribute("data-same", "yes"));
  for (let i = 0; i < 3; i += 1) {
    await seed.logMetrics(at.live, { loss: [0.5, 0.4] }, { firstStep: 40 + 2 * i });
    await card(page, "loss")
      .getByText(`${42 + 2 * i} points`)
      .waitFor();
  }
  expect(await card(page, "loss").locator("canvas[data-same]").count()).toBe(1);
});

describe("taken away", () => {
  const save = async (page: Page, item: string): Promise<{ name: string; bytes: Buffer }> => {
    await card(page, "val/loss").getByRole("button", { name: "More for val/loss" }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: item, exact: true }).click(),
    ]);
    return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
  };

  test("as PNG, SVG, CSV of what is shown, CSV of all", async () => {
    const page = await surfer.open(charts(at.run, "smooth=0.5"), { colours: "dark" });
    await card(page, "val/loss").getByText("65 points · 2 not finite").waitFor();
    const png = await save(page, "Save as PNG");
    expect(png.name).toBe("val_loss · trial.png");
    expect(png.bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(png.bytes.readUInt32BE(16)).toBe(1920);
    const svg = (await save(page, "Save as SVG")).bytes.toString();
    expect(svg).toContain("<svg xmlns");
    expect(svg).toContain("65 points · 2 not finite");
    expect(svg).toContain('fill="#ffffff"');
    const shown = (await save(page, "CSV of the points shown")).bytes.toString();
    expect(shown.split("\r\n")[0]).toBe("run_id,run_name,metric,step,x,timestamp,time,value,smoothed");
    expect(shown.trimEnd().split("\r\n")).toHaveLength(66);
    const raw = await save(page, "CSV of all raw points");
    expect(raw.name).toBe("trial val_loss.csv");
    expect(raw.bytes.toString().trimEnd().split("\r\n")).toHaveLength(66);
    expect(raw.bytes.toString()).toContain(",Infinity\r\n");
  });

  test("all of a million points", async () => {
    const answer = await fetch(`${host.url}/api/outpost/v1/series.csv?run_ids=${at.huge}&metric_keys=loss`);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="huge loss.csv"');
    const text = await answer.text();
    expect(text.split("\r\n").length).toBe(MILLION + 2);
    expect(text).toContain(",654321,");
  });
});

test.each([
  ["ko", "가로축", "평활"],
  ["ja", "横軸", "平滑化"],
] as const)("in %s", async (language, axis, smoothing) => {
  const context = await surfer.profile({ language });
  const page = await surfer.open(charts(at.run), { context });
  await page.getByText(axis).first().waitFor();
  await page.getByRole("slider", { name: smoothing }).waitFor();
  await card(page, "train/loss").getByText("200").first().waitFor();
  expect(await violations(page)).toEqual([]);
});
