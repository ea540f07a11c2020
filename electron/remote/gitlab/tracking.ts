/** Experiments and runs through GitLab's MLflow API. */
import { RemoteError } from "../errors.ts";
import { createAdaptive, inParallel } from "./adaptive.ts";
import { type Asked, type GitlabApi, orUndefined, pageAt } from "./api.ts";
import { experimentOfModel, iidOf, isOfModel } from "./ids.ts";
import { type ReadOnly, createReadOnly } from "./read-only.ts";
import {
  type Tags,
  type WireExperiment,
  type WirePage,
  type WireRun,
  experimentOf,
  madeId,
  nothing,
  pageOf,
  record,
  runOf,
  text,
  within,
} from "./wire.ts";

export interface NewRun {
  readonly experiment: string;
  /** GitLab invents one for a run without. */
  readonly name: string | undefined;
  readonly startTime: string | undefined;
  readonly tags: Tags;
}

export interface Tracking {
  /** Newest first; those of models among them. */
  experiments(cursor: string | undefined, asked?: Asked): Promise<WirePage<WireExperiment>>;
  experiment(iid: string, asked?: Asked): Promise<WireExperiment | undefined>;
  experimentByName(name: string, asked?: Asked): Promise<WireExperiment | undefined>;
  createExperiment(name: string, tags: Tags, asked?: Asked): Promise<WireExperiment>;
  /** A tag that is there with that very value is as it should be. @throws RemoteError `invalid` for another value */
  tagExperiment(iid: string, key: string, value: string, asked?: Asked): Promise<void>;
  removeExperiment(iid: string, asked?: Asked): Promise<void>;
  /**
   * The experiments that models own, by model. A listing of experiments that has just ended serves for the first page of
   * a listing of models (`isFirst`), and what served for the first page serves for the others.
   */
  ofModels(isFirst: boolean, asked?: Asked): Promise<ReadonlyMap<string, WireExperiment>>;
  /** Newest first. */
  runs(experiment: string, cursor: string | undefined, asked?: Asked): Promise<WirePage<WireRun>>;
  allRuns(experiment: string, asked?: Asked): Promise<readonly WireRun[]>;
  run(eid: string, asked?: Asked): Promise<WireRun | undefined>;
  createRun(input: NewRun, asked?: Asked): Promise<WireRun>;
  updateRun(eid: string, body: { readonly status?: string; readonly end_time?: number }, asked?: Asked): Promise<void>;
  /** One kind of thing at a time: a batch of several is not atomic. */
  logBatch(eid: string, what: "metrics" | "params" | "tags", list: readonly object[], asked?: Asked): Promise<void>;
  removeRun(eid: string, asked?: Asked): Promise<void>;
}

export const pairs = (tags: Tags): readonly { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

const LONGEST_RUN = 256 * 1024 * 1024;
const NEWEST = "id DESC";
/** Begins the cursors of GraphQL. */
const READ_ONLY = "graphql:";
/** More pages than any listing has: an end to one that goes round in circles. */
const MAX_PAGES = 100_000;

const weightOf = ({ points, params, tags }: WireRun): number => {
  const texts = [...Object.entries(params), ...Object.entries(tags)].flat();
  return 500 + points.length * 90 + texts.reduce((sum, each) => sum + each.length + 10, 0);
};

/** A token that may not search is told so in one of these ways. */
const mayNotSearch = (error: unknown): boolean =>
  error instanceof RemoteError && (error.trouble === "forbidden" || (error.trouble === "auth" && error.status === 403));

export const createTracking = (api: GitlabApi): Tracking => {
  const runPages = createAdaptive(20);
  const readOnly: ReadOnly = createReadOnly(api);
  let isSearchable = true;
  /** Own experiments as the listing under way shows them; `complete` once its last page has come. */
  let listing = { owned: new Map<string, WireExperiment>(), complete: false, used: false };

  const note = (page: WirePage<WireExperiment>, cursor: string | undefined): WirePage<WireExperiment> => {
    if (cursor === undefined) listing = { owned: new Map(), complete: false, used: false };
    for (const each of page.rows)
      if (isOfModel(each.name)) listing.owned.set(each.name.slice(experimentOfModel("").length), each);
    listing.complete = page.next === undefined;
    return page;
  };

  const searched = (cursor: string | undefined, asked?: Asked): Promise<WirePage<WireExperiment>> => {
    const body = { max_results: 1000, order_by: NEWEST, ...(cursor !== undefined && { page_token: cursor }) };
    return pageAt(cursor, () => api.search("experiments/search", body, pageOf("experiments", experimentOf), asked));
  };

  const experiments: Tracking["experiments"] = async (cursor, asked) => {
    if (isSearchable || cursor === undefined)
      try {
        const page = await searched(cursor, asked);
        isSearchable = true; // a token's rights may have grown
        return note(page, cursor);
      } catch (error) {
        if (!mayNotSearch(error)) throw error;
        isSearchable = false;
      }
    return note(await api.get("experiments/list", {}, pageOf("experiments", experimentOf), asked), undefined);
  };

  const searchedRuns: Tracking["runs"] = (experiment, cursor, asked) =>
    runPages.page(
      (size, maxBytes) => {
        const page = { max_results: size, order_by: NEWEST, ...(cursor !== undefined && { page_token: cursor }) };
        const body = { experiment_ids: [experiment], ...page };
        const call = () => api.search("runs/search", body, pageOf("runs", runOf), { ...asked, maxBytes });
        return pageAt(cursor, call);
      },
      ({ rows }) => rows.reduce((sum, run) => sum + weightOf(run), 0),
    );

  /** Pages of one way of listing mean nothing to the other, whose turn it is once a token's rights have changed. */
  const runs: Tracking["runs"] = async (experiment, cursor, asked) => {
    const isOther = cursor?.startsWith(READ_ONLY) === isSearchable;
    if (isOther) throw new RemoteError("invalid", "The token may list runs another way by now: from their beginning.");
    if (isSearchable)
      try {
        return await searchedRuns(experiment, cursor, asked);
      } catch (error) {
        if (!mayNotSearch(error) || cursor !== undefined) throw error;
        isSearchable = false;
      }
    const { rows: eids, next } = await readOnly.runs(experiment, cursor?.slice(READ_ONLY.length), asked);
    const found = await inParallel(eids, (eid) => run(eid, asked));
    return { rows: found.filter((each) => each !== undefined), next: next === undefined ? next : READ_ONLY + next };
  };

  const run: Tracking["run"] = (eid, asked) =>
    orUndefined(api.get("runs/get", { run_id: eid }, within("run", runOf), { ...asked, maxBytes: LONGEST_RUN }));

  const experimentByName: Tracking["experimentByName"] = (name, asked) =>
    orUndefined(
      api.get("experiments/get-by-name", { experiment_name: name }, within("experiment", experimentOf), asked),
    );

  const experiment: Tracking["experiment"] = (iid, asked) =>
    orUndefined(api.get("experiments/get", { experiment_id: iid }, within("experiment", experimentOf), asked));

  return {
    experiments,
    runs,
    run,
    experimentByName,
    experiment,
    createExperiment: async (name, tags, asked) => {
      const body = { name, tags: pairs(tags) };
      const iid = await api.send(
        "POST",
        "experiments/create",
        body,
        (raw) => madeId("number", text(record(raw, "the answer"), "experiment_id")),
        asked,
      );
      return { iid, name, tags };
    },
    tagExperiment: async (iid, key, value, asked) => {
      try {
        await api.send("POST", "experiments/set-experiment-tag", { experiment_id: iid, key, value }, nothing, asked);
      } catch (error) {
        if (!(error instanceof RemoteError) || error.trouble !== "exists") throw error;
        const there = await experiment(iid, asked);
        if (there?.tags[key] === value) return;
        const why = `GitLab writes a tag only once, and '${key}' has another value there.`;
        throw new RemoteError("invalid", why, { status: error.status, body: error.body, cause: error });
      }
    },
    removeExperiment: (iid, asked) => api.send("POST", "experiments/delete", { experiment_id: iid }, nothing, asked),
    ofModels: async (isFirst, asked) => {
      const isStale = !listing.complete || (isFirst && listing.used);
      let cursor: string | undefined;
      for (let pages = 0; isStale && pages < MAX_PAGES; pages += 1) {
        cursor = (await experiments(cursor, asked)).next;
        if (cursor === undefined) break;
      }
      listing.used = true;
      return listing.owned;
    },
    allRuns: async (experiment, asked) => {
      const all: WireRun[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages < MAX_PAGES; pages += 1) {
        const { rows, next } = await runs(experiment, cursor, asked);
        all.push(...rows);
        cursor = next;
        if (cursor === undefined) break;
      }
      return all;
    },
    createRun: ({ experiment, name, startTime, tags }, asked) => {
      const body = {
        experiment_id: iidOf(experiment),
        tags: pairs(tags),
        ...(name !== undefined && { run_name: name }),
        ...(startTime !== undefined && { start_time: Number(startTime) }),
      };
      const read = within("run", (raw) => {
        const run = runOf(raw);
        madeId("eid", run.eid);
        return run;
      });
      return api.send("POST", "runs/create", body, read, asked);
    },
    updateRun: (eid, body, asked) => api.send("POST", "runs/update", { run_id: eid, ...body }, nothing, asked),
    logBatch: (eid, what, list, asked) =>
      api.send("POST", "runs/log-batch", { run_id: eid, [what]: list }, nothing, asked),
    removeRun: (eid, asked) => api.send("POST", "runs/delete", { run_id: eid }, nothing, asked),
  };
};
