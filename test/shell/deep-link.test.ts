import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startMachine, type TestMachine } from "./stand-in/machine.ts";

/** What takes a moment: longer than a busy machine needs. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

let machine: TestMachine;

beforeAll(async () => {
  machine = await startMachine();
});
afterEach(() => machine.settle());
afterAll(() => machine?.close());

test("a link that starts the app, or comes from a second start, leads to its page", async () => {
  const first = machine.start({ data: "linked", args: ["outpost://models"] });
  const page = await first.page();
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  const second = machine.start({ data: "linked", args: ["outpost://settings/about"] });
  expect(await second.app.exited).toBe(0);
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  expect(first.windows).toHaveLength(1);
});

test("macOS tells of links by an event, before the app is ready too", async () => {
  const app = machine.start();
  app.app.emit("open-url", { preventDefault: () => {} }, "outpost://trash");
  const page = await app.page();
  await page.getByRole("heading", { level: 1, name: "Trash" }).waitFor();
  app.app.emit("open-url", { preventDefault: () => {} }, "outpost://experiments");
  await page.getByRole("heading", { level: 1, name: "Experiments" }).waitFor();
});

test.each(["outpost://javascript:alert(1)", "outpost://..%2f..%2fetc", "outpost://import?path=/etc"])(
  "%s leads Home, which says that there is no such page",
  async (link) => {
    const page = await machine.start({ args: [link] }).page();
    await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
    await page.getByRole("status").getByText(link).waitFor();
  },
);

test("open at login is a file that comes and goes", async () => {
  const app = machine.start();
  const page = await app.page();
  const file = join(machine.root, ".config", "autostart", "outpost.desktop");
  await page.goto(`${await app.url()}/#/settings/desktop`);
  await page.getByLabel("Open Outpost at login").check();
  await soon(() => existsSync(file)).toBe(true);
  await page.getByLabel("Open Outpost at login").uncheck();
  await soon(() => existsSync(file)).toBe(false);
});
