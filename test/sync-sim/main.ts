/**
 * `npm run test:sync-sim [-- --seeds N | --from N | --lost N | --seed N]`: many seeds, one process for each core. `--lost`
 * goes on until so many answers were lost; `--seed` runs one again, and shrinks it when it fails.
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import { duplicatesIn, lostIn, programOf, together, traceDigest, work, type Failure, type Sum, type Work } from "./work.ts"; // prettier-ignore

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20000" },
    from: { type: "string", default: "1" },
    lost: { type: "string" },
    seed: { type: "string" },
    worker: { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});

const lost = values.lost === undefined ? undefined : Number(values.lost);
const number = (n: number): string => n.toLocaleString("en");

/** Runs one seed again; `before` is what it came to in another process. */
const replay = async (seed: number, before?: Failure): Promise<boolean> => {
  const program = programOf(seed, lost !== undefined);
  const result = await simulate(program);
  const { steps: _, ...facts } = program;
  console.log(JSON.stringify(facts));
  const digest = traceDigest(result);
  console.log(`trace ${digest}${before === undefined ? "" : before.digest === digest ? ", as before" : `, and before it was ${before.digest}: THE SAME SEED RAN OTHERWISE`}`); // prettier-ignore
  if (result.breaks.length === 0) {
    console.log(`seed ${seed}: every invariant holds`);
    return true;
  }
  const small = await shrink(program, result);
  console.log(small.result.trace.join("\n"));
  for (const { invariant, detail } of small.result.breaks) console.log(`${invariant}: ${detail}`);
  console.log(`seed ${seed}: ${program.steps.length} steps, ${small.program.steps.length} after shrinking`);
  return false;
};

const startWorker = (part: Work): Promise<Sum> => {
  const child = fork(import.meta.filename, ["--worker", JSON.stringify(part)]);
  return new Promise<Sum>((resolve, reject) => {
    child.once("message", (sum) => {
      resolve(sum as Sum);
      child.disconnect();
    });
    child.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
  });
};

const tellFailures = async ({ failed }: Sum): Promise<void> => {
  const kinds = Map.groupBy(failed, ({ breaks }) => breaks[0]?.split(":")[0] ?? "");
  for (const [kind, of] of kinds) console.log(`${kind}: ${of.length} seeds, such as ${of.slice(0, 20).map(({ seed }) => seed).join(", ")}`); // prettier-ignore
  for (const { seed, breaks } of failed.slice(0, 5)) console.log(`seed ${seed}: ${breaks[0]}`);
  const [first] = failed;
  if (!first) return;
  await replay(first.seed, first);
  console.log(`Again: npm run test:sync-sim -- ${lost === undefined ? "" : "--lost 1 "}--seed ${first.seed}`);
};

const many = async (from: number, seeds: number, workers: number): Promise<boolean> => {
  const started = performance.now();
  const share = lost === undefined ? undefined : Math.ceil(lost / workers);
  const parts = Array.from({ length: workers }, (_, at): Work => ({ first: from + at, stride: workers, seeds: Math.floor((seeds - at + workers - 1) / workers), lost: share })); // prettier-ignore
  const sum = together(await Promise.all(parts.map(startWorker)));
  const seconds = (performance.now() - started) / 1000;
  console.log(`${sum.seeds} seeds in ${seconds.toFixed(0)} s, ${(sum.seeds / seconds).toFixed(1)} a second, ${(sum.cpu / sum.seeds).toFixed(1)} ms of CPU each`); // prettier-ignore
  console.log(`${sum.syncs} syncs, ${sum.calls} calls, ${sum.kills} ends of an engine`);
  for (const [fault, n] of Object.entries(sum.faults)) console.log(`  ${fault}: ${n}`);
  console.log(`${number(lostIn(sum))} answers lost in ${number(sum.syncs)} syncs: ${duplicatesIn(sum)} duplicates`);
  console.log(`${sum.failed.length} seeds break an invariant`);
  await tellFailures(sum);
  const isEnough = lost === undefined || lostIn(sum) >= lost;
  if (!isEnough) console.log(`${number(lost)} answers were to be lost: more seeds are needed`);
  return sum.failed.length === 0 && isEnough;
};

if (values.worker !== undefined) {
  const sum = await work(JSON.parse(values.worker) as Work);
  process.once("disconnect", () => process.exit());
  process.send?.(sum);
} else if (values.seed !== undefined) process.exitCode = (await replay(Number(values.seed))) ? 0 : 1;
else process.exitCode = (await many(Number(values.from), Number(values.seeds), Number(values.workers))) ? 0 : 1;
