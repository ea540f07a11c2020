/** What happens to a workstation rather than to a call: a second process, a sleep, a backup that was put back. */
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectWell, heal, openStage, type Stage } from "./cell.ts";
import { type Json, type Station, startStation } from "./station.ts";
import { contentOf, heldBy, wholeOf } from "./work.ts";

const LONG = 600_000; // a machine may be busy with much else
const lostAnswers = process.env["ALL_CELLS"] === undefined ? 20 : 200;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const withStation = async (folder: string, use: (station: Station) => Promise<unknown>): Promise<void> => {
  const station = await startStation({}, folder);
  try {
    await use(station);
  } finally {
    await station.stop();
    station.remove();
  }
};

test(
  "F16: a second process on the folder refuses and names the first",
  async () => {
    await withStation(await stage.full(), async (station) => {
      const second = startStation({}, station.folder);
      await expect(second).rejects.toThrow(String(station.pid()));
      expect(await contentOf(station)).toMatchObject({ models: [["m1", "d"]] });
    });
  },
  LONG,
);

test.skipIf(process.platform === "win32")(
  `F21: a process that sleeps in the midst of a sync goes on${process.platform === "win32" ? " (skipped: Windows has no SIGSTOP)" : ""}`,
  async () => {
    const { double } = stage;
    await double.control("POST", "reset", {});
    await withStation(await stage.full(), async (station) => {
      const before = await contentOf(station);
      await double.control("POST", "rules", {
        rules: [{ match: { operation: "files.put" }, fault: { kind: "hang" } }],
      });
      const ended = station.run();
      const struck = async (): Promise<boolean> =>
        (await double.control("GET", "rules")).some((rule: Json) => rule.struck > 0);
      await expect.poll(struck, { timeout: 60_000 }).toBe(true);
      process.kill(station.pid(), "SIGSTOP");
      try {
        await double.control("DELETE", "rules");
        await new Promise((resolve) => setTimeout(resolve, 4_000)); // longer than any wait of the engine at this pace
      } finally {
        process.kill(station.pid(), "SIGCONT");
      }
      await ended;
      await heal(station, {});
      await expectWell(station, double, before, {});
    });
  },
  LONG,
);

test(
  "F23: a folder from before the sync, put back, finds its things again by their marks",
  async () => {
    const { double } = stage;
    await double.control("POST", "reset", {});
    const folder = await stage.full();
    const backup = mkdtempSync(join(tmpdir(), "outpost-backup-"));
    cpSync(folder, backup, { recursive: true });
    await withStation(folder, (station) => heal(station, {}));
    const there = await heldBy(double);
    expect(there).toEqual(wholeOf("d"));
    await withStation(backup, async (station) => {
      const before = await contentOf(station);
      await heal(station, {});
      await expectWell(station, double, before, {});
    });
  },
  LONG,
);

test(
  `${String(lostAnswers)} lost answers: nothing is there twice`,
  async () => {
    const { double } = stage;
    await double.control("POST", "reset", {});
    await withStation(await stage.full(), async (station) => {
      const { experiment_id } = await station.mlflow("experiments/create", { name: "many" });
      for (let n = 0; n < lostAnswers; n++)
        await station.mlflow("runs/create", { experiment_id, run_name: `run-${String(n)}`, start_time: 1_000 + n });
      await double.control("POST", "rules", {
        rules: [{ match: { operation: "runs.create", times: lostAnswers }, fault: { kind: "drop-after" } }],
      });
      for (let n = 0; n < 20 && (await station.run()).outcome !== "done"; n++);
      const [rule] = await double.control("GET", "rules");
      expect(rule.struck).toBe(lostAnswers);
      await heal(station, {});
      const { runs } = await double.control("GET", "state");
      const names = runs.filter(({ name }: Json) => name.startsWith("run-")).map(({ name }: Json) => name);
      expect(names).toHaveLength(lostAnswers);
      expect(new Set(names).size).toBe(lostAnswers);
    });
  },
  LONG * 3,
);
