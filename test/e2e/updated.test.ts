/** After an update the host serves another page than the one that is open. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";

const dataDir = mkdtempSync(join(tmpdir(), "outpost-e2e-updated-"));
let host: ServerProcess;
let surfer: Surfer;

beforeAll(async () => {
  host = await startOutpost({ dataDir });
  surfer = await startBrowser(host.url);
});
afterEach(() => surfer.settle());
afterAll(async () => {
  await surfer?.close();
  await host?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Ends the host and starts it again at its address, as an update does. */
const restart = async (): Promise<void> => {
  const port = Number(new URL(host.url).port);
  await host.stop();
  host = await startOutpost({ dataDir, port });
};

const opened = async (text: string) => {
  const context = await surfer.unwatched();
  const page = await surfer.open("/experiments", { context });
  let loads = 0;
  page.on("load", () => loads++);
  const renamed = (html: string): string => html.replace(/\/assets\/index-[^"]+\.js/, text);
  // What the page fetches to compare is the next version's; a navigation gets the real one.
  await page.route(`${host.url}/`, async (route) => {
    if (route.request().isNavigationRequest()) return route.continue();
    const response = await route.fetch();
    return route.fulfill({ response, body: renamed(await response.text()) });
  });
  return { page, loads: () => loads };
};

test("the old page loads itself again, once", async () => {
  const { page, loads } = await opened("/assets/index-next.js");
  await restart();
  await expect.poll(loads, { timeout: 20_000 }).toBe(1);
  await page.locator("h1").waitFor();
});

test("a page at which somebody works is not taken away: it is told, and loads again on a click", async () => {
  const { page, loads } = await opened("/assets/index-next.js");
  await page.getByRole("searchbox").or(page.getByRole("textbox")).first().fill("half a thought");
  await restart();
  await page.getByRole("button", { name: "Reload" }).click({ timeout: 20_000 });
  await expect.poll(loads).toBe(1);
});

test("a host that only started again leaves the page as it is", async () => {
  const { page, loads } = await opened("$&");
  const compared = page.waitForResponse((response) => response.url() === `${host.url}/`, { timeout: 20_000 });
  await restart();
  await compared;
  await page.getByText("Live", { exact: true }).waitFor();
  expect(loads()).toBe(0);
});
