import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startMachine, type StartedApp, type TestMachine } from "./stand-in/machine.ts";

/** What takes a moment: longer than a busy machine needs. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

let machine: TestMachine;

beforeAll(async () => {
  machine = await startMachine();
});
afterEach(() => machine.settle());
afterAll(() => machine?.close());

const trayLabels = ({ trays }: StartedApp): string[] =>
  trays[0]?.menu?.items.map(({ label, type }) => (type === "separator" ? "—" : (label ?? ""))) ?? [];

const click = ({ trays }: StartedApp, label: string): void => {
  const item = trays[0]?.menu?.items.find((one) => one.label === label);
  if (!item?.click) throw new Error(`the tray has no '${label}' to click`);
  item.click();
};

/** The item of a menu by the texts on the way to it. */
const choose = (app: StartedApp, ...path: string[]): void => {
  let items = app.applicationMenu()?.items ?? [];
  for (const label of path.slice(0, -1)) items = items.find((one) => one.label === label)?.submenu ?? [];
  const item = items.find(({ label }) => label === path.at(-1));
  if (!item?.click) throw new Error(`the menu has no ${path.join(" › ")}`);
  item.click(item, app.windows[0]?.proxy, {});
};

test("the tray lists what runs; a click opens the run; the address is copied", async () => {
  const app = machine.start();
  const page = await app.page();
  expect(app.trays).toHaveLength(1);
  const seed = await app.seed();
  const experiment = await seed.experiment("cells");
  const run = await seed.run(experiment, { name: "bold-cat", status: "RUNNING" });
  await soon(() => trayLabels(app)).toContain("bold-cat · cells");
  expect(app.trays[0]?.toolTip).toContain("1 run is running");
  click(app, "bold-cat · cells");
  await page.getByRole("heading", { level: 1, name: "bold-cat" }).waitFor();
  click(app, "Copy tracking address");
  expect(app.copied).toEqual([await app.url()]);
  await seed.finish(run, "FINISHED");
  await soon(() => trayLabels(app)).toContain("No run is running");
});

test("the host is stopped and started from the tray; the page says so and goes on", async () => {
  const app = machine.start();
  const page = await app.page();
  click(app, "Stop the host");
  await soon(() => trayLabels(app)).toContain("The host is stopped");
  await page.getByText("The host is stopped").waitFor();
  click(app, "Start the host");
  await soon(() => trayLabels(app)).toContain("Stop the host");
  await app.url();
});

test("a run that ends while nobody looks is told of; the note leads to it", async () => {
  const app = machine.start();
  const page = await app.page();
  const seed = await app.seed();
  const experiment = await seed.experiment("cells");
  const run = await seed.run(experiment, { name: "sad-cat", status: "RUNNING" });
  await soon(() => trayLabels(app)).toContain("sad-cat · cells");
  app.windows[0]?.blur();
  await seed.finish(run, "FAILED");
  await soon(() => app.notifications.length).toBe(1);
  const [note] = app.notifications;
  expect([note?.title, note?.body]).toEqual(["sad-cat failed", "cells"]);
  note?.emit("click", {});
  await page.getByRole("heading", { level: 1, name: "sad-cat" }).waitFor();
  expect(app.windows[0]?.isFocused()).toBe(true);
});

test("a sweep of 120 runs that end at once gives one note", async () => {
  const app = machine.start();
  await app.page();
  const seed = await app.seed();
  const experiment = await seed.experiment("sweep");
  app.windows[0]?.blur();
  const first = await seed.run(experiment, { name: "first", status: "RUNNING" });
  await soon(() => trayLabels(app)).toContain("first · sweep");
  const runs = await Promise.all(
    Array.from({ length: 119 }, (_unused, i) => seed.run(experiment, { name: `run ${i}`, status: "RUNNING" })),
  );
  await Promise.all([first, ...runs].map((run) => seed.finish(run, "FINISHED")));
  await soon(() => app.notifications.length).toBe(1);
  const shell = await app.shell;
  expect(shell?.context.preferences.all.notifications).toBe("all");
  expect(String(app.notifications[0]?.title)).toMatch(/^\d+ runs ended$/);
});

test("notifications can be switched off, and a system without them is none the worse", async () => {
  const app = machine.start();
  const page = await app.page();
  await page.goto(`${await app.url()}/#/settings/desktop`);
  await page.getByLabel("None", { exact: true }).check();
  const shell = await app.shell;
  await soon(() => shell?.context.preferences.all.notifications).toBe("none");
  const without = machine.start({ notifications: false });
  await without.page();
  expect(without.trays).toHaveLength(1);
});

test("the menu does what it says: search, help, settings, a new window, the folders", async () => {
  const app = machine.start();
  const page = await app.page();
  choose(app, "Edit", "Search or Go to…");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  choose(app, "Help", "Keyboard Shortcuts");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  choose(app, "File", "Settings…");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  choose(app, "File", "Open Data Folder");
  choose(app, "Help", "Open Log Folder");
  expect(app.shellPiece.paths).toEqual([app.dataDir, join(app.dataDir, "logs")]);
  choose(app, "File", "New Window");
  await app.page(1);
});

test("menu and tray follow the language that is chosen in the page", async () => {
  const app = machine.start({ locale: "ja-JP" });
  const page = await app.page();
  expect(app.applicationMenu()?.items[0]?.label).toBe("ファイル");
  await page.goto(`${await app.url()}/#/settings/appearance`);
  await page.getByLabel("한국어", { exact: true }).check();
  await soon(() => app.applicationMenu()?.items[0]?.label).toBe("파일");
  await soon(() => trayLabels(app)).toContain("진행 중인 실행 없음");
});
