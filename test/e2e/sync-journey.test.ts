import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGitlabDouble, type GitlabDouble } from "../doubles/gitlab/start.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { openGate, type Gate } from "./gate.ts";
import { createSeed, curve, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

/** What goes wrong on the way, as a person sees it. One journey in its order: each step finds what the one before left. */
const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-sync-journey-"));
const PROJECT = "team/models";
const SLOW_MS = 40_000; // a sync looks twice, and the machine may be busy
const MEGABYTE = 1_000_000;
const BIG = 24 * MEGABYTE; // more than sockets hold: what was sent is told as it goes
let host: ServerProcess;
let fresh: ServerProcess;
let gitlab: GitlabDouble;
let gate: Gate;
let surfer: Surfer;
let seed: Seed;
let context: BrowserContext;
let experiment = "";

const api = async <T = unknown>(url: string, method: string, path: string, body?: object): Promise<T> => {
  const answer = await fetch(`${url}/api/outpost/v1/${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
};
/** The double ends each request at once: what a cut request did need not be waited for a minute. */
const settleSoon = (dataDir: string): void => {
  const db = new DatabaseSync(join(dataDir, "outpost.db"), { timeout: 10_000 });
  db.exec("UPDATE remotes SET settle_ms = 500");
  db.close();
};
const connect = async (url: string, dataDir: string, more: object = {}): Promise<void> => {
  const token = gitlab.token("developer");
  const remote = { name: "lab", kind: "gitlab", url: gate.url, project: PROJECT, token, mode: "never", ...more };
  await api(url, "POST", "sync/remotes", remote);
  settleSoon(dataDir);
};

beforeAll(async () => {
  gitlab = await startGitlabDouble();
  gate = await openGate(gitlab.url);
  host = await startOutpost({ dataDir: join(folder, "data") });
  fresh = await startOutpost({ dataDir: join(folder, "fresh") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  context = await surfer.profile();
  experiment = await seed.experiment("churn");
  for (const name of ["first", "second"]) {
    const run = await seed.run(experiment, { name, params: { lr: "0.1" }, metrics: { loss: curve(20) } });
    await seed.artifact(experiment, run, "model/weights.bin", Buffer.alloc(BIG, name));
  }
  await connect(host.url, join(folder, "data"));
}, 60_000);
afterAll(async () => {
  await surfer?.settle();
  seed?.close();
  await surfer?.close();
  await host?.stop();
  await fresh?.stop();
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
const card = (page: Page) => page.getByRole("region", { name: "lab", exact: true });
const settled = (page: Page) => card(page).getByText("Both sides hold the same.").waitFor();

/** Uploads or downloads crawl, so that a person can watch them. */
const slow = (operation: "files.put" | "files.get", bytesPerSecond: number): Promise<unknown> =>
  gitlab.control("POST", "rules", {
    rules: [{ match: { operation, times: 100 }, fault: { kind: "slow", bytesPerSecond } }],
  });
const fast = (): Promise<unknown> => gitlab.control("DELETE", "rules");

/** The number of bytes in "first: 1.2 MB"; 0 while none is shown. */
const bytesOf = (text: string): number => {
  const [, number = "0", unit = "B"] = /: ([\d.,]+) (B|kB|MB)/.exec(text) ?? [];
  return Number(number.replaceAll(",", "")) * ({ B: 1, kB: 1000, MB: MEGABYTE }[unit] ?? 1);
};
/** Waits until the work in a part of the page has moved past so many bytes of what it is at; tells how it stood. */
const watched = async (page: Page, past: number): Promise<{ text: string; value: number; max: number }> => {
  const work = page.locator("section:has(> progress)").first();
  await expect.poll(async () => bytesOf(await work.innerText()), { timeout: SLOW_MS }).toBeGreaterThan(past);
  const bar = work.locator("progress");
  const [value, max] = await bar.evaluate((one: HTMLProgressElement) => [one.value, one.max] as const);
  return { text: await work.innerText(), value, max };
};

interface Dump {
  readonly runs: readonly { readonly name: string }[];
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly files: readonly { readonly name: string }[];
  }[];
}
/** Every run and every file there by name; what is there twice would be named twice. */
const there = async (): Promise<{ runs: string[]; weights: string[] }> => {
  const { runs, packages } = (await gitlab.control("GET", "state")) as Dump;
  const weights = packages.flatMap(({ name, version, files }) =>
    files.filter((file) => file.name.endsWith("weights.bin")).map((file) => `${name} ${version} ${file.name}`),
  );
  return { runs: runs.map(({ name }) => name).sort(), weights };
};
const twice = (names: readonly string[]): string[] => names.filter((name, at) => names.indexOf(name) !== at);

test("a push is watched: objects of all, what it is at and its bytes, by a bar that moves; it is cancelled halfway", async () => {
  await slow("files.put", 4 * MEGABYTE);
  const page = await open("/sync");
  await button(page, "Look at the first plan").click();
  await button(page, "Apply this plan").click();
  await page.locator("[role=alertdialog], [role=dialog]").getByRole("button", { name: "Apply this plan" }).click();
  await page.goto(`${host.url}/#/sync`);
  await card(page).getByText("A sync is under way.").waitFor();
  const early = await watched(page, 100_000);
  expect(early.text).toMatch(/[1-9] \/ \d+ \([\d.]+%\)/);
  expect(early.text).toMatch(/(first|second): /);
  expect(early.value).toBeGreaterThan(0);
  expect(early.value).toBeLessThan(early.max);
  expect(await violations(page)).toEqual([]);
  const late = await watched(page, bytesOf(early.text));
  expect([late.value, late.max]).not.toEqual([0, 0]);
  await card(page).getByRole("button", { name: "Cancel", exact: true }).click();
  await card(page).getByText("Cancelled", { exact: false }).waitFor();
  expect((await there()).weights.length, "it was cut before its end").toBeLessThan(2);
  await page.close();
}, 180_000);

test("it is resumed: the rest goes, and nothing that was there goes twice", async () => {
  await fast();
  const page = await open("/sync");
  await button(page, "Sync now").click();
  await settled(page);
  const { runs, weights } = await there();
  expect(runs).toEqual(["first", "second"]);
  expect([weights.length, twice(weights)]).toEqual([2, []]);
  await page.getByRole("link", { name: "History" }).first().click();
  await page.getByRole("main").getByText("Cancelled").first().waitFor();
  await page.close();
}, 180_000);

test("the network breaks halfway: the page says so and what to do, and it goes on where it was", async () => {
  const run = await seed.run(experiment, { name: "third", metrics: { loss: [1] } });
  await seed.artifact(experiment, run, "model/weights.bin", Buffer.alloc(BIG, "third"));
  await slow("files.put", 4 * MEGABYTE);
  const page = await open("/sync");
  await button(page, "Sync now").click();
  await watched(page, 100_000);
  await gate.close();
  await card(page).getByText("The remote could not be reached. Nothing is lost: it goes on where it was.").waitFor();
  await page.getByTitle(/^lab: The remote could not be reached/).waitFor();
  expect(await violations(page)).toEqual([]);
  await fast();
  await gate.open();
  await button(page, "Try again").click();
  await settled(page);
  const { runs, weights } = await there();
  expect(runs).toEqual(["first", "second", "third"]);
  expect([weights.length, twice(weights)]).toEqual([3, []]);
  await page.close();
}, 240_000);

/** What the double has of a model's versions. */
const versionsThere = async (model: string): Promise<string[]> => {
  const { packages } = (await gitlab.control("GET", "state")) as Dump;
  return packages.flatMap(({ name, version }) => (name === model ? [version] : [])).sort();
};

/** The same model with a version of the same number and other contents, on each machine. */
const clash = async (name: string, on: Seed, inExperiment: string, content: string): Promise<void> => {
  const run = await on.run(inExperiment, { name: `of ${name}` });
  await on.artifact(inExperiment, run, "model/MLmodel", Buffer.from(`artifact_path: model\n# ${content}\n`));
  await on.model(name);
  await on.version(name, inExperiment, run);
};
/** Another workstation was first: what it has is there. */
const pushFromElsewhere = async (): Promise<void> => {
  await connect(fresh.url, join(folder, "fresh"), { files: "all" });
  const { job_id } = await api<{ job_id: string }>(fresh.url, "POST", "sync/start", {
    remote: "lab",
    what: "push",
    accept: true,
  });
  const ended = async () => (await api<{ state: string }>(fresh.url, "GET", `jobs/${job_id}`)).state;
  await expect.poll(ended, { timeout: SLOW_MS }).toBe("done");
};

test("two versions of one number: each way out names the number that it gives, and the next sync carries it out", async () => {
  const there = createSeed(fresh.url);
  const elsewhere = await there.experiment("elsewhere");
  for (const name of ["patched", "previewed", "kept"]) {
    await clash(name, seed, experiment, "made here");
    await clash(name, there, elsewhere, "made elsewhere");
  }
  there.close();
  await pushFromElsewhere();
  const page = await open("/sync");
  await button(page, "Sync now").click();
  await card(page).getByText("3 conflicts need you.").waitFor();
  const settle = async (model: string, way: string): Promise<void> => {
    await page.goto(`${host.url}/#/sync/conflicts`);
    const row = page.getByRole("row", { name: new RegExp(model) });
    await row.getByText("Version number").first().waitFor();
    await row.getByRole("link", { name: /^Resolve/ }).click();
    await page.getByText("Both this machine and lab have a version 1.0.0").waitFor();
    const here = page.url();
    await button(page, way).click();
    await page.waitForURL((url) => url.href !== here); // settled: the page goes on to the next one
  };
  await page.goto(`${host.url}/#/sync/conflicts`);
  await page
    .getByRole("link", { name: /^Resolve/ })
    .first()
    .click();
  await page.getByText("Both this machine and lab have a version 1.0.0").waitFor();
  expect(await violations(page)).toEqual([]);
  await settle("patched", "Make the one here 1.0.1");
  await settle("previewed", "Make the one here the pre-release 1.0.0-local.1");
  await settle("kept", "Keep it on this machine only");
  await page.getByRole("heading", { name: "There are no conflicts" }).waitFor();
  await page.goto(`${host.url}/#/sync`);
  await button(page, "Sync now").click();
  await expect.poll(() => versionsThere("patched"), { timeout: SLOW_MS }).toEqual(["1.0.0", "1.0.1"]);
  await expect.poll(() => versionsThere("previewed"), { timeout: SLOW_MS }).toEqual(["1.0.0", "1.0.0-local.1"]);
  expect(await versionsThere("kept")).toEqual(["1.0.0"]);
  await page.close();
}, 240_000);

test("on the other machine all of it is pulled, and the files are watched as they come", async () => {
  await slow("files.get", 4 * MEGABYTE);
  const other = await startBrowser(fresh.url);
  const page = await other.open("/sync");
  page.setDefaultTimeout(SLOW_MS);
  await button(page, "Sync now").click();
  const { text, max } = await watched(page, 100_000);
  expect(text).toMatch(/weights\.bin: /);
  expect(max).toBeGreaterThan(1);
  await fast();
  await settled(page);
  await page.goto(`${fresh.url}/#/models/patched`);
  await page.getByText("1.0.1").first().waitFor();
  await other.settle();
  await other.close();
}, 240_000);

test("the run table shows how each run stands, by one request for all in view", async () => {
  const page = await surfer.open("/", { context });
  page.setDefaultTimeout(SLOW_MS);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/sync/badges")) asked.push(request.postData() ?? "");
  });
  await page.goto(`${host.url}/#/experiments/${experiment}`);
  const row = page.getByRole("row", { name: /first/ });
  await row.getByTitle(/^In sync: lab/).waitFor();
  expect(asked.filter((body) => body.includes('"run"')).length, "one request, not one for each run").toBe(1);
  await page.close();
}, 120_000);

test("what was deleted here is deleted there once that is agreed to; a model wants its name, and agreement is taken back", async () => {
  const third = await seed.post<{ runs: { info: { run_id: string; run_name: string } }[] }>("runs/search", {
    experiment_ids: [experiment],
  });
  const { run_id } = third.runs.find(({ info }) => info.run_name === "third")?.info ?? { run_id: "" };
  await seed.post("runs/delete", { run_id });
  const gone = await fetch(`${host.url}/api/2.0/mlflow/registered-models/delete`, {
    method: "DELETE",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "kept" }),
  });
  expect(gone.status).toBe(200);
  const page = await open("/sync");
  await button(page, "More for lab").click();
  await page.getByRole("menuitem", { name: /^Delete there/ }).click();
  const dialog = page.getByRole("dialog");
  const remove = dialog.getByRole("button", { name: "Delete on lab" });
  await dialog.getByRole("checkbox", { name: /kept 0 files/ }).check();
  expect(await remove.isDisabled(), "the model's name is not typed").toBe(true);
  await dialog.getByLabel("Type kept to delete this model there").fill("kept");
  await dialog.getByRole("checkbox", { name: /third 1 file/ }).check();
  await dialog.getByText(/^2 objects, 24(\.0)? MB/).waitFor();
  expect(await violations(page, { within: "[role=dialog]" })).toEqual([]);
  await remove.click();
  await dialog.getByText("Agreed").nth(1).waitFor();
  await dialog.getByRole("button", { name: /^Keep it there.*kept/ }).click();
  await dialog.getByRole("checkbox", { name: /kept 0 files/ }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  expect((await there()).runs, "nothing goes before the next push").toContain("third");
  await button(page, "Sync now").click();
  await expect.poll(async () => (await there()).runs, { timeout: SLOW_MS }).not.toContain("third");
  expect((await there()).runs).toContain("second");
  expect(await versionsThere("kept"), "taken back: the model is still there").toEqual(["1.0.0"]);
  await page.close();
}, 180_000);
