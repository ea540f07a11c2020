/** What a server holds in memory: its whole tree of processes. Linux only; elsewhere NaN, which prints as a dash. */
import { readdirSync, readFileSync } from "node:fs";

const readOr = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // a process that has just ended
  }
};

/** The process and everything below it. */
const treeOf = (pid: number): number[] => {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOr(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [pid];
  for (const each of all) all.push(...(children.get(each) ?? []));
  return all;
};

const sumOf = (pid: number, file: string, field: RegExp): number => {
  if (process.platform !== "linux") return NaN;
  const kib = treeOf(pid).map((each) => Number(field.exec(readOr(`/proc/${String(each)}/${file}`))?.[1] ?? 0));
  return kib.reduce((total, one) => total + one, 0) / 1024;
};

/** Proportional set size, MiB: shared pages are counted once. */
export const pssMiB = (pid: number): number => sumOf(pid, "smaps_rollup", /^Pss:\s+(\d+)/m);

/** Resident set size, MiB. */
export const rssMiB = (pid: number): number => sumOf(pid, "status", /^VmRSS:\s+(\d+)/m);

/** Runs `work` and says how high the resident set was at most, MiB. */
export const peakDuring = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  let highest = rssMiB(pid);
  const look = (): void => void (highest = Math.max(highest, rssMiB(pid)));
  const timer = setInterval(look, 50);
  try {
    await work();
    look();
  } finally {
    clearInterval(timer);
  }
  return highest;
};

/** Runs `work` and says by how much the resident set grew above where it was, at most, MiB. */
export const growthDuring = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  const before = rssMiB(pid);
  return (await peakDuring(pid, work)) - before;
};
