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

/** Highest figures of a time, MiB, each by itself. */
export interface Peak {
  /** All that is resident. */
  readonly rss: number;
  /** Memory in the narrow sense: what the processes themselves filled, and what they share of that. */
  readonly own: number;
  /** Pages of files: the program itself, and of the database what is mapped. The system takes them back when it wants. */
  readonly files: number;
}

const partsMiB = (pid: number): Peak => ({
  rss: rssMiB(pid),
  own: sumOf(pid, "status", /^RssAnon:\s+(\d+)/m) + sumOf(pid, "status", /^RssShmem:\s+(\d+)/m),
  files: sumOf(pid, "status", /^RssFile:\s+(\d+)/m),
});

/** Runs `work` and says how high the resident set and its parts were at most, MiB. */
export const peakDuring = async (pid: number, work: () => Promise<unknown>): Promise<Peak> => {
  let highest = partsMiB(pid);
  const look = (): void => {
    const now = partsMiB(pid);
    const { rss, own, files } = highest;
    highest = { rss: Math.max(rss, now.rss), own: Math.max(own, now.own), files: Math.max(files, now.files) };
  };
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
  return (await peakDuring(pid, work)).rss - before;
};
