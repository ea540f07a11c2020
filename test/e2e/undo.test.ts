import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, HOSTILE, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-undo-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
const at = { experiment: "", run: "", others: [] as string[] };

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  at.experiment = await seed.experiment("churn");
  at.run = await seed.run(at.experiment, { name: "trial", tags: { stage: "candidate", odd: HOSTILE } });
  for (const name of ["one", "two"]) at.others.push(await seed.run(at.experiment, { name, tags: { team: name } }));
  await seed.model("fraud", "first words");
  for (let i = 0; i < 2; i += 1) await seed.version("fraud", at.experiment, at.run);
  await seed.alias("fraud", "champion", "1");
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const run = (): string => `/experiments/${at.experiment}/runs/${at.run}`;

test("a tag that was removed comes back from the trash; one set again meanwhile gives way only when asked to", async () => {
  const page = await surfer.open(run());
  const tags = page.getByRole("region", { name: "Tags" });
  await tags.getByRole("button", { name: "Delete stage" }).click();
  await page.getByText("Tag stage deleted").waitFor();
  await seed.post("runs/set-tag", { run_id: at.run, key: "stage", value: "final" });
  await tags.getByText("final").waitFor();

  await page.goto(`${host.url}/#/trash`);
  await page.getByLabel("Kind").selectOption("tags");
  const row = page.getByRole("row").filter({ hasText: "stage" });
  await row.getByText("candidate").waitFor();
  await row.getByText("Cannot be restored as it is: it is 'final' now").waitFor();
  expect(await violations(page)).toEqual([]);
  await row.getByRole("button", { name: "Restore… stage" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "Write over what stage is now?" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Restore… stage" }).press("Enter");
  await dialog.getByRole("button", { name: "Overwrite" }).press("Enter");
  await page.getByText("1 restored").waitFor();
  await row.getByText("final").waitFor(); // what gave way is in the trash in turn

  await page.goto(`${host.url}/#${run()}`);
  await tags.getByText("candidate").waitFor();
});

test("what belongs to a run in the trash is restored with that run", async () => {
  const page = await surfer.open(run());
  await page.getByRole("region", { name: "Tags" }).getByRole("button", { name: "Delete odd" }).click();
  await page.getByText("Tag odd deleted").waitFor();
  await seed.post("runs/delete", { run_id: at.run });
  await page.goto(`${host.url}/#/trash?kind=tags`);
  const row = page.getByRole("row").filter({ hasText: "odd" });
  await row.getByText("'trial' is in the trash itself").waitFor();
  await row.getByRole("button", { name: "Restore… odd" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore both" }).click();
  await page.getByText("1 restored").waitFor();
  await page.goto(`${host.url}/#${run()}`);
  await page.getByRole("region", { name: "Tags" }).getByText("<img src=x").waitFor();
  expect(await page.evaluate(() => "harmed" in window)).toBe(false);
});

test("an alias that was moved, a description that was written over: Undo at once", async () => {
  const page = await surfer.open("/models/fraud");
  const aliases = page.getByRole("region", { name: /^Aliases/ });
  const target = aliases.getByLabel("Version of @champion");
  await target.selectOption("2");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => target.inputValue()).toBe("1");
  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: "Model card" }).fill("other words");
  await page.keyboard.press("Control+Enter");
  await page.getByText("Model card changed; the old value is in the trash").waitFor();
  await page.getByRole("button", { name: "Undo" }).last().click();
  await page.getByText("first words").waitFor();
});

test("a tag taken from many runs is one thing in the trash", async () => {
  const page = await surfer.open(`/experiments/${at.experiment}`);
  for (const name of ["one", "two"]) await page.getByRole("checkbox", { name: `Choose ${name}` }).check();
  await page.getByRole("toolbar", { name: "Actions on chosen runs" }).getByRole("button", { name: "Tag" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "Remove tag" }).check();
  await dialog.getByLabel("Key").fill("team");
  await page.keyboard.press("Enter");
  await page.getByText("Tag 2 runs: 2 runs changed").waitFor();
  await page.goto(`${host.url}/#/trash?q=team`);
  await page.getByText("on 2 runs").waitFor();
  await page.getByRole("button", { name: "Restore team" }).click();
  await page.getByText("1 restored").waitFor();
  const answer = await seed.post<{ runs: { data: { tags: { key: string; value: string }[] } }[] }>("runs/search", {
    experiment_ids: [at.experiment],
    filter: "tags.team LIKE '%'",
  });
  expect(answer.runs).toHaveLength(2);
});

test.each([
  ["ko", "dark", "휴지통", "별칭"],
  ["ja", "dark", "ゴミ箱", "エイリアス"],
] as const)(
  "in %s, %s colours, removed tags and aliases stand in the trash and axe finds no fault",
  async (language, colours, title, word) => {
    await seed.alias("fraud", "champion", "2");
    await seed.alias("fraud", "champion", "1");
    const page = await surfer.open("/trash", { language, colours });
    expect(await page.locator("h1").textContent()).toBe(title);
    await page.getByRole("cell", { name: word, exact: true }).first().waitFor();
    expect(await violations(page)).toEqual([]);
  },
);
