import { setTimeout as sleep } from "node:timers/promises";
import { pssMiB, rssMiB } from "../memory.ts";
import { atMost, type Row } from "../row.ts";

let folders = 0;

/** From spawning the process to its first answer, on a folder that is not there yet and again on the same one. */
export const coldStart: Row = {
  name: "cold-start",
  mostRounds: 3,
  lines: [
    { key: "empty", label: "cold start, empty folder, ms", better: "lower", goal: atMost(400) },
    { key: "existing", label: "cold start, existing folder, ms", better: "lower", goal: atMost(300) },
  ],
  measure: async ({ kind, start }) => {
    const name = `start-${String(folders++)}`;
    const first = await start(kind, name);
    await first.stop();
    const second = await start(kind, name);
    await second.stop();
    return { values: { empty: first.readyMs, existing: second.readyMs } };
  },
};

/** Ms in which a started server comes to rest. */
const SETTLE_MS = 5000;

/** What a server that was started and left alone holds. */
export const idleMemory: Row = {
  name: "idle-memory",
  mostRounds: 1,
  lines: [
    { key: "pss", label: "idle memory (PSS), MiB", better: "lower", goal: atMost(120), factor: 0 },
    { key: "rss", label: "idle memory (RSS), MiB", better: "lower", factor: 0 },
  ],
  measure: async ({ kind, start }) => {
    const target = await start(kind, `idle-${String(folders++)}`);
    await sleep(SETTLE_MS);
    const values = { pss: pssMiB(target.pid), rss: rssMiB(target.pid) };
    await target.stop();
    return { values };
  },
};
