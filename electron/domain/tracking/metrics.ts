/** Reading histories of metrics. */
import { DomainError } from "../../../shared/errors.ts";
import type { HistoryPosition, MetricStore, RawPoint } from "../../store/metrics.ts";
import type { RunStore } from "../../store/runs.ts";

export type { RawPoint } from "../../store/metrics.ts";
export type Metrics = ReturnType<typeof createMetrics>;

const NO_LIMIT = -1;

/** Opaque to clients: where a page ended, and in which order it runs. */
const toToken = ({ order, after }: HistoryPosition): string =>
  Buffer.from(JSON.stringify([order === "step" ? "s" : "t", ...after.map(String)])).toString("base64url");

/** @throws DomainError `invalid` for anything that `toToken` did not make. */
const fromToken = (token: string): HistoryPosition => {
  const bad = new DomainError("invalid", "Invalid page token: pass the next_page_token of the page before, unchanged.");
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    throw bad;
  }
  if (!Array.isArray(parts) || parts.length !== 5 || !parts.every((part) => typeof part === "string")) throw bad;
  const [order = "", step = "", timestamp = "", value = "", nan = ""] = parts;
  if (!/^[st]$/.test(order) || !/^-?\d{1,19}$/.test(step) || !/^-?\d{1,19}$/.test(timestamp) || !/^[01]$/.test(nan))
    throw bad;
  if (value === "" || Number.isNaN(Number(value))) throw bad;
  return { order: order === "s" ? "step" : "timestamp", after: [step, timestamp, Number(value), Number(nan)] };
};

export const createMetrics = (runs: RunStore, metrics: MetricStore) => ({
  /** One page of a history, by timestamp, step and value. An unknown run has none. */
  history: (
    runId: string,
    key: string,
    maxResults: number | undefined,
    pageToken: string | undefined,
  ): { points: RawPoint[]; nextPageToken: string | undefined } => {
    const from = pageToken === undefined ? undefined : fromToken(pageToken);
    const run = runs.byRunId(runId);
    if (!run) return { points: [], nextPageToken: undefined };
    const { order, points } = metrics.page(run.id, key, maxResults === undefined ? NO_LIMIT : maxResults + 1, from);
    if (maxResults === undefined || points.length <= maxResults) return { points, nextPageToken: undefined };
    points.length = maxResults;
    const end = points.at(-1);
    return { points, nextPageToken: end && toToken({ order, after: end }) };
  },

  /** Evenly spaced points of one run by step, at most `max`. */
  sample: (runId: string, key: string, max: number, steps?: readonly [from: number, to: number]): RawPoint[] => {
    const run = runs.byRunId(runId);
    return run ? metrics.sample(run.id, key, max, steps?.[0], steps?.[1]) : [];
  },
});
