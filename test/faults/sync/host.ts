/**
 * A host in a process of its own, with short waits. Each named step of an effect is written to STEPS_FILE; the process
 * ends itself as by kill -9 at the one that KILL_AT names with its count: `create/answered#3`.
 */
import { appendFileSync } from "node:fs";
import { runHost } from "../../../electron/host/host.ts";

const {
  FOLDER: dataDir,
  PACE: pace = "1",
  STEPS_FILE: steps,
  KILL_AT: killAt,
  CLOCK_OFFSET: offset = "0",
} = process.env;

const seen = new Map<string, number>();
const at = (step: string): void => {
  const count = (seen.get(step) ?? 0) + 1;
  seen.set(step, count);
  const name = `${step}#${String(count)}`;
  if (steps !== undefined) appendFileSync(steps, `${name}\n`);
  if (name === killAt) process.kill(process.pid, "SIGKILL");
};

const host = await runHost(
  { dataDir, flags: { port: 0 }, env: {}, version: "0" },
  {
    toPerson: (line) => process.stderr.write(`${line}\n`),
    now: () => Date.now() + Number(offset),
    syncTuning: { pace: Number(pace), at, atCommit: at },
  },
);
process.stdout.write(`listening on ${host.url}\n`);
process.on("SIGTERM", () => void host.close().then(() => process.exit(0)));

/** Ends with its caller: a test runner that was killed leaves no host behind. */
const caller = process.ppid;
setInterval(() => {
  if (process.ppid !== caller) process.exit(1);
}, 1_000).unref();
