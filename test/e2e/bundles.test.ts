import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";
import { password } from "../helpers/canary.ts";

const PASSPHRASE = password("correct horse ");
const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-bundles-"));
let [home, lab]: [ServerProcess?, ServerProcess?] = [];
let [atHome, atLab]: [Surfer?, Surfer?] = [];
let seed: Seed | undefined;

beforeAll(async () => {
  home = await startOutpost({ dataDir: join(folder, "home") });
  lab = await startOutpost({ dataDir: join(folder, "lab") });
  seed = createSeed(home.url);
  const experiment = await seed.experiment("carried");
  await seed.run(experiment, { name: "first", params: { lr: "0.1" } });
  atHome = await startBrowser(home.url);
  atLab = await startBrowser(lab.url);
});
afterAll(async () => {
  seed?.close();
  await atHome?.close();
  await atLab?.close();
  await home?.stop();
  await lab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("a sealed bundle goes from one machine to the other: made, dropped, its signer compared, the difference, taken in", async () => {
  if (!atHome || !atLab) throw new Error("no browser");
  const there = await atHome.open("/sync/bundles");
  await there.getByRole("heading", { name: "No bundles yet" }).waitFor();
  expect(await violations(there)).toEqual([]);
  await there.getByLabel("Passphrase (optional)").fill(PASSPHRASE);
  await there.getByRole("button", { name: "Make a bundle" }).click();
  await there.getByText("read back and found whole").waitFor();
  const [name = ""] = readdirSync(join(folder, "home", "bundles")).filter((one) => one.endsWith(".sealed"));

  const page = await atLab.open("/sync/bundles");
  await page.getByLabel("Choose a file, or drop it here").setInputFiles(join(folder, "home", "bundles", name));
  await page.getByLabel("Passphrase of the bundle").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.getByText("This key is not known here.").waitFor();
  const compare = page.getByRole("button", { name: "Compare with what is here" });
  expect(await compare.isDisabled()).toBe(true);
  await page.getByLabel("I have compared the fingerprint").check();
  await compare.click();
  await page.getByRole("button", { name: "Import", exact: true }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText(/^Taken in: \d+ objects/).waitFor();
  await page.goto(`${lab?.url ?? ""}/#/experiments`);
  await page.getByRole("link", { name: "carried" }).first().waitFor();
}, 120_000);
