/** Sixteen scripts write while four people search: the day of a shared workstation. */
import { type Request, mlflowCall, runLoop } from "../load.ts";
import { atMost, type Row, shareOfLimit } from "../row.ts";
import { newRuns, pointAt } from "../seed.ts";
import { oncePerTarget } from "../targets.ts";
import { filtered, searchedRuns } from "./search.ts";
import { measurement } from "./shared.ts";

const WRITERS = 16;
const SEARCHERS = 4;
const BATCH = 100;
const KEYS = 10;
/** What MLflow has not answered by then is given up on and counted. */
const PATIENCE_MS = 60_000;

const writersOf = oncePerTarget((target, experiment: string) => newRuns(target, WRITERS, experiment));
let step = 0;

export const mixed: Row = {
  name: "mixed",
  mostRounds: 3,
  lines: [
    { key: "writes", label: "mixed, 16 writers × 100 metrics, writes/s", better: "higher", goal: shareOfLimit(0.7) },
    { key: "writesP99", label: "mixed, writes, p99 ms", better: "lower", goal: atMost(200) },
    { key: "reads", label: "mixed, 4 searching 10k runs, reads/s", better: "higher", goal: shareOfLimit(0.7) },
    { key: "readsP99", label: "mixed, reads, p99 ms", better: "lower", goal: atMost(100) },
  ],
  measure: async ({ target, sizes }) => {
    const server = await target();
    const { experiment } = await searchedRuns(server, sizes.runs);
    const runs = await writersOf(server, experiment);
    const write = (_n: number, connection: number): Request => {
      const first = step;
      step += BATCH / KEYS;
      const metrics = Array.from({ length: BATCH }, (_unused, i) =>
        pointAt(`m${String(i % KEYS)}`, first + Math.floor(i / KEYS)),
      );
      return mlflowCall("runs/log-batch", { run_id: runs[connection], metrics });
    };
    const search = mlflowCall("runs/search", { experiment_ids: [experiment], max_results: 100, ...filtered });
    const both = (ms: number) =>
      Promise.all([
        runLoop({ url: server.url, connections: WRITERS, ms, patienceMs: PATIENCE_MS, request: write }),
        runLoop({ url: server.url, connections: SEARCHERS, ms, patienceMs: PATIENCE_MS, request: () => search }),
      ]);
    if (server.kind !== "mlflow") await both(sizes.loopMs / 4);
    const [writing, reading] = await both(sizes.loopMs);
    if (server.kind !== "mlflow" && writing.failures + reading.failures > 0)
      throw new Error(`${server.kind}: ${writing.firstFailure ?? reading.firstFailure ?? "failed"}`);
    const values = {
      writes: writing.perSecond,
      writesP99: writing.p99,
      reads: reading.perSecond,
      readsP99: reading.p99,
    };
    return measurement(server, values, writing, reading);
  },
};
