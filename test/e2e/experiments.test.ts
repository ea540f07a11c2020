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

const folder = mkdtempSync(join(tmpdir(), "outpost-experiments-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { resnet: "", bert: "" };

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  at.resnet = await seed.experiment("team/vision/resnet", {
    "mlflow.note.content": "# Depth\nHow **deep** pays.",
    stage: "done",
  });
  at.bert = await seed.experiment("team/text/bert", { odd: HOSTILE });
  await seed.experiment("sandbox");
  const run = await seed.run(at.resnet, { name: "r1", metrics: { loss: [1] } });
  await seed.run(at.resnet, { name: "r2", status: "FAILED" });
  await seed.run(at.bert, { name: "b1", status: "RUNNING" });
  await seed.artifact(at.resnet, run, "weights.bin", Buffer.alloc(12_000));
  await seed.post("runs/log-inputs", {
    run_id: run,
    datasets: [{ dataset: { name: "imagenet", digest: "abc", source_type: "local", source: "{}" }, tags: [] }],
  });
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const row = (page: Page, text: string) => page.locator("tbody tr").filter({ hasText: text });
const names = (page: Page) => page.locator("tbody tr .label bdi").allTextContents();

test("names with slashes are folders with sums; a closed one stays closed, by keys too", async () => {
  const context = await surfer.profile();
  const page = await surfer.open("/experiments?sort=name+ASC", { context });
  await row(page, "resnet").waitFor();
  expect(await names(page)).toEqual(["Default", "sandbox", "team", "text", "bert", "vision", "resnet"]);
  expect(await row(page, "team").first().locator("td").nth(1).textContent()).toBe("3");
  await row(page, "resnet").getByText("12 kB").waitFor();
  await page.getByRole("button", { name: "Folder team/text" }).focus();
  await page.keyboard.press("ArrowLeft");
  await row(page, "bert").waitFor({ state: "detached" });
  await page.reload();
  await row(page, "resnet").waitFor();
  expect(await names(page)).not.toContain("bert");
  expect(await page.getByRole("button", { name: "Folder team/text" }).getAttribute("aria-expanded")).toBe("false");
  await page.getByLabel("Search experiments by name").fill("bert"); // a search opens what holds it
  await expect.poll(() => names(page)).toEqual(["team", "text", "bert"]);
  await page.getByLabel("Search experiments by name").fill("");
  await page.getByRole("button", { name: "Expand all" }).click();
  await row(page, "bert").waitFor();
  await page.getByRole("button", { name: "List" }).click();
  await expect.poll(() => names(page)).toContain("team/text/bert");
  expect(await page.getByRole("button", { name: /^Folder/ }).count()).toBe(0);
});

test("an experiment is made, renamed, tagged, deleted and brought back", async () => {
  const page = await surfer.open("/experiments");
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("sandbox");
  await dialog.getByText("There is an experiment of this name already.").waitFor();
  expect(await dialog.getByRole("button", { name: "Create" }).isDisabled()).toBe(true);
  expect(await violations(page)).toEqual([]);
  await dialog.getByLabel("Name").fill("team/new");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "team/new" }).waitFor();

  await page.goto(`${host.url}/#/experiments`);
  const menu = (name: string) => page.getByRole("button", { name: `Actions for ${name}` });
  await menu("team/new").click();
  await page.getByRole("menuitem", { name: "Rename…" }).click();
  await dialog.getByLabel("Name").fill("team/renamed");
  await page.keyboard.press("Enter");
  await menu("team/renamed").waitFor();

  await menu("team/renamed").click();
  await page.getByRole("menuitem", { name: "Edit tags…" }).click();
  await dialog.getByLabel("Key").fill("owner");
  await dialog.getByLabel("Value").fill("mira");
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Remove the tag owner" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "owner: mira" }).click();
  await expect.poll(() => names(page)).toEqual(["team", "renamed"]);

  await menu("team/renamed").click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByText("“team/renamed” is in the trash").waitFor();
  await menu("team/renamed").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await menu("team/renamed").waitFor();
});

test("the overview shows the note, outcomes, data and tags, and changes them", async () => {
  const page = await surfer.open(`/experiments/${at.resnet}`);
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("heading", { name: "Depth" }).waitFor();
  await page.getByRole("link", { name: "imagenet" }).waitFor();
  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: "Note" }).fill("Now *shallow*.");
  await page.keyboard.press("Control+Enter");
  await page.locator("em", { hasText: "shallow" }).waitFor();
  await page.getByRole("button", { name: "Remove the tag stage" }).click();
  await page.getByText("No tags yet.").waitFor();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await page.getByRole("button", { name: "Remove the tag stage" }).waitFor();
  await page.getByRole("link", { name: /Failed 1 run/ }).click();
  await page.getByText("1 matching run").waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "imagenet" }).click();
  await page.getByText("1 matching run").waitFor();
});

test("a view of the runs is saved, shared, changed, made the default, deleted and brought back", async () => {
  const context = await surfer.profile();
  const page = await surfer.open(`/experiments/${at.resnet}`, { context });
  const filter = page.getByLabel("Filter runs");
  await filter.fill("attributes.status = 'FAILED'");
  await filter.press("Enter");
  await page.getByText("1 matching run").waitFor();
  const views = page.getByRole("button", { name: /^(Saved views|View:)/ });
  await views.click();
  await page.getByRole("menuitem", { name: "Save as…" }).click();
  await page.getByRole("dialog").getByLabel("Name of the view").fill("Broken ones");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "View: Broken ones" }).waitFor();
  const id = /view=([0-9a-f]{32})/.exec(page.url())?.[1] ?? "";
  expect(id).not.toBe("");

  const shared = await surfer.open(`/experiments/${at.resnet}?view=${id}`, { context });
  await shared.getByText("1 matching run").waitFor();
  expect(await shared.getByLabel("Filter runs").inputValue()).toBe("attributes.status = 'FAILED'");
  await shared.getByLabel("Filter runs").fill("attributes.status = 'FINISHED'");
  await shared.getByLabel("Filter runs").press("Enter");
  await shared.getByRole("button", { name: /Broken ones.*changed/ }).waitFor();
  expect(await violations(shared)).toEqual([]);
  await shared.getByRole("button", { name: "Reset to the saved view" }).click();
  await expect.poll(() => shared.getByLabel("Filter runs").inputValue()).toBe("attributes.status = 'FAILED'");
  await views.click();
  await page.getByRole("menuitem", { name: "Open this view by default" }).click();
  await page.getByText("opens by default now").waitFor();

  const fresh = await surfer.open(`/experiments/${at.resnet}`, { context });
  await fresh.getByRole("button", { name: "View: Broken ones" }).waitFor();
  await views.click();
  await page.getByRole("menuitem", { name: "Delete view" }).click();
  await page.getByRole("button", { name: "Saved views" }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await views.click();
  await page.getByRole("menuitem", { name: "Broken ones" }).waitFor();
});

describe.each([
  ["en", "light", "Experiments", "Overview"],
  ["ko", "dark", "실험", "개요"],
  ["ja", "light", "実験", "概要"],
] as const)("in %s, %s", (language, colours, heading, overview) => {
  test("tree and overview hold, and hostile tags are text", async () => {
    const context = await surfer.profile({ colours, language });
    const page = await surfer.open("/experiments", { context });
    expect(await page.locator("h1").textContent()).toBe(heading);
    await row(page, "bert").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.goto(`${host.url}/#/experiments/${at.bert}/overview`);
    await page.getByRole("link", { name: overview }).waitFor();
    await page.getByText("odd", { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
  });
});
