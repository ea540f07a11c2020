import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-home-"));
const dataDir = join(folder, "data");
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;

beforeAll(async () => {
  host = await startOutpost({ dataDir });
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

/** Runs whose metric and files are those of MLflow's file store. */
const makeMlruns = (runs: number): string => {
  const root = join(folder, "old", "mlruns");
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(
    "7/meta.yaml",
    `artifact_location: file://${root}/7\ncreation_time: 1\nexperiment_id: '7'\nlast_update_time: 1\nlifecycle_stage: active\nname: brought\n`,
  );
  for (let i = 1; i <= runs; i++) {
    const id = String(i).padStart(32, "0");
    write(
      `7/${id}/meta.yaml`,
      `artifact_uri: s3://elsewhere/${id}\nend_time: 20\nentry_point_name: ''\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: ${id}\nrun_name: old-${i}\nrun_uuid: ${id}\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: 10\nstatus: 3\ntags: []\nuser_id: me\n`,
    );
    write(`7/${id}/metrics/loss`, "11 0.5 0\n12 0.25 1\n");
  }
  return root;
};

describe("with nothing logged yet", () => {
  test.each([
    ["en", "light", "Log a first run", "Load sample project"],
    ["ko", "dark", "첫 실행 기록하기", "샘플 프로젝트 불러오기"],
    ["ja", "light", "最初の実行を記録する", "サンプルプロジェクトを読み込む"],
  ] as const)(
    "Home in %s says how to begin, and axe finds no fault in %s colours",
    async (language, colours, heading, button) => {
      const page = await surfer.open("/", { language, colours });
      await page.getByRole("heading", { name: heading }).waitFor();
      await page.getByRole("button", { name: button }).waitFor();
      await page.getByText(`mlflow.set_tracking_uri("${host.url}")`).waitFor();
      expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
      expect(await violations(page)).toEqual([]);
    },
  );

  test.each(["/activity", "/trash", "/import"])("the page %s is of use and axe finds no fault", async (route) => {
    const page = await surfer.open(route);
    await page.locator(".loading").waitFor({ state: "detached" });
    expect(await violations(page)).toEqual([]);
  });
});

test("the sample project comes on one click, by keys, and goes on another", async () => {
  const page = await surfer.open("/");
  await page.getByRole("button", { name: "Load sample project" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Make the sample project: done").waitFor();
  await page.getByRole("heading", { name: "Sample project" }).waitFor();
  await page.getByRole("link", { name: "sample/digits", exact: true }).first().waitFor();
  await page.getByRole("heading", { name: "Recent models" }).waitFor();
  expect(await violations(page)).toEqual([]);

  await page.goto(`${host.url}/#/activity`);
  await page.locator("main").getByRole("heading", { name: "Make the sample project" }).waitFor();
  await page.locator("main").getByText("Result").first().click();
  await page.locator("main").getByText("runs made").first().waitFor();
  expect(await violations(page)).toEqual([]);

  await page.goto(`${host.url}/#/`);
  await page.getByRole("button", { name: "Remove sample project" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("sample/digits, sample/house-prices").waitFor();
  await dialog.getByRole("button", { name: "Remove sample project" }).click();
  await page.getByRole("heading", { name: "Log a first run" }).waitFor();
  await page.getByRole("button", { name: "Load sample project" }).waitFor();
});

test("a job is live in every tab, and the tray says how it ended after a reload", async () => {
  const context = await surfer.profile();
  const [first, second] = [await surfer.open("/", { context }), await surfer.open("/experiments", { context })];
  await first.getByRole("button", { name: "Load sample project" }).click();
  await second.getByRole("link", { name: "sample/digits" }).waitFor();
  await second.reload();
  await second.getByRole("button", { name: /^Activity/ }).click();
  const tray = second.locator(".tray");
  await tray.getByText("Done").first().waitFor();
  await tray.getByRole("button", { name: "Dismiss" }).first().click();
  await tray.getByRole("link", { name: "All activity" }).click();
  await second.getByRole("heading", { name: "Activity", level: 1 }).waitFor();
  await second.locator("main").getByRole("heading", { name: "Make the sample project" }).first().waitFor();
});

test("an mlruns folder is looked at, then brought, and what could not be carried is told", async () => {
  const path = makeMlruns(5);
  const page = await surfer.open("/import", { expects: [404] });
  await page.getByLabel("Path of the folder").fill("/nowhere/mlruns");
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByRole("alert").getByText("There is nothing at '/nowhere/mlruns'").waitFor();
  await page.getByLabel("Path of the folder").fill(path);
  await page.keyboard.press("Enter");
  await page.getByText("5 runs").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.locator("main").getByText("runs brought").first().waitFor();
  await page.getByText("not on this machine").first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.goto(`${host.url}/#/`);
  await page.getByRole("link", { name: "old-1" }).waitFor();
});

test("Home says what needs a person, and lets it be tried again or put aside", async () => {
  const notes = join(folder, "notes.txt");
  writeFileSync(notes, "this is no database, however long it is");
  const answer = await fetch(`${host.url}/api/outpost/v1/admin/imports`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path: notes }),
  });
  expect(answer.status).toBe(200);
  const page = await surfer.open("/", { colours: "dark" });
  const needs = page.getByRole("region", { name: "Needs you" });
  await needs.getByText(`Import ${notes} failed`).waitFor();
  expect(await violations(page)).toEqual([]);
  await needs.getByRole("link", { name: "Details" }).click();
  await page.getByRole("heading", { name: "Activity", level: 1 }).waitFor();
  await page.goBack();
  await needs.getByRole("button", { name: "Dismiss" }).click();
  await needs.waitFor({ state: "detached" });
});
