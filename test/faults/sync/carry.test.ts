/** F12 O13, O14: bundles that are made and taken in by machines whose clocks are wrong. ALL_CELLS=1 plays every clock. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { integrityOf } from "../integrity.ts";
import { exportAll, importBundle, madeBy } from "./carry.ts";
import { onStage, openStage, type Stage } from "./cell.ts";
import { startStation } from "./station.ts";
import { contentOf, editStation } from "./work.ts";

const HOUR = 3_600_000;
const YEARS = 87_600 * HOUR;
const isAll = process.env["ALL_CELLS"] !== undefined;
const LONG = 600_000; // a machine may be busy with much else
const hours = (ms: number): string => `${String(ms / HOUR)} h`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const clocks = [
  [-YEARS, YEARS],
  [YEARS, -YEARS],
  [HOUR, -HOUR],
  [-HOUR, HOUR],
] as const;

test.each(isAll ? clocks : clocks.slice(0, 1))(
  "a bundle of a clock that is off by %i ms is taken in under one that is off by %i ms, and a newer one of a clock that was set back brings what is newer",
  async (made, taken) => {
    await onStage(stage, `clocks ${hours(made)}, ${hours(taken)}`, async (stations) => {
      const first = await madeBy(stage, { clockOffset: made }, stations);
      const station = await startStation({ clockOffset: taken }, await stage.empty());
      stations.push(station);
      expect(await importBundle(station, first)).toMatchObject({ conflicts: 0, blocked: 0, left: 0, problems: [] });
      expect(await contentOf(station)).toEqual(first.content);
      expect(await importBundle(station, first)).toMatchObject({ pulled: 0, settled: 0, left: 0, files: 0 });
      const [writer] = stations;
      if (!writer) throw new Error("no workstation made the bundle");
      await writer.restart({ clockOffset: made - YEARS });
      await editStation(writer);
      const newer = await exportAll(writer);
      await station.restart({ clockOffset: taken - YEARS });
      expect(await importBundle(station, newer)).toMatchObject({ conflicts: 0, blocked: 0, left: 0 });
      expect(newer.content.run.tag).toBe("changed");
      expect(await contentOf(station)).toEqual(newer.content);
      expect(await importBundle(station, first), "the older one again").toMatchObject({ pulled: 0, left: 0 });
      expect(await contentOf(station)).toEqual(newer.content);
      expect(integrityOf(station.dataDir)).toEqual(["ok"]);
    });
  },
  LONG,
);
