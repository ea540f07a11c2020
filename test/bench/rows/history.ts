import { openConnection, toRequest } from "../load.ts";
import { type Row, shareOfLimit, timesLimit } from "../row.ts";
import { newRun, newRuns, seedPoints } from "../seed.ts";
import { oncePerTarget } from "../targets.ts";
import { measureLoop, measurement } from "./shared.ts";

const PAGE = 25_000;
const longRun = oncePerTarget(async (target, points: number) => {
  const run = await newRun(target);
  await seedPoints(target, run, "loss", points);
  return run;
});

const TOKEN = /"next_page_token": *"([^"]+)"/;
/** The token stands at a page's end; looking there spares this side the parsing, which would be part of the measure. */
const tokenOf = (page: Buffer): string | undefined => TOKEN.exec(page.subarray(-300).toString("latin1"))?.[1];

/** Every page of a history, one after the other over one connection. @throws Error for any answer but 200. */
const readPages = async (url: string, run: string): Promise<Buffer[]> => {
  const path = `/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=loss&max_results=${String(PAGE)}`;
  const connection = await openConnection(url);
  const pages: Buffer[] = [];
  let token: string | undefined;
  do {
    const { status, body } = await connection.send(
      toRequest("GET", token === undefined ? path : `${path}&page_token=${token}`),
    );
    if (status !== 200) throw new Error(`get-history answered ${String(status)}`);
    pages.push(body);
    token = tokenOf(body);
  } while (token !== undefined);
  connection.close();
  return pages;
};

const countPoints = (page: Buffer): number => {
  const answer: unknown = JSON.parse(page.toString("utf8"));
  const points = typeof answer === "object" && answer !== null && "metrics" in answer ? answer.metrics : [];
  return Array.isArray(points) ? points.length : 0;
};

/** Reads a whole history, page by page, as the Python client does. */
export const getHistory: Row = {
  name: "get-history",
  lines: [{ key: "rate", label: "get-history, 25k pages, points/s", better: "higher", goal: shareOfLimit(0.7) }],
  measure: async ({ target, sizes }) => {
    const server = await target();
    const run = await longRun(server, sizes.points);
    const first = await readPages(server.url, run);
    const count = first.reduce((total, page) => total + countPoints(page), 0);
    if (count !== sizes.points)
      throw new Error(`${server.kind} gave ${String(count)} of ${String(sizes.points)} points`);
    const started = performance.now();
    let passes = 0;
    do {
      await readPages(server.url, run);
      passes++;
    } while (performance.now() - started < sizes.loopMs / 2);
    return { values: { rate: (passes * sizes.points * 1000) / (performance.now() - started) } };
  },
};

const RUNS = 5;
const MAX = 320; // what MLflow's interface asks for
const sweeps = oncePerTarget(async (target, points: number) => {
  const [short, long] = [await newRuns(target, RUNS), await newRuns(target, RUNS)];
  for (const run of short) await seedPoints(target, run, "loss", points / 4);
  for (const run of long) await seedPoints(target, run, "loss", points);
  return { short, long };
});

/** What a chart of five runs costs; and the same with a quarter of the points, to see whether the length matters. */
export const bulkInterval: Row = {
  name: "bulk-interval",
  lines: [
    { key: "long", label: "get-history-bulk-interval, 5 × 20k points, ms", better: "lower", goal: timesLimit(1.5) },
    { key: "short", label: "the same, 5 × 5k points, ms", better: "lower" },
  ],
  measure: async ({ target, sizes }) => {
    const server = await target();
    const runs = await sweeps(server, sizes.intervalPoints);
    const measure = (ids: readonly string[]) => {
      const query = [...ids.map((id) => `run_ids=${id}`), "metric_key=loss", `max_results=${String(MAX)}`].join("&");
      const request = toRequest("GET", `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?${query}`);
      return measureLoop(server, { connections: 1, ms: sizes.loopMs / 2, request: () => request });
    };
    const [short, long] = [await measure(runs.short), await measure(runs.long)];
    return measurement(server, { long: long.p50, short: short.p50 }, short, long);
  },
};
