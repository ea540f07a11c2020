/** Calls that a training script makes most. */
import { type Request, mlflowCall } from "../load.ts";
import { atMost, type Row, shareOfLimit } from "../row.ts";
import { newRuns, pointAt } from "../seed.ts";
import { oncePerTarget } from "../targets.ts";
import { measureLoop, measurement } from "./shared.ts";

export const runsCreate: Row = {
  name: "runs-create",
  lines: [{ key: "rate", label: "runs/create, 1 connection, runs/s", better: "higher", goal: shareOfLimit(0.6) }],
  measure: async ({ target, sizes }) => {
    const server = await target();
    const body = {
      experiment_id: "0",
      run_name: "bench",
      start_time: Date.now(),
      tags: [{ key: "mlflow.user", value: "me" }],
    };
    const request = mlflowCall("runs/create", body);
    const loop = await measureLoop(server, { connections: 1, ms: sizes.loopMs, request: () => request });
    return measurement(server, { rate: loop.perSecond }, loop);
  },
};

/** Each connection is a script of its own, logging to a run of its own. */
const CONNECTIONS = 32;
const runsOf = oncePerTarget((target) => newRuns(target, CONNECTIONS));
let step = 0;

const logMetric = (connections: number, lines: Row["lines"]): Row => ({
  name: `log-metric-${String(connections)}`,
  lines,
  measure: async ({ target, sizes }) => {
    const server = await target();
    const runs = await runsOf(server);
    const loop = await measureLoop(server, {
      connections,
      ms: sizes.loopMs,
      request: (_n, connection) =>
        mlflowCall("runs/log-metric", { run_id: runs[connection], ...pointAt("loss", step++) }),
    });
    return measurement(server, { rate: loop.perSecond, p50: loop.p50, p99: loop.p99 }, loop);
  },
});

export const logMetric1 = logMetric(1, [
  { key: "rate", label: "log-metric, 1 connection, req/s", better: "higher", goal: shareOfLimit(0.7) },
  { key: "p50", label: "log-metric, 1 connection, p50 ms", better: "lower" },
]);

export const logMetric32 = logMetric(CONNECTIONS, [
  { key: "rate", label: "log-metric, 32 connections, req/s", better: "higher", goal: shareOfLimit(0.7) },
  { key: "p99", label: "log-metric, 32 connections, p99 ms", better: "lower", goal: atMost(20) },
]);

const BATCH = 1000;
const WRITERS = 4;

export const logBatch: Row = {
  name: "log-batch",
  lines: [{ key: "rate", label: "log-batch, 4 × 1000 metrics, metrics/s", better: "higher", goal: shareOfLimit(0.7) }],
  measure: async ({ target, sizes }) => {
    const server = await target();
    const runs = await runsOf(server);
    const request = (_n: number, connection: number): Request => {
      const first = step;
      step += BATCH;
      const metrics = Array.from({ length: BATCH }, (_unused, i) => pointAt(`m${String(i % 10)}`, first + i));
      return mlflowCall("runs/log-batch", { run_id: runs[connection], metrics });
    };
    const loop = await measureLoop(server, { connections: WRITERS, ms: sizes.loopMs, request });
    return measurement(server, { rate: loop.perSecond * BATCH }, loop);
  },
};
