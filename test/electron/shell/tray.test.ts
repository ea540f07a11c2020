import { expect, test, vi } from "vitest";
import type { Phrase } from "../../../electron/shell/phrases.ts";
import { trayItems, trayTip, type TrayActs, type TrayFacts } from "../../../electron/shell/tray.ts";
import type { RecentRun } from "../../../shared/api/outpost/runs.ts";
import type { HostState } from "../../../shared/shell/signals.ts";

const URL_HERE = "http://127.0.0.1:5000";
const RUNNING: HostState = { phase: "running", url: URL_HERE, port: 5000, dataDir: "/data", ours: true };

const run = (n: number, run_name = `run ${n}`): RecentRun => ({
  run_id: String(n).padStart(32, "0"),
  experiment_id: "7",
  experiment_name: "cells",
  run_name,
  user_id: "mira",
  status: "RUNNING",
  start_time: 1,
  end_time: null,
  lifecycle_stage: "active",
});
const inEnglish = ({ en }: Phrase): string => en;
const acts = () =>
  ({ show: vi.fn(), copy: vi.fn(), startHost: vi.fn(), stopHost: vi.fn(), quit: vi.fn() }) satisfies TrayActs;

const labels = (facts: TrayFacts): string[] =>
  trayItems(facts, acts(), inEnglish).map(({ label, type }) => (type === "separator" ? "—" : (label ?? "")));

const press = (facts: TrayFacts, name: string, done: TrayActs): void => {
  const item = trayItems(facts, done, inEnglish).find(({ label }) => label === name);
  // The items look at none of what Electron passes to a click.
  Reflect.apply(item!.click!, undefined, []);
};

test("shows the runs, the address and the ways out", () => {
  expect(labels({ host: RUNNING, running: [run(1), run(2)] })).toEqual([
    "Open Outpost",
    "—",
    "2 runs are running",
    "run 1 · cells",
    "run 2 · cells",
    "—",
    "Listening on http://127.0.0.1:5000",
    "Copy tracking address",
    "Stop the host",
    "—",
    "Quit Outpost",
  ]);
});

test("many runs are counted, not listed", () => {
  const running = Array.from({ length: 57 }, (_unused, i) => run(i));
  const shown = labels({ host: RUNNING, running });
  expect(shown).toContain("57 runs are running");
  expect(shown).toContain("47 more");
  expect(shown.filter((label) => label.includes("·"))).toHaveLength(10);
});

test.each<[HostState, string[]]>([
  [{ phase: "stopped" }, ["The host is stopped", "Start the host"]],
  [{ phase: "failed", reason: "port" }, ["The host could not start", "Start the host"]],
  [{ phase: "starting" }, ["The host is starting"]],
  [{ phase: "restarting", reason: "crash" }, ["The host crashed and is starting again"]],
  [
    { ...RUNNING, ours: false },
    ["No run is running", "—", "Listening on http://127.0.0.1:5000", "Copy tracking address"],
  ],
])("says how the host is: %j", (host, shown) => {
  expect(labels({ host, running: [] })).toEqual(["Open Outpost", "—", ...shown, "—", "Quit Outpost"]);
});

test("each item does what it says", () => {
  const done = acts();
  const facts = { host: RUNNING, running: [run(1)] };
  press(facts, "run 1 · cells", done);
  expect(done.show).toHaveBeenCalledExactlyOnceWith(`/experiments/7/runs/${run(1).run_id}`);
  press(facts, "Copy tracking address", done);
  expect(done.copy).toHaveBeenCalledExactlyOnceWith(URL_HERE);
  press(facts, "Stop the host", done);
  expect(done.stopHost).toHaveBeenCalledOnce();
  press({ host: { phase: "stopped" }, running: [] }, "Start the host", done);
  expect(done.startHost).toHaveBeenCalledOnce();
  press(facts, "Quit Outpost", done);
  expect(done.quit).toHaveBeenCalledOnce();
});

test("names cannot make lines, mnemonics or change the direction of text", () => {
  const [, , , item] = labels({ host: RUNNING, running: [run(1, "a&b\n\u202Ec".padEnd(200, "x"))] });
  expect(item).toMatch(/^a&&b cx+…$/);
  expect(item!.length).toBeLessThanOrEqual(61);
});

test("the tip is one line", () => {
  expect(trayTip({ host: RUNNING, running: [run(1)] }, inEnglish)).toBe("Outpost · 127.0.0.1:5000 · 1 run is running");
  expect(trayTip({ host: { phase: "stopped" }, running: [] }, inEnglish)).toBe("Outpost");
});
