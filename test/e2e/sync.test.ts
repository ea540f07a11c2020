import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitlabDouble, type GitlabDouble } from "../doubles/gitlab/start.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { openGate, type Gate } from "./gate.ts";
import { createSeed, curve, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

/** One journey in its order: each step finds what the one before left. */
const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-sync-"));
const PROJECT = "team/models";
const SLOW_MS = 60_000; // a sync looks twice, and the machine may be busy
let host: ServerProcess;
let gitlab: GitlabDouble;
let gate: Gate;
let surfer: Surfer;
let seed: Seed;
let context: BrowserContext;
const at = { experiment: "", run: "" };

beforeAll(async () => {
  gitlab = await startGitlabDouble();
  gate = await openGate(gitlab.url);
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  context = await surfer.profile();
  at.experiment = await seed.experiment("churn");
  for (const name of ["first", "second", "third"])
    at.run = await seed.run(at.experiment, { name, params: { lr: "0.1" }, metrics: { loss: curve(20) } });
  await seed.artifact(at.experiment, at.run, "model/MLmodel", Buffer.from("artifact_path: model\nflavors: {}\n"));
  await seed.model("leaver", "Predicts who leaves.");
  await seed.version("leaver", at.experiment, at.run);
});
afterAll(async () => {
  await surfer?.settle();
  seed?.close();
  await surfer?.close();
  await host?.stop();
  await gate?.close();
  await gitlab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const open = async (route: string): Promise<Page> => {
  const page = await surfer.open(route, { context });
  page.setDefaultTimeout(SLOW_MS);
  return page;
};
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const settled = (page: Page) =>
  page.getByRole("region", { name: "lab" }).getByText("Both sides hold the same.").waitFor();

const describe = async (url: string, text: string, headers: Record<string, string> = {}): Promise<void> => {
  const answer = await fetch(`${url}/api/2.0/mlflow/registered-models/update`, {
    method: "PATCH",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ name: "leaver", description: text }),
  });
  expect(answer.status).toBe(200);
};
const describeHere = (text: string): Promise<void> => describe(host.url, text);
/** As another person does it, on GitLab itself. */
const describeThere = (text: string): Promise<void> =>
  describe(`${gitlab.url}/api/v4/projects/4101/ml/mlflow`, text, { authorization: `Bearer ${gitlab.token("second")}` });

test("a remote is connected from an empty page; the test names the scope that a read-only token lacks", async () => {
  const page = await open("/sync");
  await page.getByRole("heading", { name: "No remote is connected" }).waitFor();
  expect(await page.getByRole("link", { name: "Sync" }).count(), "the top bar is silent while there is no remote").toBe(
    1,
  );
  await button(page, "Connect a remote").click();
  const dialog = page.getByRole("dialog");
  expect(await violations(page, { within: "[role=dialog]" })).toEqual([]);
  await dialog.getByLabel("Name", { exact: true }).fill("lab");
  await dialog.getByLabel("Address", { exact: true }).fill(gate.url);
  await dialog.getByLabel("Project", { exact: true }).fill(PROJECT);
  await dialog.getByRole("textbox", { name: "Token", exact: true }).fill(gitlab.token("read-api"));
  await dialog.getByRole("radio", { name: /^Never/ }).check(); // what follows happens when it is asked for
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByText("Connected. Nothing has been sent or fetched yet.").waitFor();

  await page.goto(`${host.url}/#/settings/remotes`);
  await button(page, "Test the connection").click();
  await page.getByText("May not write.").waitFor();
  await page
    .getByText(/scope read_api: it takes 'api'/)
    .first()
    .waitFor();
  expect(await violations(page)).toEqual([]);
  expect(await page.content()).not.toContain(gitlab.token("read-api"));

  await button(page, "Edit").click();
  await page.getByRole("dialog").getByLabel("New token").fill(gitlab.token("developer"));
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText("may write").waitFor();
  await page.close();
});

test("the first contact is a plan: nothing goes before it is accepted", async () => {
  const page = await open("/sync");
  await button(page, "Look at the first plan").click();
  await page.getByRole("heading", { level: 1, name: "Plan for lab" }).waitFor();
  await page.getByText("This is the first contact with this remote").waitFor();
  await page.getByRole("link", { name: "third" }).waitFor();
  expect((await gitlab.control("GET", "counts")).runs ?? 0).toBe(0);
  expect(await violations(page)).toEqual([]);

  await button(page, "Apply this plan").click();
  await page
    .getByRole("alertdialog")
    .or(page.getByRole("dialog"))
    .getByRole("button", { name: "Apply this plan" })
    .click();
  await page.getByText("This plan has been applied.").waitFor();
  await page.goto(`${host.url}/#/sync`);
  await settled(page);
  expect(await violations(page)).toEqual([]);
  await page.close();
});

test("badges and the top bar speak of the remote, on the pages of what was sent", async () => {
  const page = await open("/models");
  await page
    .getByRole("row", { name: /leaver/ })
    .getByText("In sync")
    .waitFor();
  await page.goto(`${host.url}/#/experiments/${at.experiment}/runs/${at.run}`);
  await page.getByText("In sync").waitFor();
  await page.getByTitle("lab: Both sides hold the same.").click();
  await page.getByRole("heading", { level: 1, name: "Sync" }).waitFor();
  await page.close();
});

test("while the network is away nothing is lost, and it goes on where it was", async () => {
  const page = await open("/sync");
  await seed.run(at.experiment, { name: "fourth", metrics: { loss: [1] } });
  await page.getByText(/objects? changed here/).waitFor();
  await gate.close();
  await button(page, "Sync now").click();
  await page.getByText("The remote could not be reached.").first().waitFor();
  await gate.open();
  await button(page, "Try again").click();
  await settled(page);
  await page.getByRole("link", { name: "History" }).first().click();
  await page.getByText("Offline").first().waitFor();
  expect(await violations(page)).toEqual([]);
  await page.close();
});

test("what both sides changed waits as three texts; a merge is written and carried out", async () => {
  await describeHere("Predicts who leaves in 30 days.");
  await describeThere("Predicts who leaves, by night.");
  const page = await open("/sync");
  await button(page, "Sync now").click();
  await page.getByText("1 conflict needs you.").first().waitFor();
  await button(page, "Resolve conflicts").click();
  await page.getByRole("link", { name: /^Resolve/ }).click();
  await page.getByRole("heading", { level: 1, name: "leaver: Description" }).waitFor();
  await page.locator("ins", { hasText: "30" }).waitFor();
  expect(await violations(page)).toEqual([]);

  await page.keyboard.press("m");
  const merge = page.getByRole("textbox", { name: "Merged text" });
  await merge.fill("Predicts who leaves in 30 days, by night.");
  await merge.press("Control+Enter");
  await page.getByRole("heading", { name: "There are no conflicts" }).waitFor();
  await page.goto(`${host.url}/#/sync`);
  await button(page, "Sync now").click();
  await settled(page);
  await expect
    .poll(async () => JSON.stringify(await gitlab.control("GET", "state")))
    .toContain("in 30 days, by night.");
  await page.close();
});

test("every call is in the ledger, found by its words, with no token in it", async () => {
  const page = await open("/settings/network");
  await page.getByRole("columnheader", { name: "Purpose" }).waitFor();
  await page.getByRole("searchbox", { name: "Filter calls" }).fill("registered-models update");
  await page
    .getByText(/registered-models\/update/)
    .first()
    .waitFor();
  expect(await page.content()).not.toContain(gitlab.token("developer"));
  expect(await violations(page)).toEqual([]);
  await page.close();
});
