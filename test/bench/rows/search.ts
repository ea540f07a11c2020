import { fieldOf } from "../../helpers/http-client.ts";
import { ask, mlflowCall, type Request } from "../load.ts";
import { atMost, type Goal, type Row, type Sizes } from "../row.ts";
import { lastPageToken, seedRuns } from "../seed.ts";
import { oncePerTarget, type Target } from "../targets.ts";
import { measureLoop, measurement } from "./shared.ts";

/** A broad filter with an order: one run in six passes. */
export const filtered = {
  filter: "metrics.accuracy > 0.5 and params.optimizer = 'adam'",
  order_by: ["metrics.accuracy DESC"],
};
const tagged = { filter: "tags.group LIKE '%17%'" };

/** One request of MLflow's may take minutes: it is cut off, and said so. */
const PATIENCE_MS = 120_000;

const searched = (name: string) =>
  oncePerTarget(async (target, count: number) => {
    const experiment = await seedRuns(target, name, count);
    return { experiment, last: await lastPageToken(target, experiment, count) };
  });

/** The experiment that `mixed` searches too. */
export const searchedRuns = searched("searched");

/** What a search found, by the start times: ids differ from server to server. MLflow may be too slow to say. */
const startTimesOf = async (target: Target, request: Request): Promise<string | undefined> => {
  const answer = await ask(target.url, request, PATIENCE_MS).catch((error: unknown) => {
    if (target.kind === "mlflow") return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const runs = fieldOf(answer, "runs");
  if (!Array.isArray(runs)) throw new Error("runs is no list");
  return runs.map((run) => String(fieldOf(run, "info", "start_time"))).join(" ");
};

const known = new Map<string, string>();
/** @throws Error when two servers found other runs: then their times say nothing. */
const agree = (search: string, found: string | undefined): void => {
  if (found === undefined) return;
  const first = known.get(search) ?? found;
  known.set(search, first);
  if (first !== found)
    throw new Error(`${search}: the servers disagree: ${first.slice(0, 80)}… and ${found.slice(0, 80)}…`);
};

const searchRow = (
  name: string,
  title: string,
  countOf: (sizes: Sizes) => number,
  goals: Readonly<Record<"all" | "filtered" | "tagged" | "last", Goal>>,
  option?: Row["option"],
): Row => {
  const runsOf = option === undefined ? searchedRuns : searched(name);
  return {
    name,
    ...(option === undefined ? {} : { option }),
    lines: [
      { key: "all", label: `runs/search, ${title}: all, ms`, better: "lower", goal: goals.all },
      {
        key: "filtered",
        label: `runs/search, ${title}: metric + param filter, ordered, ms`,
        better: "lower",
        goal: goals.filtered,
      },
      { key: "tagged", label: `runs/search, ${title}: tag LIKE, ms`, better: "lower", goal: goals.tagged },
      { key: "last", label: `runs/search, ${title}: last page, ms`, better: "lower", goal: goals.last },
    ],
    measure: async ({ target, sizes }) => {
      const server = await target();
      const { experiment, last } = await runsOf(server, countOf(sizes));
      const search = async (more: object) => {
        const request = mlflowCall("runs/search", { experiment_ids: [experiment], max_results: 100, ...more });
        const found = await startTimesOf(server, request);
        agree(`${name} ${JSON.stringify(more, (key, value: unknown) => (key === "page_token" ? "" : value))}`, found);
        return measureLoop(server, {
          connections: 1,
          ms: sizes.loopMs / 4,
          patienceMs: PATIENCE_MS,
          request: () => request,
        });
      };
      const loops = {
        all: await search({}),
        filtered: await search(filtered),
        tagged: await search(tagged),
        last: await search({ page_token: last }),
      };
      // A request that was cut off counts with the time it was given.
      const values = Object.fromEntries(
        Object.entries(loops).map(([key, { p50 }]) => [key, Number.isNaN(p50) ? PATIENCE_MS : p50]),
      );
      return measurement(server, values, ...Object.values(loops));
    },
  };
};

export const searchRuns = searchRow("search-runs", "10k runs", (sizes) => sizes.runs, {
  all: atMost(10),
  filtered: atMost(20),
  tagged: atMost(12),
  last: atMost(10),
});

const LARGE = 100_000;
export const searchRunsLarge = searchRow(
  "search-runs-large",
  "100k runs",
  () => LARGE,
  { all: atMost(50), filtered: atMost(50), tagged: atMost(50), last: atMost(50) },
  "large",
);
