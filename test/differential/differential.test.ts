/** The small comparison with the real `mlflow server` that runs on every `npm test`; the full one is main.ts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deviations } from "../../shared/api/mlflow/deviations.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import { startMlflow } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { deviations as rules } from "./deviations.ts";
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

const steps = 300;

test.each([1, 2])(
  `${String(steps)} calls chosen by seed %i differ from MLflow's answers only where a deviation has a name`,
  async (seed) => {
    if (!mlflow || !outpost) throw new Error("the servers are not running");
    const report = await play({ reference: mlflow.url, candidate: outpost.url }, { seed, steps });
    expect(report.unexplained, reportText(report)).toEqual([]);
    expect(report.steps).toBe(steps);
  },
  300_000,
);

test("no rule explains a difference that the product's list of deviations does not name", () => {
  expect(rules.map((rule) => rule.name).filter((name) => !deviations.some((each) => each.case === name))).toEqual([]);
});
