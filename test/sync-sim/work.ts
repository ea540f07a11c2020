/** Many programs, one after the other, and what came of them. */
import { createHash } from "node:crypto";
import { createProgram, losing, type Program } from "./program.ts";
import { simulate, type Mutation, type Result } from "./simulate.ts";

export interface Failure {
  readonly seed: number;
  readonly breaks: readonly string[];
  /** Of its trace: whoever runs the seed again has the same one. */
  readonly digest: string;
}

export interface Sum {
  seeds: number;
  calls: number;
  syncs: number;
  kills: number;
  /** ms, of the process. */
  cpu: number;
  faults: Record<string, number>;
  failed: Failure[];
}

export interface Work {
  readonly first: number;
  /** From one seed to the next. */
  readonly stride: number;
  /** No more than these. */
  readonly seeds: number;
  /** Only answers are lost, and it ends with so many of them. */
  readonly lost?: number | undefined;
}

/** Answers of writes that had their effect. */
export const lostIn = ({ faults }: { readonly faults: Readonly<Record<string, number>> }): number =>
  faults["lost_after"] ?? 0;

export const programOf = (seed: number, isLosing: boolean): Program =>
  isLosing ? losing(createProgram(seed)) : createProgram(seed);

export const traceDigest = ({ trace }: Result): string => createHash("sha256").update(trace.join("\n")).digest("hex");

/** Runs its seeds in order. */
export const work = async ({ first, stride, seeds, lost }: Work, mutation: Mutation = {}): Promise<Sum> => {
  const sum: Sum = { seeds: 0, calls: 0, syncs: 0, kills: 0, cpu: 0, faults: {}, failed: [] };
  const before = process.cpuUsage();
  for (let seed = first; sum.seeds < seeds && (lost === undefined || lostIn(sum) < lost); seed += stride) {
    const result = await simulate(programOf(seed, lost !== undefined), mutation);
    sum.seeds += 1;
    sum.calls += result.calls;
    sum.syncs += result.syncs;
    sum.kills += result.kills;
    for (const [fault, n] of result.faults) sum.faults[fault] = (sum.faults[fault] ?? 0) + n;
    const breaks = result.breaks.map(({ invariant, detail }) => `${invariant}: ${detail}`);
    if (breaks.length > 0) sum.failed.push({ seed, breaks, digest: traceDigest(result) });
  }
  const { user, system } = process.cpuUsage(before);
  sum.cpu = (user + system) / 1000;
  return sum;
};

/** All of them as one, failures by seed. */
export const together = (sums: readonly Sum[]): Sum => {
  const total = (pick: (sum: Sum) => number): number => sums.reduce((all, sum) => all + pick(sum), 0);
  const kinds = [...new Set(sums.flatMap((sum) => Object.keys(sum.faults)))].sort();
  return {
    seeds: total((sum) => sum.seeds),
    calls: total((sum) => sum.calls),
    syncs: total((sum) => sum.syncs),
    kills: total((sum) => sum.kills),
    cpu: total((sum) => sum.cpu),
    faults: Object.fromEntries(kinds.map((kind) => [kind, total((sum) => sum.faults[kind] ?? 0)])),
    failed: sums.flatMap((sum) => sum.failed).sort((a, b) => a.seed - b.seed),
  };
};

/** What is there twice, of all that failed. */
export const duplicatesIn = ({ failed }: Sum): number =>
  failed.flatMap(({ breaks }) => breaks).filter((one) => one.startsWith("I1 nothing is there twice")).length;
