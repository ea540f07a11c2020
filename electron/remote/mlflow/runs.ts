/** Experiments and runs of an MLflow server. */
import type { FieldChanges, Point } from "../../../shared/sync/doc.ts";
import { RemoteError } from "../errors.ts";
import { groupOf, MARKER, type NewObject, type Page, type RemoteObject, type Search } from "../remote.ts";
import { allPages, filterOf, type MlflowApi, orDone, orUndefined } from "./api.ts";
import { parseDataset, toInput } from "./datasets.ts";
import { experimentObject, isActive, type Pages, runObject, tagOf, toPoint } from "./objects.ts";
import { answers, type WireExperiment, type WireRun } from "./wire.ts";

/** The experiment whose runs carry what model versions have of their own; it is no object of a sync. */
export const CARRIERS = "outpost-model-versions";

const EXPERIMENTS_PER_PAGE = 500;
const RUNS_PER_PAGE = 400; // each with all its params and tags
const POINTS_PER_PAGE = 1000;
const BATCH = 100;

export type Value = { readonly key: string; readonly value: string };
type Signal = AbortSignal | undefined;

const keyOf = (field: string): string => field.slice(field.indexOf("/") + 1);

/** What a group of changes sets, and which keys it takes away. */
export const splitChanges = (changes: FieldChanges): { sets: readonly Value[]; removed: readonly string[] } => {
  const entries = Object.entries(changes);
  return {
    sets: entries.flatMap(([field, value]) => (value === null ? [] : [{ key: keyOf(field), value }])),
    removed: entries.flatMap(([field, value]) => (value === null ? [keyOf(field)] : [])),
  };
};

/** The fields of one group. */
export const groupIn = (fields: FieldChanges, group: ReturnType<typeof groupOf>): FieldChanges =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => groupOf(field) === group));

export const cannot = (field: string): RemoteError =>
  new RemoteError("invalid", `MLflow cannot write '${field}' of what is there already.`);

/** The second half of a creation: when it fails, the first may be there. */
export const afterCreation = async (write: () => Promise<void>): Promise<void> => {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    const { status, body, retryAfterMs } = error;
    throw new RemoteError(error.trouble, error.message, { maybeDone: true, status, body, retryAfterMs, cause: error });
  }
};

export type Tracking = ReturnType<typeof createTracking>;

export const createTracking = (api: MlflowApi, pages: Pages, wallClock: () => number) => {
  const experimentOf = async (id: string, signal: Signal): Promise<WireExperiment | undefined> => {
    const found = await orUndefined(api.get("experiments/get", { experiment_id: id }, answers.experiment, signal));
    return found && isActive(found.experiment.lifecycle_stage) ? found.experiment : undefined;
  };

  const experimentNamed = async (name: string, signal: Signal): Promise<WireExperiment | undefined> => {
    const query = { experiment_name: name };
    return (await orUndefined(api.get("experiments/get-by-name", query, answers.experiment, signal)))?.experiment;
  };

  const runOf = async (id: string, signal: Signal): Promise<WireRun | undefined> => {
    const found = await orUndefined(api.get("runs/get", { run_id: id }, answers.run, signal));
    return found && isActive(found.run.info.lifecycle_stage) ? found.run : undefined;
  };

  const searchRuns = (experiment: string, filter: string, signal: Signal): Promise<WireRun[]> =>
    allPages(async (page_token) => {
      const body = { experiment_ids: [experiment], filter, max_results: RUNS_PER_PAGE, page_token };
      const { runs = [], next_page_token } = await api.search("runs/search", body, answers.runs, signal);
      return { items: runs, next: next_page_token };
    });

  const listExperiments = async (page_token: string | undefined, signal: Signal): Promise<Page> => {
    const order_by = ["creation_time DESC", "experiment_id DESC"];
    const query = { max_results: EXPERIMENTS_PER_PAGE, order_by, page_token };
    const { experiments = [], next_page_token } = await api.get(
      "experiments/search",
      query,
      answers.experiments,
      signal,
    );
    const shown = experiments.filter(({ name }) => name !== CARRIERS);
    return { objects: shown.map((each) => experimentObject(pages, each)), next: next_page_token || undefined };
  };

  const listRuns = async (experiment: string, page_token: string | undefined, signal: Signal): Promise<Page> => {
    const body = {
      experiment_ids: [experiment],
      max_results: RUNS_PER_PAGE,
      order_by: ["attributes.start_time DESC"],
      run_view_type: "ACTIVE_ONLY",
      page_token,
    };
    const { runs = [], next_page_token } = await api.search("runs/search", body, answers.runs, signal);
    if (page_token === undefined && runs.length === 0 && !(await experimentOf(experiment, signal)))
      throw new RemoteError("gone", `There is no experiment ${experiment} there.`);
    return { objects: runs.map((each) => runObject(pages, each)), next: next_page_token || undefined };
  };

  const lookExperiments = async ({ marker }: Search, signal: Signal): Promise<RemoteObject[]> => {
    const filter = filterOf([`tags.\`${MARKER}\``, marker]);
    const found = await allPages(async (page_token) => {
      const query = { filter, max_results: EXPERIMENTS_PER_PAGE, order_by: ["creation_time ASC"], page_token };
      const { experiments = [], next_page_token } = await api.get(
        "experiments/search",
        query,
        answers.experiments,
        signal,
      );
      return { items: experiments, next: next_page_token };
    });
    return found.filter(({ tags }) => tagOf(tags, MARKER) === marker).map((each) => experimentObject(pages, each));
  };

  /** MLflow makes a run with its tags at once; what has no marker and is the same otherwise was made by another server. */
  const lookRuns = async ({ parent, marker, name, startTime }: Search, signal: Signal): Promise<RemoteObject[]> => {
    if (parent === null) return [];
    const marked = await searchRuns(parent, filterOf([`tags.\`${MARKER}\``, marker]), signal);
    const byTime = startTime === undefined ? [] : [`attributes.start_time = ${startTime}`];
    const byName = filterOf(["attributes.run_name", name]);
    const unmarked =
      startTime === undefined
        ? []
        : await searchRuns(parent, [...byTime, ...(byName === "" ? [] : [byName])].join(" AND "), signal);
    const found = [
      ...marked.filter(({ data }) => tagOf(data?.tags, MARKER) === marker),
      ...unmarked.filter(({ info, data }) => tagOf(data?.tags, MARKER) === undefined && info.run_name === name),
    ];
    return found
      .map((each) => runObject(pages, each))
      .sort((a, b) => a.updatedAt - b.updatedAt || (a.id < b.id ? -1 : 1));
  };

  const logBatch = (run_id: string, batch: object, signal: Signal): Promise<unknown> =>
    api.send("POST", "runs/log-batch", { run_id, ...batch }, answers.nothing, signal);

  const writeRun = async (run_id: string, changes: FieldChanges, signal: Signal): Promise<void> => {
    for (const group of ["param", "tag"] as const) {
      const { sets, removed } = splitChanges(groupIn(changes, group));
      for (let at = 0; at < sets.length; at += BATCH)
        await logBatch(run_id, { [`${group}s`]: sets.slice(at, at + BATCH) }, signal);
      if (group === "param" && removed.length > 0) throw cannot(`param/${removed[0] ?? ""}`);
      for (const key of removed)
        await orDone(api.send("POST", "runs/delete-tag", { run_id, key }, answers.nothing, signal));
    }
    const { name, status, end_time, ...others } = groupIn(changes, "other");
    const datasets = Object.entries(others).flatMap(([field, value]) => {
      const part = value === null ? undefined : parseDataset(field, value);
      if (!part) throw cannot(field);
      return [toInput(part)];
    });
    if (datasets.length > 0) await api.send("POST", "runs/log-inputs", { run_id, datasets }, answers.nothing, signal);
    const update = { run_name: name ?? undefined, status: status ?? undefined, end_time: end_time ?? undefined };
    if (Object.values(update).some((value) => value !== undefined))
      await api.send("POST", "runs/update", { run_id, ...update }, answers.nothing, signal);
  };

  const writeExperiment = async (experiment_id: string, changes: FieldChanges, signal: Signal): Promise<void> => {
    const { sets, removed } = splitChanges(groupIn(changes, "tag"));
    const post = (path: string, body: object) =>
      api.send("POST", path, { experiment_id, ...body }, answers.nothing, signal);
    for (const tag of sets) await post("experiments/set-experiment-tag", tag);
    for (const key of removed) await orDone(post("experiments/delete-experiment-tag", { key }));
    const { name } = changes;
    if (typeof name === "string") await post("experiments/update", { new_name: name });
  };

  const must = <T>(found: T | undefined, what: string): T => {
    if (found === undefined) throw new RemoteError("gone", `${what} is not there any more.`);
    return found;
  };

  const createExperiment = async ({ name, fields }: NewObject, signal: Signal): Promise<RemoteObject> => {
    const { sets: tags } = splitChanges(groupIn(fields, "tag"));
    const made = await api.send("POST", "experiments/create", { name, tags }, answers.experimentId, signal);
    let found: WireExperiment | undefined;
    await afterCreation(async () => {
      found = await experimentOf(made.experiment_id, signal);
    });
    return experimentObject(pages, must(found, `The experiment '${name}'`));
  };

  const makeRun = async (
    experiment_id: string,
    run: object,
    tags: readonly Value[],
    signal: Signal,
  ): Promise<WireRun> =>
    (await api.send("POST", "runs/create", { experiment_id, ...run, tags }, answers.run, signal)).run;

  const createRun = async ({ name, parent, fields }: NewObject, signal: Signal): Promise<RemoteObject> => {
    if (parent === null) throw new RemoteError("invalid", "A run has to be in an experiment.");
    const { start_time, user_id, ...rest } = groupIn(fields, "other");
    const { sets: tags } = splitChanges(groupIn(fields, "tag"));
    const run = await makeRun(
      parent,
      { run_name: name, start_time: start_time ?? wallClock(), user_id: user_id ?? undefined },
      tags,
      signal,
    );
    const { name: _name, run_id: _own, ...later } = { ...rest, ...groupIn(fields, "param") };
    if (Object.keys(later).length === 0) return runObject(pages, run);
    let found: WireRun | undefined;
    await afterCreation(async () => {
      await writeRun(run.info.run_id, later, signal);
      found = await runOf(run.info.run_id, signal);
    });
    return runObject(pages, must(found, `The run '${name}'`));
  };

  /** Every point of a run: all pages of each metric. */
  async function* points(run: WireRun, signal: Signal): AsyncIterable<readonly Point[]> {
    for (const { key: metric_key } of run.data?.metrics ?? []) {
      const seen = new Set<string>();
      for (let page_token: string | undefined; ;) {
        const query = { run_id: run.info.run_id, metric_key, max_results: POINTS_PER_PAGE, page_token };
        const { metrics = [], next_page_token } = await api.get("metrics/get-history", query, answers.history, signal);
        const page = metrics.flatMap((each) => toPoint({ key: metric_key ?? "", ...each }) ?? []);
        if (page.length > 0) yield page;
        if (next_page_token === undefined || next_page_token === "" || seen.has(next_page_token)) break;
        seen.add(next_page_token);
        page_token = next_page_token;
      }
    }
  }

  const logPoints = async (run_id: string, points: readonly Point[], signal: Signal): Promise<void> => {
    const metrics = points.map(({ value, ...rest }) => ({ ...rest, value: Number.isNaN(value) ? "NaN" : value }));
    await logBatch(run_id, { metrics }, signal);
  };

  return {
    experimentOf,
    experimentNamed,
    activeExperimentNamed: async (name: string, signal: Signal): Promise<WireExperiment | undefined> => {
      const found = await experimentNamed(name, signal);
      return found && isActive(found.lifecycle_stage) ? found : undefined;
    },
    runOf,
    searchRuns,
    listExperiments,
    listRuns,
    lookExperiments,
    lookRuns,
    writeRun,
    writeExperiment,
    createExperiment,
    createRun,
    makeRun,
    points,
    logPoints,
    removeRun: (run_id: string, signal: Signal) =>
      orDone(api.send("POST", "runs/delete", { run_id }, answers.nothing, signal)),
    removeExperiment: (experiment_id: string, signal: Signal) =>
      orDone(api.send("POST", "experiments/delete", { experiment_id }, answers.nothing, signal)),
  };
};
