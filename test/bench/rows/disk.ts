import { mlflowCall, sendAll } from "../load.ts";
import { atMost, type Row } from "../row.ts";
import { newRuns, pointAt } from "../seed.ts";
import { databaseBytes } from "../targets.ts";

const RUNS = 10;
const KEYS = 10;
const BATCH = 1000;
let folders = 0;

/** Bytes by which the database grows, with ten runs of ten metrics, as for a million points. */
export const disk: Row = {
  name: "disk",
  mostRounds: 1,
  lines: [{ key: "size", label: "disk per 1,000,000 metric points, MB", better: "lower", goal: atMost(40), factor: 0 }],
  measure: async ({ kind, start, sizes }) => {
    const name = `disk-${String(folders++)}`;
    const fresh = await start(kind, name);
    const runs = await newRuns(fresh, RUNS);
    await fresh.stop(); // what a stop leaves is the file without its log
    const before = databaseBytes(fresh.folder);
    const filled = await start(kind, name);
    const perRun = BATCH / KEYS;
    await sendAll(filled.url, 4, sizes.diskPoints / BATCH, (n) => {
      const first = Math.floor(n / RUNS) * perRun;
      const metrics = Array.from({ length: BATCH }, (_unused, i) =>
        pointAt(`metric-${String(i % KEYS)}`, first + Math.floor(i / KEYS)),
      );
      return mlflowCall("runs/log-batch", { run_id: runs[n % RUNS], metrics });
    });
    await filled.stop();
    return { values: { size: (databaseBytes(filled.folder) - before) / sizes.diskPoints } };
  },
};
