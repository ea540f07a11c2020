/** What the pictures show: logged over the MLflow interface, some of it by the real Python client. */
import { createSeed, curve, HOSTILE, type Seed } from "../test/e2e/seed.ts";
import { runPython } from "../test/helpers/python.ts";

export interface Places {
  readonly experiment: string;
  readonly runs: readonly string[];
  readonly run: string;
  readonly long: string; // a run with very much of everything
  readonly sweep: string; // an experiment of thousands of runs
  readonly many: readonly string[]; // two hundred of them
  readonly hostile: string;
  readonly client: string; // route of the run that the client logged
}

const HOUR = 3_600_000;
const AT_ONCE = 20;

const SCRIPT = `
import math, mlflow
mlflow.set_experiment("forecast/energy")
with mlflow.start_run(run_name="prophet-weekly") as run:
    mlflow.log_params({"horizon": 168, "country": "KR", "seasonality": "weekly"})
    for step in range(60):
        mlflow.log_metrics({"val/mape": 12 * math.exp(-step / 20) + 4, "train/mape": 10 * math.exp(-step / 15) + 3}, step=step)
    mlflow.log_text("# Notes\\n\\nTrained on the grid data of 2025.", "notes.md")
    mlflow.log_dict({"horizon": 168, "holidays": ["2026-01-01", "2026-02-17"]}, "config.json")
    mlflow.set_tag("mlflow.note.content", "Weekly energy forecast. **Baseline** for the winter review.")
    print("ROUTE", f"/experiments/{run.info.experiment_id}/runs/{run.info.run_id}")
`;

const svg = (i: number): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="320"><rect width="480" height="320" fill="#eef"/>${Array.from(
      { length: 16 },
      (_unused, k) =>
        `<rect x="${40 + (k % 4) * 100}" y="${20 + Math.floor(k / 4) * 72}" width="96" height="68" fill="rgb(40 80 ${90 + ((k * 37 + i * 11) % 150)})"/>`,
    ).join("")}</svg>`,
  );

const seedChurn = async (seed: Seed) => {
  const experiment = await seed.experiment("churn/boosting", {
    "mlflow.note.content": "# Churn\n\nWho leaves within **90 days**? Trained weekly on the CRM export.",
  });
  const runs: string[] = [];
  for (let i = 0; i < 14; i += 1) {
    const run = await seed.run(experiment, {
      name: `trial-${i}`,
      status: i === 3 ? "FAILED" : i === 9 ? "KILLED" : "FINISHED",
      startTime: Date.now() - (15 - i) * 7 * HOUR,
      minutes: 12 + i,
      params: {
        learning_rate: String([0.1, 0.05, 0.01, 0.003][i % 4]),
        max_depth: String(4 + (i % 5)),
        objective: "binary:logistic",
        subsample: String(0.6 + (i % 3) / 10),
      },
      tags: {
        team: ["growth", "risk"][i % 2] ?? "",
        "mlflow.source.git.commit": `9f8e7d6c5b4a39281706f5e4d3c2b1a09876543${i % 10}`,
      },
      metrics: {
        "val/auc": curve(80, 0.4, 0.02).map((x) => 0.95 - x * (0.5 + i / 40)),
        "val/loss": curve(80, 1 - i / 40),
        "train/loss": curve(160, 0.9 - i / 40, 0.02),
        accuracy: [0.8 + ((i * 37) % 14) / 100],
        f1: [0.6 + ((i * 53) % 14) / 80],
        "system/cpu_utilization_percentage": curve(40, 60, 20),
        "system/gpu_0_memory_usage_megabytes": curve(40, 8000, 300),
      },
    });
    runs.push(run);
  }
  const last = runs.at(-1) ?? "";
  for (const [i, run] of runs.slice(-3).entries()) {
    await seed.artifact(
      experiment,
      run,
      "config.json",
      Buffer.from(
        JSON.stringify(
          { model: "xgboost", depth: 4 + i, eta: 0.1 / (i + 1), features: ["tenure", "plan", "calls"] },
          undefined,
          2,
        ),
      ),
    );
    await seed.artifact(experiment, run, "plots/matrix.svg", svg(i));
    await seed.artifact(
      experiment,
      run,
      "model/MLmodel",
      Buffer.from("artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.xgboost\n"),
    );
    await seed.artifact(experiment, run, "model/model.xgb", Buffer.alloc(180_000, i));
    await seed.artifact(
      experiment,
      run,
      "predictions.csv",
      Buffer.from(
        `id,score\n${Array.from({ length: 400 }, (_unused, k) => `${k},${((k * 7919) % 1000) / 1000}`).join("\n")}`,
      ),
    );
    await seed.artifact(
      experiment,
      run,
      "train.log",
      Buffer.from(
        Array.from({ length: 300 }, (_unused, k) => `[${k}] validation-auc:${(0.6 + k / 900).toFixed(5)}`).join("\n"),
      ),
    );
  }
  await seed.model(
    "churn",
    "# Churn model\n\nPredicts who leaves within 90 days.\n\n- Owner: growth\n- Reviewed every quarter",
  );
  await seed.version("churn", experiment, runs.at(-2) ?? "");
  await seed.alias("churn", "champion", await seed.version("churn", experiment, last));
  await seed.model("energy-forecast", "Hourly load, one week ahead.");
  await seed.run(experiment, {
    name: "live",
    status: "RUNNING",
    startTime: Date.now() - HOUR / 4,
    metrics: { "val/loss": curve(40), "val/auc": curve(40).map((x) => 1 - x / 2) },
  });
  for (const run of runs.slice(0, 2)) await seed.post("runs/delete", { run_id: run });
  return { experiment, runs: runs.slice(2), run: last };
};

const seedLong = (seed: Seed, experiment: string): Promise<string> =>
  seed.run(experiment, {
    name: "very-long-run-name-that-goes-on-and-on-as-generated-by-a-sweep-with-all-of-its-parameters-lr=0.001-depth=12",
    startTime: Date.now() - 2 * HOUR,
    params: Object.fromEntries(
      Array.from({ length: 90 }, (_unused, i) => [`model/block_${i % 9}/layer_${i}/units`, String(64 * (1 + (i % 8)))]),
    ),
    metrics: {
      loss: curve(200_000, 2, 0.4),
      ...Object.fromEntries(Array.from({ length: 60 }, (_unused, i) => [`val/class_${i}/f1`, [i / 60]])),
    },
  });

const seedSweep = async (seed: Seed, count: number): Promise<{ sweep: string; many: string[] }> => {
  const sweep = await seed.experiment("sweeps/transformer");
  const many: string[] = [];
  const trial = (i: number): Promise<string> =>
    seed.run(sweep, {
      name: `sweep-${i}`,
      startTime: 1_790_000_000_000 + i * 60_000,
      params: {
        lr: String(10 ** -(1 + (i % 5))),
        layers: String(2 + (i % 9)),
        optimizer: ["adam", "sgd", "lion"][i % 3] ?? "",
        dropout: String((i % 4) / 10),
      },
      metrics: {
        loss: i < 200 ? curve(40, 1 + i / 100) : [1 + (i % 100) / 100],
        accuracy: [((i * 7919) % 1000) / 1000],
      },
    });
  for (let i = 0; i < count; i += AT_ONCE)
    many.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_unused, k) => trial(i + k)))));
  return { sweep, many: many.slice(0, 200) };
};

/** Fills a host. */
export const seedScreenshots = async (url: string, sweepRuns: number): Promise<Places> => {
  const seed = createSeed(url);
  try {
    const churn = await seedChurn(seed);
    const long = await seedLong(seed, churn.experiment);
    const sweep = await seedSweep(seed, sweepRuns);
    const hostile = await seed.experiment(HOSTILE);
    await seed.run(hostile, {
      name: HOSTILE,
      startTime: Date.now() - HOUR,
      params: { note: HOSTILE },
      tags: { "mlflow.note.content": HOSTILE },
    });
    const printed = await runPython(["-c", SCRIPT], { trackingUri: url });
    return { ...churn, long, ...sweep, hostile, client: /ROUTE (\S+)/.exec(printed)?.[1] ?? "/" };
  } finally {
    seed.close();
  }
};
