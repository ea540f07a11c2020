import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { HandedOver } from "../../electron/shell/context.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import { startMachine, type TestMachine } from "./stand-in/machine.ts";

let machine: TestMachine;

beforeAll(async () => {
  machine = await startMachine();
});
afterEach(() => machine.settle());
afterAll(() => machine?.close());

const mortal = new URL("./mortal-host.ts", import.meta.url);

test("a first start shows a window in the page's colours at once, and fills it when the host answers", async () => {
  const app = machine.start({ isDark: true });
  await expect.poll(() => app.windows.length).toBe(1);
  const [first] = app.windows;
  expect(first?.options).toMatchObject({ backgroundColor: "#121316", title: "Outpost" });
  expect(first?.isVisible()).toBe(true);
  expect(first?.contents.getURL()).not.toContain("http");
  const page = await app.page();
  expect(await page.locator("h1").first().innerText()).not.toBe("");
  expect(await page.evaluate(async () => (await window.outpost?.versions())?.outpost)).toBe("0.0.0-test");
});

test("a second start on the same data folder hands over and ends; the first one comes to the front", async () => {
  const given: HandedOver[] = [];
  const features = [
    ({ onHandOver }: { onHandOver(listener: (given: HandedOver) => void): void }) => {
      onHandOver((one) => given.push(one));
      return {};
    },
  ];
  const first = machine.start({ data: "shared", features });
  await first.page();
  first.windows[0]?.minimize();
  const second = machine.start({ data: "shared", args: ["outpost://experiments/0", "notes.csv"] });
  expect(await second.shell).toBeUndefined();
  expect(await second.app.exited).toBe(0);
  expect(second.windows).toEqual([]);
  await expect.poll(() => given.map(({ words }) => words)).toEqual([["outpost://experiments/0", "notes.csv"]]);
  expect(first.windows[0]?.isMinimized()).toBe(false);
});

test("what the first start itself was given reaches the features", async () => {
  const given: HandedOver[] = [];
  const app = machine.start({
    args: ["outpost://models/fraud"],
    features: [
      ({ onHandOver }) => {
        onHandOver((one) => given.push(one));
        return {};
      },
    ],
  });
  await app.shell;
  expect(given.map(({ words }) => words)).toEqual([["outpost://models/fraud"]]);
});

test("windows come back where they were, with their zoom, on a screen that is there", async () => {
  const app = machine.start({ data: "placed" });
  await app.page();
  const [window] = app.windows;
  window?.setBounds({ x: 200, y: 120, width: 1000, height: 700 });
  window?.contents.setZoomLevel(1.5);
  await (await app.shell)?.quitNow();
  const again = machine.start({ data: "placed" });
  await again.page();
  expect(again.windows[0]?.getNormalBounds()).toEqual({ x: 200, y: 120, width: 1000, height: 700 });
  expect(again.windows[0]?.contents.zoomLevel).toBe(1.5);
});

test("a killed host comes back by itself, and the page goes on", async () => {
  const app = machine.start({ hostEntry: mortal });
  const page = await app.page();
  const seed = await app.seed();
  const phases: string[] = [];
  (await app.shell)?.context.host.onState(({ phase }) => phases.push(phase));
  writeFileSync(`${app.dataDir}.die`, "once");
  await expect.poll(() => phases, { timeout: 15_000 }).toEqual(["restarting", "running"]);
  await seed.experiment("after the crash");
  await page.goto(`${await app.url()}/#/experiments`);
  await page.getByText("after the crash").first().waitFor();
});

test("a host that is given up is said with its reason, and started again on a click", async () => {
  const app = machine.start({ hostEntry: mortal });
  await app.page();
  writeFileSync(`${app.dataDir}.die`, "always");
  const question = await app.dialogs.question(/host cannot run/);
  expect(question.detail).toContain("killed by the test");
  rmSync(`${app.dataDir}.die`);
  question.choose("Start again");
  await app.url();
});

test("quitting while a run is logging asks; the host goes on when the answer is no", async () => {
  const app = machine.start();
  await app.page();
  const seed = await app.seed();
  const experiment = await seed.experiment("churn");
  await seed.run(experiment, { name: "night-run", status: "RUNNING", metrics: { loss: [1, 0.5] } });
  app.app.quit();
  const first = await app.dialogs.question(/still logging/);
  expect(first.detail).toContain("night-run (churn)");
  first.choose("Keep running");
  await seed.experiment("still there");
  app.app.quit();
  (await app.dialogs.question(/still logging/)).choose("Quit");
  expect(await app.app.exited).toBe(0);
});

test("quitting asks nothing where no run is logging", async () => {
  const app = machine.start();
  await app.page();
  const seed = await app.seed();
  await seed.run(await seed.experiment("done"), { name: "done", metrics: { loss: [1] } });
  app.app.quit();
  expect(await app.app.exited).toBe(0);
  expect(app.dialogs.asked).toEqual([]);
});

test("closing the last window keeps the host while a run is logging, says so once, and ends when it has ended", async () => {
  const app = machine.start({ lookMs: 300 });
  await app.page();
  const seed = await app.seed();
  const run = await seed.run(await seed.experiment("long"), {
    name: "long",
    status: "RUNNING",
    metrics: { loss: [1] },
  });
  app.windows[0]?.close();
  (await app.dialogs.question(/goes on without a window/)).choose("Open the window");
  await app.page();
  app.windows[0]?.close();
  await seed.logMetrics(run, { loss: [0.5] }, { firstStep: 1 });
  await seed.finish(run, "FINISHED");
  expect(await app.app.exited).toBe(0);
  expect(app.dialogs.asked).toHaveLength(1);
});

test("closing the last window quits where nothing is logging", async () => {
  const app = machine.start();
  await app.page();
  app.windows[0]?.close();
  expect(await app.app.exited).toBe(0);
});

test("a window whose renderer crashes is loaded again, and asked about when it crashes on and on", async () => {
  const app = machine.start();
  await app.page();
  const [window] = app.windows;
  for (let crash = 1; crash <= 3; crash++) {
    await window?.contents.crash();
    await app.page();
  }
  await window?.contents.crash();
  (await app.dialogs.question(/crashed several times/)).choose("Load again");
  await app.page();
});

test("a window that hangs is asked about, and no longer when it answers again", async () => {
  const app = machine.start();
  await app.page();
  const [window] = app.windows;
  window?.emit("unresponsive");
  await app.dialogs.question(/does not respond/);
  window?.emit("responsive");
  expect(app.dialogs.open).toEqual([]);
  window?.emit("unresponsive");
  const gone = new Promise((resolve) => window?.contents.once("render-process-gone", resolve));
  (await app.dialogs.question(/does not respond/)).choose("Load again");
  await gone;
  await app.page();
});

test("a data folder that another process serves is shown, left alone at the end, and taken over when that one is gone", async () => {
  const dataDir = join(machine.root, "served");
  const other = await startOutpost({ dataDir });
  const app = machine.start({ data: "served" });
  await app.page();
  expect((await app.shell)?.context.host.state).toMatchObject({ phase: "running", ours: false, url: other.url });
  await other.stop();
  await expect
    .poll(async () => (await app.shell)?.context.host.state, { timeout: 30_000 })
    .toMatchObject({ phase: "running", ours: true });
  await app.page();
});

test("a start that is told to hide opens no window and answers scripts", async () => {
  const app = machine.start({ args: ["--hidden"] });
  const seed = await app.seed();
  await seed.experiment("unseen");
  expect(app.windows).toEqual([]);
});

test("a host that cannot start says why in the window, in the system's language", async () => {
  const app = machine.start({ args: ["--log-max-mb", "0"], locale: "ko-KR" });
  const question = await app.dialogs.question(/호스트를 실행할 수 없습니다/);
  expect(question.detail).toContain("--log-max-mb");
  const shown = await app.windows[0]?.contents.page();
  await expect.poll(() => shown?.locator("body").innerText()).toContain("--log-max-mb");
  question.choose("종료");
  expect(await app.app.exited).toBe(0);
});

test("several windows: each its own, the next one a step aside", async () => {
  const app = machine.start();
  const page = await app.page();
  await page.evaluate(() => window.outpost?.newWindow("/models"));
  const second = await app.page(1);
  await expect.poll(() => second.url()).toContain("#/models");
  const [a, b] = app.windows.map((window) => window.getNormalBounds());
  expect(b?.x).toBe((a?.x ?? 0) + 28);
});

test("the chosen colours are those of the next start", async () => {
  const app = machine.start({ data: "colours" });
  const page = await app.page();
  await page.evaluate(() => window.outpost?.setPreference({ name: "theme", value: "dark" }));
  await (await app.shell)?.quitNow();
  const again = machine.start({ data: "colours" });
  await again.page();
  expect(again.windows[0]?.options.backgroundColor).toBe("#121316");
});
