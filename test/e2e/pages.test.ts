import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { runPython } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, curve, HOSTILE, PNG, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { experiment: "", run: "", live: "", hostile: "", hostileRun: "", nested: "", child: "" };

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><script>parent.harmed=1;window.harmed=1</script><rect width="40" height="30"/></svg>`;
const LOG = Array.from({ length: 5000 }, (_unused, i) => `epoch ${i} loss ${(1 / (i + 1)).toFixed(5)}`).join("\n");

const sow = async (): Promise<void> => {
  at.experiment = await seed.experiment("churn/boosting", { "mlflow.note.content": "Weekly churn model." });
  for (let i = 0; i < 12; i += 1)
    at.run = await seed.run(at.experiment, {
      name: `trial-${i}`,
      status: i === 3 ? "FAILED" : i === 4 ? "KILLED" : "FINISHED",
      startTime: Date.now() - (20 - i) * 3_600_000,
      params: { learning_rate: String([0.1, 0.05, 0.01][i % 3]), objective: "binary" },
      metrics: { accuracy: [0.8 + i / 100], "val/loss": curve(120, 1 - i / 50), "system/cpu": curve(30, 50) },
    });
  await seed.artifact(at.experiment, at.run, "model/MLmodel", Buffer.from("artifact_path: model\nflavors: {}\n"));
  await seed.artifact(at.experiment, at.run, "model/model.pkl", Buffer.from([128, 4, 0, 0, 1, 2, 3]));
  await seed.artifact(at.experiment, at.run, "plots/matrix.png", PNG);
  await seed.artifact(at.experiment, at.run, "plots/roc.svg", Buffer.from(SVG));
  await seed.artifact(at.experiment, at.run, "log.txt", Buffer.from(LOG));
  await seed.model("churn", "Predicts who leaves.");
  await seed.alias("churn", "champion", await seed.version("churn", at.experiment, at.run));
  at.live = await seed.run(at.experiment, { name: "live", status: "RUNNING", metrics: { loss: curve(40) } });
  at.child = await seed.run(at.experiment, { name: "fold-1", tags: { "mlflow.parentRunId": at.live } });
  at.hostile = await seed.experiment(HOSTILE);
  at.hostileRun = await seed.run(at.hostile, {
    name: HOSTILE,
    params: { "odd key": HOSTILE },
    tags: { "mlflow.note.content": HOSTILE, note: HOSTILE },
    metrics: { "odd name/π": [1, "NaN", 2, "Infinity", 3] },
  });
  await seed.artifact(at.hostile, at.hostileRun, "<b onclick=x>.txt", Buffer.from("<script>window.harmed=1</script>"));
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

const run = (tab = ""): string => `/experiments/${at.experiment}/runs/${at.run}${tab}`;
const pages: Record<string, { route: () => string; heading: string; shows: string }> = {
  home: { route: () => "/", heading: "Home", shows: "Running now" },
  experiments: { route: () => "/experiments", heading: "Experiments", shows: "boosting" },
  runs: { route: () => `/experiments/${at.experiment}`, heading: "churn/boosting", shows: "trial-11" },
  run: { route: () => run(), heading: "trial-11", shows: "learning_rate" },
  charts: { route: () => run("/model-metrics"), heading: "trial-11", shows: "120 points" },
  system: { route: () => run("/system-metrics"), heading: "trial-11", shows: "30 points" },
  artifacts: { route: () => run("/artifacts/model/MLmodel"), heading: "trial-11", shows: "artifact_path" },
  models: { route: () => "/models", heading: "Models", shows: "@champion" },
  model: { route: () => "/models/churn", heading: "churn", shows: "1.0.0" },
  version: { route: () => "/models/churn/versions/1", heading: "churn 1.0.0", shows: "model.pkl" },
};

describe.each(["light", "dark"] as const)("in %s colours", (colours) => {
  test.each(Object.entries(pages))(
    "the page %s shows its data and nothing axe finds fault with",
    async (_name, { route, heading, shows }) => {
      const page = await surfer.open(route(), { colours });
      await page.getByText(shows).first().waitFor();
      expect(await page.locator("h1").textContent()).toBe(heading);
      expect(await page.title()).toBe(`${heading} · Outpost`);
      expect(await page.locator("html").getAttribute("data-theme")).toBe(colours);
      expect(await violations(page)).toEqual([]);
    },
  );
});

test("the link that the client prints opens the run's page", async () => {
  const script = `
import mlflow
mlflow.set_experiment("printed")
with mlflow.start_run(run_name="from-python"):
    mlflow.log_param("seed", 7)
    mlflow.log_metric("loss", 0.25, step=3)`;
  const printed = await runPython(["-c", script], { trackingUri: host.url });
  const link = /View run from-python at: (\S+)/.exec(printed)?.[1] ?? "";
  expect(link).toContain(`${host.url}/#/experiments/`);
  const page = await surfer.open(link.slice(`${host.url}/#`.length));
  await page.getByRole("heading", { level: 1, name: "from-python" }).waitFor();
  await page.getByText("at step 3").waitFor();
});

test("a running run's charts, values and status follow without a reload, in two tabs over one stream", async () => {
  const context = await surfer.profile();
  const streams: string[] = [];
  context.on("request", (request) => void (request.url().includes("/events") && streams.push(request.url())));
  const route = `/experiments/${at.experiment}/runs/${at.live}`;
  const [first, second] = [await surfer.open(route, { context }), await surfer.open("/", { context })];
  await first.getByText("40 points").waitFor();
  await second.getByRole("link", { name: "live" }).waitFor();
  await seed.logMetrics(at.live, { loss: [0.5, 0.4], later: [7.25] }, { firstStep: 40 });
  await first.getByText("42 points").waitFor();
  await first.getByText("7.25").first().waitFor();
  await seed.finish(at.live, "FINISHED");
  await first.getByText("Finished").waitFor();
  await second.getByRole("heading", { name: "Running now" }).waitFor({ state: "detached" });
  expect(streams).toHaveLength(1);
  await first.close(); // the second tab takes the stream over
  await expect.poll(() => streams.length).toBe(2);
  await seed.run(at.experiment, { name: "after-the-handover" });
  await second.getByRole("link", { name: "after-the-handover" }).waitFor();
});

test("a filter that cannot be read shows where; a good one filters, stays in the address and survives a reload", async () => {
  const page = await surfer.open(`/experiments/${at.experiment}`);
  const filter = page.getByLabel("Filter runs");
  await page.getByText("trial-11").waitFor();
  await page.keyboard.press("/");
  await expect.poll(() => filter.evaluate((input) => input === document.activeElement)).toBe(true);
  await filter.fill("metrics.accuracy << 0.9");
  await filter.press("Enter");
  const alert = page.getByRole("alert");
  await alert.getByText("at position 18").waitFor();
  expect(await alert.locator("mark").textContent()).toBe("<< 0.9");
  await filter.fill("metrics.accuracy > 0.895 AND params.learning_rate = '0.05'");
  await filter.press("Enter");
  await page.getByText("1 matching run").waitFor();
  expect(await page.locator("[data-run]").count()).toBe(1);
  await page.reload();
  await page.getByText("1 matching run").waitFor();
  expect(await filter.inputValue()).toContain("0.895");
  await filter.fill("metrics.accuracy > 9");
  await filter.press("Enter");
  await page.getByText("No run matches this filter").waitFor();
  await filter.press("Escape");
  await page.getByText("trial-11").waitFor();
});

test("Back undoes a filter, a sort and a view of the deleted; neither typing nor columns are steps of their own", async () => {
  const page = await surfer.open("/experiments");
  const search = page.getByLabel("Search experiments by name");
  await search.pressSequentially("churn", { delay: 250 });
  await expect.poll(() => page.url()).toContain("q=churn");
  await page.getByRole("link", { name: "churn/boosting" }).click();
  const filter = page.getByLabel("Filter runs");
  await page.getByText("trial-11").waitFor();
  await filter.fill("metrics.accuracy > 0.9");
  await filter.press("Enter");
  await page.getByText("1 matching run").waitFor();
  await filter.press("Enter"); // the same again is no step
  await page.getByRole("button", { name: "accuracy" }).click();
  await expect.poll(() => page.url()).toContain("sort=");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "objective" }).check();
  await expect.poll(() => page.url()).toContain("cols=");
  await page.keyboard.press("Escape");
  await page.getByLabel("Which runs").selectOption("deleted");
  await expect.poll(() => page.url()).toContain("stage=deleted");

  await page.goBack();
  await expect.poll(() => page.url()).not.toContain("stage=");
  expect(page.url()).toContain("cols=");
  await page.goBack();
  await expect.poll(() => page.url()).not.toContain("sort=");
  expect(await filter.inputValue()).toBe("metrics.accuracy > 0.9");
  await page.goBack();
  await expect.poll(() => page.url()).not.toContain("filter=");
  await expect.poll(() => filter.inputValue()).toBe("");
  await page.getByText("trial-0", { exact: true }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Experiments" }).waitFor();
  expect(await search.inputValue()).toBe("churn");
});

test("columns: those that differ by default, others by choice, sorted by a click", async () => {
  const page = await surfer.open(`/experiments/${at.experiment}`);
  await page.getByRole("button", { name: "accuracy" }).click();
  await expect.poll(() => page.locator("[data-run]").first().textContent()).toBe("trial-11");
  await page.getByRole("button", { name: "accuracy" }).click();
  await expect.poll(() => page.locator("[data-run]").first().textContent()).toBe("trial-0");
  expect(page.url()).toContain("sort=metrics.accuracy+ASC");
  expect(await page.getByRole("columnheader", { name: "learning_rate" }).count()).toBe(1);
  expect(await page.getByRole("columnheader", { name: "objective" }).count()).toBe(0);
  const opener = page.getByRole("button", { name: "Columns" });
  await opener.click();
  const search = page.getByRole("searchbox", { name: "Search columns" });
  const [above, below] = [await opener.boundingBox(), await search.boundingBox()];
  expect(below?.y).toBeGreaterThanOrEqual((above?.y ?? 0) + (above?.height ?? 0)); // the list does not cover what opened it
  await search.fill("obj");
  await page.getByRole("checkbox", { name: "objective" }).check();
  await page.getByRole("columnheader", { name: "objective" }).waitFor();
  expect(page.url()).toContain("cols=param%2Fobjective");
  expect(await violations(page)).toEqual([]);
});

test("names that would do harm are text on every page", async () => {
  const route = `/experiments/${at.hostile}`;
  for (const path of [
    "/experiments",
    route,
    `${route}/runs/${at.hostileRun}`,
    `${route}/runs/${at.hostileRun}/artifacts`,
    "/",
  ]) {
    const page = await surfer.open(path);
    await page.getByText("<img src=x onerror").first().waitFor();
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
    expect(await page.locator("main img, main script").count()).toBe(0);
  }
  const page = await surfer.open(`${route}/runs/${at.hostileRun}/artifacts`);
  await page.getByRole("treeitem", { name: "<b onclick=x>.txt" }).click();
  await page.getByText("<script>window.harmed=1</script>").first().waitFor();
  expect(await page.evaluate(() => "harmed" in window)).toBe(false);
});

test("a long name takes no room from the columns beside it", async () => {
  const experiment = await seed.experiment("long names");
  await seed.run(experiment, { name: "name-".repeat(60), metrics: { loss: [1] } });
  const page = await surfer.open(`/experiments/${experiment}`);
  await page.locator("[data-run]").waitFor();
  expect((await page.getByRole("rowheader").boundingBox())?.width).toBeLessThan(500);
  const edge = (await page.getByRole("columnheader", { name: "loss" }).boundingBox())?.x;
  expect(edge).toBeLessThan(1280);
});

test("what a chart cannot draw is counted", async () => {
  const page = await surfer.open(`/experiments/${at.hostile}/runs/${at.hostileRun}`);
  await page.getByText("5 points · 2 not finite").waitFor();
});

test("what is not here yet leads to the nearest page, with a note", async () => {
  const cases = {
    [`/experiments/${at.experiment}/traces`]: "churn/boosting",
    [`/experiments/${at.experiment}/evaluation-runs?selectedRunUuid=${at.run}`]: "trial-11",
    "/prompts": "Home",
  };
  for (const [route, heading] of Object.entries(cases)) {
    const page = await surfer.open(route);
    await page.getByText("this is the nearest one").waitFor();
    await page
      .getByText(route.split("?")[0] ?? "")
      .first()
      .waitFor();
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  }
  const page = await surfer.open(run("/traces"));
  await page.getByText("this is the overview").waitFor();
});

test("an unknown run says so and how to go on", async () => {
  const page = await surfer.open(`/experiments/${at.experiment}/runs/00000000000000000000000000000000`, {
    expects: [404],
  });
  await page.getByText("was not found. It may have been deleted.").waitFor();
  await page.getByRole("button", { name: "Copy details" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("RESOURCE_DOES_NOT_EXIST");
});

test("by keyboard: to pages, through rows, past the navigation; focus is on the new page's heading", async () => {
  const page = await surfer.open("/");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  const focused = (): Promise<string | null | undefined> => page.evaluate(() => document.activeElement?.textContent);
  await page.getByRole("heading", { level: 1, name: "Experiments" }).waitFor();
  await expect.poll(focused).toBe("Experiments");
  await page.getByRole("link", { name: "churn/boosting" }).waitFor();
  await page.keyboard.press("j");
  const first = await focused();
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  expect(await focused()).toBe(first);
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("h1").textContent()).toBe(first);
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.getByRole("link", { name: "Skip to content" }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(focused).toBe("Models");
});

test("the colours of the system, or the chosen ones, remembered", async () => {
  const page = await surfer.open("/");
  const shown = (): Promise<string | null> => page.locator("html").getAttribute("data-theme");
  expect(await shown()).toBe("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(shown).toBe("dark");
  await page.getByRole("button", { name: "Light" }).click();
  expect(await shown()).toBe("light");
  await page.reload();
  expect(await shown()).toBe("light");
});

test("the snippet has the real address, is seen in whole, copies and runs as it is", async () => {
  const page = await surfer.open("/");
  const code = page.locator("pre");
  await code.waitFor();
  expect(await code.evaluate((pre) => pre.scrollWidth - pre.clientWidth)).toBe(0);
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByText("Copied").waitFor();
  const snippet = await page.evaluate(() => navigator.clipboard.readText());
  expect(snippet).toContain(`set_tracking_uri("${host.url}")`);
  await runPython(["-c", snippet], { trackingUri: "http://127.0.0.1:9" }); // the snippet says itself where to log
  await page.getByRole("link", { name: "my-experiment" }).waitFor();
});

test("all of the page's code is small, compressed and kept by the browser", async () => {
  const html = await (await fetch(`${host.url}/`)).text();
  const files = [...html.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? "");
  expect(files.length).toBeGreaterThan(1);
  let bytes = 0;
  for (const file of files) {
    const answer = await fetch(`${host.url}${file}`, { headers: { "accept-encoding": "gzip" } });
    const length = Number(answer.headers.get("content-length"));
    if (length > 150) expect(answer.headers.get("content-encoding"), file).toBe("gzip"); // less does not get smaller by it
    expect(answer.headers.get("cache-control")).toContain("immutable");
    bytes += length;
  }
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(250_000);
});
