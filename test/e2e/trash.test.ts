import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, HOSTILE, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-trash-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { experiment: "", needed: "", free: "", many: [] as string[] };

const outpost = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${host.url}/api/outpost/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
};
const removeModel = async (name: string): Promise<void> => {
  const answer = await fetch(`${host.url}/api/2.0/mlflow/registered-models/delete`, {
    method: "DELETE",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  expect(answer.status).toBe(200);
};

const sow = async (): Promise<void> => {
  at.experiment = await seed.experiment("churn");
  at.needed = await seed.run(at.experiment, { name: "needed" });
  at.free = await seed.run(at.experiment, { name: "free" });
  await seed.artifact(at.experiment, at.needed, "model/MLmodel", Buffer.from("flavors: {}"));
  await seed.artifact(at.experiment, at.free, "big.bin", Buffer.alloc(300_000, 7));
  await seed.artifact(at.experiment, at.free, "out/table.csv", Buffer.from("a,b\n1,2\n"));
  await seed.model("fraud");
  await seed.version("fraud", at.experiment, at.needed);
  await outpost("artifacts/delete", { root: `${at.experiment}/${at.free}/artifacts`, paths: ["out"] });
  for (const run_id of [at.needed, at.free]) await seed.post("runs/delete", { run_id });
  await seed.model("twice");
  await removeModel("twice");
  await seed.model("twice", "the new one");
  await seed.post("experiments/delete", { experiment_id: await seed.experiment(HOSTILE) });
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

test.each([
  ["en", "light", "Trash", "Cannot be deleted for good: version 1 of model 'fraud' needs it"],
  ["ko", "dark", "휴지통", "영구 삭제할 수 없음"],
  ["ja", "dark", "ゴミ箱", "完全に削除できません"],
] as const)(
  "the trash in %s, %s colours, shows what is there and axe finds no fault",
  async (language, colours, heading, blocked) => {
    const page = await surfer.open("/trash", { language, colours });
    expect(await page.locator("h1").textContent()).toBe(heading);
    await page.getByText(blocked).waitFor();
    await page
      .getByLabel(/out\/table\.csv/)
      .first()
      .waitFor();
    expect(await page.getByRole("row").count()).toBe(6);
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
    expect(await violations(page)).toEqual([]);
  },
);

test("search and kind narrow the list and stay in the address", async () => {
  const page = await surfer.open("/trash");
  await page.getByLabel("Search the trash by name").fill("free");
  await page.getByLabel("Select free").waitFor();
  await page.getByLabel("Select needed").waitFor({ state: "detached" });
  await page.reload();
  await page.getByLabel("Select free").waitFor();
  await page.getByLabel("Kind").selectOption("experiment");
  await page.getByText("Nothing in the trash matches").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page
    .getByLabel(/out\/table\.csv/)
    .first()
    .waitFor();
});

test("a model whose name was given away comes back under another one", async () => {
  const page = await surfer.open("/trash");
  await page.getByRole("button", { name: "Restore as… twice" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("another model is called 'twice' now").waitFor();
  expect(await violations(page)).toEqual([]);
  const name = dialog.getByLabel("New name");
  expect(await name.inputValue()).toBe("twice (restored)");
  await name.fill("fraud");
  await dialog.getByRole("button", { name: "Restore" }).click();
  await dialog.getByRole("alert").getByText("Another model is called 'fraud' now").waitFor();
  await name.fill("twice-old");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.goto(`${host.url}/#/models/twice-old`);
  await page.getByRole("heading", { name: "twice-old" }).waitFor();
});

test("files and a run come back by keys: select, restore", async () => {
  const page = await surfer.open("/trash");
  await page.getByLabel("Select needed").focus();
  await page.keyboard.press("Space");
  await page.getByLabel("Select out/table.csv").press("Space");
  await page.getByText("2 selected").waitFor();
  await page.getByRole("button", { name: "Restore", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("2 restored").waitFor();
  await page.getByLabel("Select needed").waitFor({ state: "detached" });
});

test("deleting for good says the count and the bytes, shows progress, and is told at its end", async () => {
  const page = await surfer.open("/trash");
  await page.getByRole("button", { name: "Empty the trash…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "Delete 2 things for good?" }).waitFor();
  await dialog.getByText("It frees at least 300 kB.").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.getByLabel("Select free").waitFor(); // nothing went
  await page.getByRole("button", { name: "Empty the trash…" }).click();
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await page.getByText("Delete for good: done").waitFor();
  await page.getByRole("heading", { name: "The trash is empty" }).waitFor();
  expect(await violations(page)).toEqual([]);
});
