/** The small comparison with the real `mlflow server` that runs on every `npm test`; the full one is main.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { startMlflow } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { play, reportText } from "./player.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-differential-"));
let mlflow: ServerProcess | undefined;
let outpost: ServerProcess | undefined;

beforeAll(async () => {
  [mlflow, outpost] = await Promise.all([
    startMlflow(join(folder, "mlflow")),
    startOutpost({ dataDir: join(folder, "outpost") }),
  ]);
}, 240_000);

afterAll(async () => {
  await Promise.all([mlflow?.stop(), outpost?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** FULL_ROUNDS: the agreement that a release must show. */
const seeds = process.env["FULL_ROUNDS"] ? [1, 2, 3, 4, 5] : [1, 2];
const steps = process.env["FULL_ROUNDS"] ? 3_000 : 300;

test.each(seeds)(
  `${String(steps)} calls chosen by seed %i differ from MLflow's answers only where a deviation has a name`,
  async (seed) => {
    if (!mlflow || !outpost) throw new Error("the servers are not running");
    const report = await play({ reference: mlflow.url, candidate: outpost.url }, { seed, steps });
    expect(report.unexplained, reportText(report)).toEqual([]);
    expect(report.steps).toBe(steps);
  },
  1_200_000,
);
