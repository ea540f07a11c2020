import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, curve, type Seed } from "./seed.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-"));
const RUNS = 5000;
const MAX_NODES = 1500;
const AT_ONCE = 16;
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("an empty Outpost shows how to begin, with its real address, on every list", async () => {
  for (const route of ["/", "/experiments", "/experiments/0", "/models"]) {
    const page = await surfer.open(route);
    await page.getByText(`mlflow.set_tracking_uri("${host.url}")`).first().waitFor();
  }
  await surfer.settle();
});

test(`a table of ${RUNS} runs keeps few nodes, scrolls to its end and sorts all of them`, async () => {
  const experiment = await seed.experiment("sweep");
  const trial = (i: number): Promise<string> =>
    seed.run(experiment, {
      name: `trial-${i}`,
      status: "RUNNING",
      startTime: 1_700_000_000_000 + i * 1000,
      params: { lr: String(1 / (1 + (i % 50))), layers: String(i % 9), optimizer: ["adam", "sgd"][i % 2] ?? "" },
      metrics: { loss: [1 / (1 + i)], accuracy: [i / RUNS] },
    });
  for (let i = 0; i < RUNS; i += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, RUNS - i) }, (_unused, k) => trial(i + k)));

  const page = await surfer.open(`/experiments/${experiment}?flat=1`);
  const nodes = (): Promise<number> => page.evaluate(() => document.querySelectorAll("*").length);
  await page.getByText(`200 of 5,000 runs loaded`).waitFor();
  expect(await nodes()).toBeLessThanOrEqual(MAX_NODES);
  expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe(String(RUNS + 1));

  const table = page.getByRole("grid", { name: "Runs" });
  const isAtEnd = async (): Promise<boolean> => {
    await table.evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    return page.getByRole("link", { name: "trial-0", exact: true }).isVisible();
  };
  await expect.poll(isAtEnd, { timeout: 60_000 }).toBe(true);
  await page.getByText("5,000 runs", { exact: true }).waitFor();
  expect(await nodes()).toBeLessThanOrEqual(MAX_NODES);

  await page.getByRole("button", { name: "loss" }).click(); // the highest first: only trial-0 has it
  await expect.poll(() => page.locator("[data-run]").first().textContent()).toBe("trial-0");
  await surfer.settle();
}, 150_000);

test("a long history is thinned, and the chart says so", async () => {
  const experiment = await seed.experiment("long");
  const run = await seed.run(experiment, { name: "long", metrics: { loss: curve(20_000, 2, 0.3) } });
  const page = await surfer.open(`/experiments/${experiment}/runs/${run}`);
  const text = await page.getByText(/of 20,000 points shown/).textContent();
  const shown = Number(/([\d,]+) of/.exec(text ?? "")?.[1]?.replace(",", ""));
  expect(shown).toBeGreaterThan(500);
  expect(shown).toBeLessThanOrEqual(1800);
  await surfer.settle();
});

test("a host that refuses the stream of changes for a moment is asked again", async () => {
  const context = await surfer.profile({ expects: [503] });
  let refused = 0;
  await context.route(/\/events(\?|$)/, (route) => {
    refused += 1;
    return refused === 1 ? route.fulfill({ status: 503, body: "starting" }) : route.continue();
  });
  const page = await surfer.open("/experiments", { context });
  await page.getByText("Reconnecting…").waitFor();
  await page.getByText("Live").waitFor();
  await seed.experiment("made after the refusal");
  await page.getByRole("link", { name: "made after the refusal" }).waitFor();
  await surfer.settle();
});

test("a host that goes away and comes back: the page says so, and follows again", async () => {
  const page = await surfer.open("/experiments", { expects: [] });
  await page.getByText("Live").waitFor();
  const port = Number(new URL(host.url).port);
  await host.stop();
  await page.getByText("Reconnecting…").waitFor();
  host = await startOutpost({ dataDir: join(folder, "data"), port });
  await page.getByText("Live").waitFor();
  await seed.experiment("made after the restart");
  await page.getByRole("link", { name: "made after the restart" }).waitFor();
});
