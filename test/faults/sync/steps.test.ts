/**
 * The process ends as by kill -9 at every named step of a push, of an edit, of a pull, and of an import; then all is well
 * once it runs again. ALL_CELLS=1 plays all of them; else the steps are rehearsed, and an import is ended at one.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { integrityOf } from "../integrity.ts";
import { type Carried, importBundle, importDropped, madeBy } from "./carry.ts";
import { onStage, playTarget, setScene, type Stage } from "./cell.ts";
import { openLanes } from "./lanes.ts";
import { type Station, startStation, untilDead } from "./station.ts";
import { classOf, steps, type StepScene, toKillAt } from "./steps.ts";
import { contentOf } from "./work.ts";

const isAll = process.env["ALL_CELLS"] !== undefined;
const LONG = 3_000_000; // a machine may be busy with much else
const lanes = openLanes(isAll ? 5 : 1);
afterAll(() => lanes.close());

/** An empty workstation to which a bundle has come. */
const withBundle = async (stage: Stage, carried: Carried, stations: Station[], killAt?: string): Promise<Station> => {
  const station = await startStation(killAt === undefined ? {} : { killAt }, await stage.empty());
  stations.push(station);
  await station.putBundle(carried.name, carried.bytes);
  return station;
};

/** The steps of a scene that nothing disturbs. */
const rehearse = async (stage: Stage, scene: StepScene): Promise<readonly string[]> => {
  const all: string[] = [];
  await onStage(stage, `rehearsal of ${scene}`, async (stations) => {
    if (scene === "import") {
      const carried = await bundleOf(stage);
      const station = await withBundle(stage, carried, stations);
      await importDropped(station, carried);
      all.push(...station.steps());
      return;
    }
    const { station, more } = await setScene(stage, scene, { start: {} }, stations);
    const before = station.steps().length;
    await station.run(more);
    all.push(...station.steps().slice(before));
  });
  return all;
};

/** What an import that was cut off left: each object with all it has, or not at all. */
const expectWholeOrNone = async (station: Station, { content }: Carried): Promise<void> => {
  const found = await station.call("GET", "/api/2.0/mlflow/registered-models/search");
  const models = (found.registered_models ?? []).map(({ name, description }: { name: string; description: string }) => [name, description]); // prettier-ignore
  if (models.length > 0) expect(models).toEqual(content.models);
  const { runs = [] } = await station.mlflow("runs/search", { experiment_ids: await idsOf(station) });
  if (runs.length === 0) return;
  const { run, points } = await contentOf(station);
  expect({ run, points }).toEqual({ run: content.run, points: content.points });
};

const idsOf = async (station: Station): Promise<readonly string[]> => {
  const { experiments } = await station.mlflow("experiments/search", { max_results: 100 });
  return experiments.map(({ experiment_id }: { experiment_id: string }) => experiment_id);
};

const playImport = (stage: Stage, carried: Carried, killAt: string): Promise<void> =>
  onStage(stage, `import, ${killAt}`, async (stations) => {
    const station = await withBundle(stage, carried, stations, killAt);
    await untilDead(importDropped(station, carried));
    await station.restart();
    await expectWholeOrNone(station, carried);
    await importDropped(station, carried);
    expect(await contentOf(station)).toEqual(carried.content);
    expect(await importBundle(station, carried)).toMatchObject({ pulled: 0, settled: 0, left: 0, files: 0 });
    expect(integrityOf(station.dataDir)).toEqual(["ok"]);
  });

const bundles = new Map<Stage, Carried>();
/** The bundle of a stage's workstation, made once. */
const bundleOf = async (stage: Stage): Promise<Carried> => {
  const known = bundles.get(stage);
  if (known) return known;
  let made: Carried | undefined;
  await onStage(stage, "the making of the bundle", async (stations) => {
    made = await madeBy(stage, {}, stations);
  });
  if (!made) throw new Error("no bundle was made");
  bundles.set(stage, made);
  return made;
};

const rehearsed = new Map<StepScene, readonly string[]>();
const scenes: readonly StepScene[] = ["push", "edit", "pull", "import"];
beforeAll(async () => {
  await lanes.use(async (stage) => {
    await bundleOf(stage);
    for (const scene of scenes) rehearsed.set(scene, await rehearse(stage, scene));
  });
}, LONG);

test.each(scenes)(
  "no step of the scene '%s' is without a name in the table, and none of the table is unknown",
  (scene) => {
    expect(new Set(rehearsed.get(scene)?.map(classOf))).toEqual(new Set(steps[scene]));
  },
);

const killAt = async (scene: StepScene, step: string): Promise<void> =>
  lanes.use(async (stage) => {
    if (scene === "import") return playImport(stage, await bundleOf(stage), step);
    const play = { name: `${scene}, killed at ${step}`, start: { killAt: step } };
    return playTarget(stage, { scene, match: { operation: "none" } }, play);
  });

const ONE = "commit/pull#2";

test.each(isAll ? scenes : (["import"] as const))(
  "kill -9 at every step of the scene '%s'",
  async (scene) => {
    const all = toKillAt(scene, rehearsed.get(scene) ?? []);
    const some = isAll ? all : all.filter((step) => step === ONE);
    expect(some.length).toBeGreaterThan(0);
    const ends = await Promise.allSettled(some.map((step) => killAt(scene, step)));
    const failed = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
    if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join("\n\n"));
    process.stdout.write(`${scene}: ended at ${String(some.length)} steps\n`);
  },
  LONG,
);
