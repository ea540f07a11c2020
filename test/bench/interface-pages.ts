/** What the bench of the interface looks at: the same things logged to both servers, and where each interface shows them. */
import { ask, mlflowCall, sendAll } from "./load.ts";
import { newExperiment, newRun, newRuns, pointAt, seedPoints, seedRuns } from "./seed.ts";
import type { Target } from "./targets.ts";

export interface InterfaceSizes {
  readonly runs: number; // of the long list
  readonly points: number; // of the long history
  readonly compared: number;
  readonly comparedPoints: number; // of each compared run
}

export const fullSizes: InterfaceSizes = { runs: 5000, points: 1_000_000, compared: 100, comparedPoints: 500 };
export const quickSizes: InterfaceSizes = { runs: 1000, points: 100_000, compared: 20, comparedPoints: 200 };

export interface World {
  readonly small: string; // an experiment of twelve runs
  readonly run: string; // one of them
  readonly large: string; // an experiment of thousands of runs
  readonly lastOfLarge: string; // the name of its newest run
  readonly longExperiment: string;
  readonly longRun: string; // with one metric of very many points
  readonly comparedExperiment: string;
  readonly compared: readonly string[];
  readonly live: string; // a running run
}

const seedCompared = async (target: Target, sizes: InterfaceSizes) => {
  const experiment = await newExperiment(target, "compared");
  const runs = await newRuns(target, sizes.compared, experiment);
  await sendAll(target.url, target.kind === "mlflow" ? 2 : 16, runs.length, (i) =>
    mlflowCall("runs/log-batch", {
      run_id: runs[i],
      params: [
        { key: "lr", value: String(1 / (1 + (i % 7))) },
        { key: "optimizer", value: ["adam", "sgd"][i % 2] },
        { key: "seed", value: String(i) },
      ],
      metrics: Array.from({ length: sizes.comparedPoints }, (_unused, step) => ({
        ...pointAt("loss", step),
        value: pointAt("loss", step).value * (1 + i / 50),
      })),
    }),
  );
  return { comparedExperiment: experiment, compared: runs };
};

/** Logs everything; MLflow's long lists go in by SQL, which its server does not notice. */
export const seedWorld = async (target: Target, sizes: InterfaceSizes): Promise<World> => {
  const small = await seedRuns(target, "small", 12);
  const found = await ask(target.url, mlflowCall("runs/search", { experiment_ids: [small], max_results: 1 }));
  const run = String((found as { runs: { info: { run_id: string } }[] }).runs[0]?.info.run_id);
  const large = await seedRuns(target, "large", sizes.runs);
  const longExperiment = await newExperiment(target, "long");
  const longRun = await newRun(target, longExperiment);
  await seedPoints(target, longRun, "loss", sizes.points);
  await ask(target.url, mlflowCall("registered-models/create", { name: "churn" }));
  await ask(
    target.url,
    mlflowCall("model-versions/create", { name: "churn", source: `runs:/${run}/model`, run_id: run }),
  );
  const live = await newRun(target, small);
  const last = `trial-${String(sizes.runs - 1)}`;
  return {
    small,
    run,
    large,
    lastOfLarge: last,
    longExperiment,
    longRun,
    live,
    ...(await seedCompared(target, sizes)),
  };
};

/** Hash routes are the same on both: Outpost took MLflow's. */
export const routesOf = (world: World) => ({
  home: "/",
  "run list": `/experiments/${world.small}/runs`,
  "run page": `/experiments/${world.small}/runs/${world.run}`,
  charts: `/experiments/${world.small}/runs/${world.run}/model-metrics`,
  compare: compareRoute(world, 4),
  "model version": "/models/churn/versions/1",
});
export type PageName = keyof ReturnType<typeof routesOf>;

export const compareRoute = (world: World, count: number): string => {
  const list = (ids: readonly string[]): string => encodeURIComponent(JSON.stringify(ids));
  return `/compare-runs?runs=${list(world.compared.slice(0, count))}&experiments=${list([world.comparedExperiment])}`;
};
