import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startMachine, type TestMachine } from "./stand-in/machine.ts";
import { gitlabToken, password } from "../helpers/canary.ts";

const TOKEN = gitlabToken("shell");
const PASSPHRASE = password("correct horse ");
let machine: TestMachine;

beforeAll(async () => {
  machine = await startMachine();
});
afterEach(() => machine.settle());
afterAll(() => machine?.close());

/** Every file below a folder that holds the text. */
const filesWith = (folder: string, text: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(folder, name);
    return (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false) && readFileSync(path).includes(text);
  });

test("a secret is kept by the keychain over a start, and lies nowhere in clear", async () => {
  const app = machine.start({ data: "kept" });
  const page = await app.page();
  const state = await page.evaluate((value) => window.outpost?.setSecret({ name: "gitlab/token", value }), TOKEN);
  expect(state).toEqual({ place: "keychain", locked: false, names: ["gitlab/token"] });
  await (await app.shell)?.quitNow();
  expect(filesWith(machine.root, TOKEN)).toEqual([]);

  const again = await machine.start({ data: "kept" }).page();
  expect(await again.evaluate(() => window.outpost?.hasSecret("gitlab/token"))).toBe(true);
  expect(
    await again.evaluate(() => Object.keys(window.outpost ?? {}).filter((name) => /^get|read/i.test(name))),
  ).toEqual([]);
});

test("a Linux with basic_text keeps nothing on disk until a passphrase is given; then it asks for it", async () => {
  const secrets = { backend: "basic_text", available: true };
  const app = machine.start({ data: "basic", secrets });
  const page = await app.page();
  await page.evaluate((value) => window.outpost?.setSecret({ name: "gitlab/token", value }), TOKEN);
  const file = join(machine.root, "basic-profile", "secrets.json");
  expect(existsSync(file)).toBe(false);
  await page.goto(`${await app.url()}/#/settings/desktop`);
  await page.getByLabel("Passphrase to keep them under").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Set passphrase" }).click();
  await page.getByText("kept in a file under your passphrase").waitFor();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await (await app.shell)?.quitNow();
  expect(filesWith(machine.root, TOKEN)).toEqual([]);

  const second = machine.start({ data: "basic", secrets });
  const later = await second.page();
  await later.goto(`${await second.url()}/#/settings/desktop`);
  await later.getByLabel("Passphrase", { exact: true }).fill(`${PASSPHRASE}z`);
  await later.getByRole("button", { name: "Unlock" }).click();
  await later.getByText("That is not the passphrase of the stored secrets").waitFor();
  await later.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await later.getByRole("button", { name: "Unlock" }).click();
  await later.getByText("gitlab/token").waitFor();
});
