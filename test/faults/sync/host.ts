/**
 * A host in a process of its own, with short waits. Each named step of an effect is written to STEPS_FILE; the process
 * ends itself as by kill -9 at the one that KILL_AT names with its count: `create/answered#3`. STRIKES is a JSON list of
 * such names with a file that is made at that step: one that fills the disk (`fill`), or one that is only there (`touch`).
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { fillDisk } from "./full-disk.ts";
import { runHost } from "../../../electron/host/host.ts";

const {
  FOLDER: dataDir,
  PACE: pace = "1",
  STEPS_FILE: steps,
  KILL_AT: killAt,
  CLOCK_OFFSET: offset = "0",
  STRIKES: strikes = "[]",
} = process.env;

interface Strike {
  readonly at: string;
  readonly fill?: string;
  readonly touch?: string;
}
const struck = new Map((JSON.parse(strikes) as readonly Strike[]).map((strike) => [strike.at, strike]));

const seen = new Map<string, number>();
const at = (step: string): void => {
  const count = (seen.get(step) ?? 0) + 1;
  seen.set(step, count);
  const name = `${step}#${String(count)}`;
  if (steps !== undefined) appendFileSync(steps, `${name}\n`);
  const { fill, touch } = struck.get(name) ?? {};
  if (fill !== undefined) fillDisk(fill);
  if (touch !== undefined) writeFileSync(touch, "");
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
