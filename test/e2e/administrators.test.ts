import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { readZip } from "../helpers/read-zip.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-admin-"));
const dataDir = join(folder, "data");
const policy = join(folder, "policy.yaml");
const CANARY = "qzcanaryqz";
let host: ServerProcess;
let surfer: Surfer;

beforeAll(async () => {
  writeFileSync(policy, "backup_keep_last: 9\nallowed_hosts: [tunnel.example:8080]\n", { mode: 0o600 });
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "config.yaml"), "backup_keep_weekly: 6\n");
  host = await startOutpost({ dataDir, env: { OUTPOST_POLICY_FILE: policy } });
  surfer = await startBrowser(host.url);
  const seed = createSeed(host.url);
  await seed.run(await seed.experiment(CANARY), { name: CANARY, params: { [CANARY]: CANARY } });
  seed.close();
});
afterAll(async () => {
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const words = {
  en: ["Policy", "Locked by the administrators:"],
  ko: ["정책", "관리자가 잠금:"],
  ja: ["ポリシー", "管理者によるロック:"],
} as const;

test.each(["en", "ko", "ja"] as const)(
  "general, in %s: a locked setting shows its lock and its policy",
  async (language) => {
    const page = await surfer.open("/settings/general", { language });
    const locked = page.getByRole("row", { name: /^backup_keep_last/ });
    const [source, reason] = words[language];
    await locked.getByText(source, { exact: true }).waitFor();
    await locked.getByText(reason).waitFor();
    expect(await locked.textContent()).toContain(policy);
    expect(await locked.textContent()).toContain("9");
    expect(await locked.textContent()).not.toContain("--backup-keep-last"); // no way to change it is offered
    expect(await locked.locator("input, select, button, a").count()).toBe(0);
    const free = page.getByRole("row", { name: /^backup_keep_daily/ });
    expect(await free.textContent()).toContain("--backup-keep-daily");
    const ofFile = await page.getByRole("row", { name: /^backup_keep_weekly/ }).textContent();
    expect(ofFile).toContain(join(dataDir, "config.yaml"));
    expect(ofFile).toContain("6");
    await page.getByText(policy).first().waitFor();
    expect(await violations(page)).toEqual([]);
  },
);

test("about: the diagnostics come as a file that holds what the page says, and no names", async () => {
  const page = await surfer.open("/settings/about");
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save diagnostics" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^outpost-diagnostics-\d{8}T\d{6}Z\.zip$/);
  const files = readZip(readFileSync(await download.path()));
  expect([...files.keys()]).toContain("outpost-diagnostics/store.json");
  const text = [...files.values()].map((bytes) => bytes.toString("utf8")).join("\n");
  expect(text).toContain('"backup_keep_last"');
  expect(text).not.toContain(CANARY);
  await page.getByText(`Saved as ${download.suggestedFilename()}`).waitFor();
  await page.getByText("store.json").waitFor();
  expect(await violations(page)).toEqual([]);
});
