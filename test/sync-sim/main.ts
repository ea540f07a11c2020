/** `npm run test:sync-sim [-- --seeds N | --from N | --seed N]`: many seeds, one process for each core. */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { createProgram } from "./program.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    worker: { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});

interface Sum {
  seeds: number;
  calls: number;
  syncs: number;
  kills: number;
  faults: Record<string, number>;
  failed: { seed: number; breaks: readonly string[] }[];
}

const replay = async (seed: number): Promise<boolean> => {
  const program = createProgram(seed);
  const result = await simulate(program);
  const { steps: _, ...facts } = program;
  console.log(JSON.stringify(facts));
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

const work = async (first: number, count: number, stride: number): Promise<Sum> => {
  const sum: Sum = { seeds: 0, calls: 0, syncs: 0, kills: 0, faults: {}, failed: [] };
  for (let at = 0; at < count; at += 1) {
    const seed = first + at * stride;
    const { breaks, faults, calls, syncs, kills } = await simulate(createProgram(seed));
    sum.seeds += 1;
    sum.calls += calls;
    sum.syncs += syncs;
    sum.kills += kills;
    for (const [fault, n] of faults) sum.faults[fault] = (sum.faults[fault] ?? 0) + n;
    if (breaks.length > 0) sum.failed.push({ seed, breaks: breaks.map(({ invariant, detail }) => `${invariant}: ${detail}`) }); // prettier-ignore
  }
  return sum;
};

const many = async (from: number, seeds: number, workers: number): Promise<boolean> => {
  const started = performance.now();
  const sums = await Promise.all(
    Array.from({ length: workers }, (_, index) => {
      const count = Math.floor((seeds - index + workers - 1) / workers);
      const child = fork(import.meta.filename, ["--worker", `${from + index},${count},${workers}`]);
      return new Promise<Sum>((resolve, reject) => {
        child.once("message", (sum) => {
          resolve(sum as Sum);
          child.disconnect();
        });
        child.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
      });
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const total = (pick: (sum: Sum) => number): number => sums.reduce((all, sum) => all + pick(sum), 0);
  const done = total((sum) => sum.seeds);
  console.log(`${done} seeds in ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(1)} a second`);
  console.log(`${total((sum) => sum.syncs)} syncs, ${total((sum) => sum.calls)} calls, ${total((sum) => sum.kills)} ends of an engine`); // prettier-ignore
  for (const fault of new Set(sums.flatMap((sum) => Object.keys(sum.faults))))
    console.log(`  ${fault}: ${total((sum) => sum.faults[fault] ?? 0)}`);
  const failed = sums.flatMap((sum) => sum.failed).sort((a, b) => a.seed - b.seed);
  const kinds = new Map<string, number[]>();
  for (const { seed, breaks } of failed) {
    const kind = breaks[0]?.split(":")[0] ?? "";
    kinds.set(kind, [...(kinds.get(kind) ?? []), seed]);
  }
  for (const [kind, of] of kinds) console.log(`${kind}: ${of.length} seeds, such as ${of.slice(0, 20).join(", ")}`);
  for (const { seed, breaks } of failed.slice(0, 5)) console.log(`seed ${seed}: ${breaks[0]}`);
  console.log(`${failed.length} seeds break an invariant`);
  const [first] = failed;
  if (first) await replay(first.seed);
  return failed.length === 0;
};

if (values.worker !== undefined) {
  const [first = 1, count = 0, stride = 1] = values.worker.split(",").map(Number);
  const sum = await work(first, count, stride);
  process.once("disconnect", () => process.exit());
  process.send?.(sum);
} else if (values.seed !== undefined) process.exitCode = (await replay(Number(values.seed))) ? 0 : 1;
else process.exitCode = (await many(Number(values.from), Number(values.seeds), Number(values.workers))) ? 0 : 1;
