/**
 * `npm run bench [-- ROW… --quick --large --huge --only KIND,… --rounds N --port-from N]`: Outpost, `mlflow server` and
 * a bare prototype side by side, rounds interleaved, medians, as a table with ratios. Names of rows leave out the others.
 */
import { cpSync, mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot } from "../helpers/outpost-process.ts";
import { full, type Measurement, quick, type Row, type Setting, type Sizes } from "./row.ts";
import { bigArtifact, hugeArtifact, smallArtifacts } from "./rows/artifacts.ts";
import { disk } from "./rows/disk.ts";
import { bulkInterval, getHistory } from "./rows/history.ts";
import { mixed } from "./rows/mixed.ts";
import { pythonClient } from "./rows/python.ts";
import { searchModels, searchVersions } from "./rows/registry.ts";
import { searchRuns, searchRunsLarge } from "./rows/search.ts";
import { coldStart, idleMemory } from "./rows/start.ts";
import { logBatch, logMetric1, logMetric32, runsCreate } from "./rows/tracking.ts";
import { tableOf } from "./table.ts";
import { createTargets, type Kind, kinds, type Target, type Targets } from "./targets.ts";

/** In this order: what starts servers of its own comes before the shared ones run. */
const rows: readonly Row[] = [
  coldStart,
  idleMemory,
  disk,
  runsCreate,
  logMetric1,
  logMetric32,
  logBatch,
  getHistory,
  bulkInterval,
  searchModels,
  searchVersions,
  searchRuns,
  mixed,
  pythonClient,
  smallArtifacts,
  bigArtifact,
  hugeArtifact,
  searchRunsLarge,
];

const say = (message: string): void => void process.stderr.write(`${message}\n`);

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    huge: { type: "boolean", default: false },
    only: { type: "string", default: kinds.join(",") },
    rounds: { type: "string" },
    "port-from": { type: "string" },
  },
});

const chosen = (): readonly Row[] => {
  const unknown = names.find((name) => !rows.some((row) => row.name.startsWith(name)));
  if (unknown !== undefined) throw new Error(`no row is called ${unknown}: ${rows.map((row) => row.name).join(" ")}`);
  if (names.length > 0)
    return rows.filter((row) => names.some((name) => row.name === name || row.name.startsWith(`${name}-`)));
  return rows.filter((row) => row.option === undefined || options[row.option]);
};

const sizes: Sizes = {
  ...(options.quick ? quick : full),
  ...(options.rounds === undefined ? {} : { rounds: Number(options.rounds) }),
};

const load = (): string =>
  loadavg()
    .map((each) => each.toFixed(1))
    .join(" ");

/** Runs one row on every server in turn, so that a noisy minute hits them alike. */
const runRow = async (
  row: Row,
  settings: ReadonlyMap<Kind, Setting>,
  results: Map<Kind, Measurement[]>,
): Promise<void> => {
  const rounds = Math.min(sizes.rounds, row.mostRounds ?? Infinity);
  for (let round = 1; round <= rounds; round++)
    for (const [kind, setting] of settings) {
      if (row.kinds && !row.kinds.includes(kind)) continue;
      const measured = await row.measure(setting);
      results.set(kind, [...(results.get(kind) ?? []), measured]);
      const shown = Object.entries(measured.values).map(([key, value]) => `${key} ${value.toFixed(2)}`);
      say(`${row.name} ${String(round)}/${String(rounds)} ${kind}: ${shown.join(", ")}`);
    }
};

const settingsOf = (targets: Targets): Map<Kind, Setting> => {
  const wanted = kinds.filter((kind) => options.only.split(",").includes(kind));
  return new Map(
    wanted.map((kind): [Kind, Setting] => {
      let shared: Promise<Target> | undefined;
      return [kind, { kind, sizes, start: targets.start, target: () => (shared ??= targets.start(kind, "shared")) }];
    }),
  );
};

/** A copy of the bundle, so that a build meanwhile does not change what is measured. */
const keepBundle = (): string => {
  mkdirSync(join(projectRoot, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(projectRoot, ".cache/bench-"));
  cpSync(join(projectRoot, "dist"), folder, { recursive: true });
  process.env["OUTPOST_ENTRY"] ??= join(folder, "outpost.js");
  return folder;
};

const bench = async (): Promise<void> => {
  const todo = chosen();
  const folder = mkdtempSync(join(tmpdir(), "outpost-bench-"));
  const bundle = keepBundle();
  let port = options["port-from"] === undefined ? undefined : Number(options["port-from"]);
  const targets = createTargets(folder, { next: () => (port === undefined ? undefined : port++) });
  const settings = settingsOf(targets);
  const failures: string[] = [];
  const measured: { row: Row; results: Map<Kind, Measurement[]> }[] = [];
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void targets.stopAll().finally(() => process.exit(1)));
  say(`load average ${load()} on ${String(cpus().length)} cores`);
  try {
    for (const row of todo) {
      const results = new Map<Kind, Measurement[]>();
      measured.push({ row, results });
      await runRow(row, settings, results).catch((error: unknown) => {
        failures.push(`${row.name}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  } finally {
    await targets.stopAll();
    rmSync(folder, { recursive: true, force: true });
    rmSync(bundle, { recursive: true, force: true });
    const { text, met, of } = tableOf(measured);
    const notes = measured.flatMap(({ row, results }) =>
      [...results.values()].flat().flatMap(({ note }) => (note === undefined ? [] : [`${row.name}: ${note}`])),
    );
    console.log(text);
    for (const note of new Set(notes)) console.log(`note: ${note}`);
    for (const failure of failures) console.log(`FAILED ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
    console.log(
      `${String(met)} of ${String(of)} lines met; ${String(sizes.rounds)} rounds, ${options.quick ? `quick sizes (${String(sizes.runs)} runs, a file of ${String(sizes.bigFileMiB)} MiB), ` : ""}` +
        `load average ${load()} on ${String(cpus().length)} cores, Node ${process.version}`,
    );
  }
};

await bench();
