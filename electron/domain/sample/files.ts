/** The files of the sample project's runs and models, made here. */
import type { SampleExperiment, SampleRun } from "./plan.ts";
import { columnChart, heatMap } from "./png.ts";
import { createRandom } from "./random.ts";

export interface SampleFile {
  readonly path: string;
  readonly content: Buffer;
}

const text = (path: string, content: string): SampleFile => ({ path, content: Buffer.from(content, "utf8") });
const json = (path: string, value: unknown): SampleFile => text(path, `${JSON.stringify(value, null, 2)}\n`);
const lastOf = (values: readonly number[]): number => values.at(-1) ?? NaN;
const show = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : String(value));

const CLASSES = 10;

/** Where digits went: most to themselves, the more the better the run. */
const confusion = (accuracy: number, seed: number): number[][] => {
  const random = createRandom(seed);
  return Array.from({ length: CLASSES }, (_row, i) =>
    Array.from({ length: CLASSES }, (_cell, j) => (i === j ? accuracy : (1 - accuracy) * random() * 0.4)),
  );
};

const predictions = (run: SampleRun): string => {
  const random = createRandom(run.name.length * 7 + run.minutes);
  const rows = Array.from({ length: 200 }, (_unused, i) => {
    const actual = Math.floor(random() * CLASSES);
    const predicted = random() < 0.93 ? actual : Math.floor(random() * CLASSES);
    return `${i},${actual},${predicted},${(0.5 + random() / 2).toFixed(3)}`;
  });
  return `index,actual,predicted,confidence\n${rows.join("\n")}\n`;
};

const report = (run: SampleRun): string => {
  const rows = Object.entries(run.metrics).map(
    ([key, values]) => `<tr><td>${key}</td><td>${show(lastOf(values))}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${run.name}</title>
<style>body{font:14px system-ui;margin:24px}td{padding:4px 12px;border-bottom:1px solid #ccc}</style></head>
<body><h1>${run.name}</h1><p>Status: ${run.status}</p><table>${rows.join("")}</table></body></html>
`;
};

const modelCard = (run: SampleRun): string =>
  `# ${run.name}\n\nMade by Outpost's sample project.\n\n| metric | value |\n|---|---|\n${Object.entries(run.metrics)
    .map(([key, values]) => `| ${key} | ${show(lastOf(values))} |`)
    .join("\n")}\n`;

/** The artifacts of a run: a log, tables, pictures, a page, notes. */
export const runFiles = (run: SampleRun, { dataset }: SampleExperiment): SampleFile[] => {
  const values = Object.values(run.metrics)[0] ?? [];
  const accuracy = lastOf(run.metrics["val/accuracy"] ?? run.metrics["val/r2"] ?? [0.9]);
  const files = [
    text("logs/train.log", `${run.log.join("\n")}\n`),
    json("config.json", { ...run.params, dataset: dataset.name, rows: dataset.rows }),
  ];
  if (run.parent === undefined && !run.model) return files;
  return [
    ...files,
    { path: "plots/loss.png", content: columnChart(values) },
    { path: "plots/confusion.png", content: heatMap(confusion(Math.max(0.1, accuracy), run.minutes)) },
    text("predictions.csv", predictions(run)),
    text("report.html", report(run)),
    text("notes.md", modelCard(run)),
  ];
};

const signatureOf = (experiment: SampleExperiment): { inputs: string; outputs: string } => {
  const isDigits = experiment.dataset.name.startsWith("digits");
  return isDigits
    ? {
        inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 64]}}]',
        outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 10]}}]',
      }
    : {
        inputs:
          '[{"type": "double", "name": "rooms", "required": true}, {"type": "double", "name": "distance", "required": true}, {"type": "double", "name": "age", "required": true}]',
        outputs: '[{"type": "double", "required": true}]',
      };
};

const weights = (run: SampleRun): Buffer => {
  const random = createRandom(run.startedMinutesAgo);
  return Buffer.from(Float32Array.from({ length: 2048 }, () => random() - 0.5).buffer);
};

/** A logged model as plain files: what a person wants to look at, no program that could be run. */
export const modelFiles = (
  run: SampleRun,
  experiment: SampleExperiment,
  ids: { modelId: string; runId: string },
  time: string,
): SampleFile[] => {
  const { inputs, outputs } = signatureOf(experiment);
  const example = experiment.dataset.name.startsWith("digits")
    ? { inputs: [Array.from({ length: 64 }, (_unused, i) => (i * 7) % 17)] }
    : { columns: ["rooms", "distance", "age"], data: [[6.2, 4.1, 58]] };
  return [
    text(
      "MLmodel",
      `artifact_path: model
flavors:
  python_function:
    data: weights.bin
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: sample_loader
    python_version: 3.12.4
mlflow_version: 3.17.2
model_id: ${ids.modelId}
run_id: ${ids.runId}
saved_input_example_info:
  artifact_path: input_example.json
  type: ndarray
signature:
  inputs: '${inputs}'
  outputs: '${outputs}'
  params: null
utc_time_created: '${time}'
`,
    ),
    json("input_example.json", example),
    text("requirements.txt", "mlflow==3.17.2\nnumpy==2.3.1\n"),
    text("python_env.yaml", "python: 3.12.4\nbuild_dependencies:\n- pip==25.1\ndependencies:\n- -r requirements.txt\n"),
    text(
      "conda.yaml",
      "channels:\n- conda-forge\ndependencies:\n- python=3.12.4\n- pip\n- pip:\n  - mlflow==3.17.2\n  - numpy==2.3.1\nname: mlflow-env\n",
    ),
    { path: "weights.bin", content: weights(run) },
  ];
};
