/**
 * For tokens that may read and not write: GitLab's searches are POSTs and closed to them. GraphQL names the runs of an
 * experiment then, where the release has experiments there; each is read singly.
 */
import { RemoteError } from "../errors.ts";
import type { Asked, GitlabApi } from "./api.ts";
import { type WirePage, items, record, text, textOr } from "./wire.ts";

export interface ReadOnly {
  /** Ids of an experiment's runs, newest first. @throws RemoteError `forbidden` where that release cannot tell them */
  runs(experiment: string, cursor: string | undefined, asked?: Asked): Promise<WirePage<string>>;
}

const EXPERIMENTS = `query($project: ID!, $after: String) { project(fullPath: $project) {
  mlExperiments(first: 100, after: $after) { nodes { id path } pageInfo { hasNextPage endCursor } } } }`;
const RUNS = `query($id: MlExperimentID!, $after: String) { mlExperiment(id: $id) {
  candidates(first: 50, after: $after) { nodes { eid } pageInfo { hasNextPage endCursor } } } }`;

const WHY = "The token may not search: it takes the scope 'api' and a user with the role Developer to read all runs.";

interface Connection {
  readonly nodes: readonly unknown[];
  readonly next: string | undefined;
}

const connectionOf = (value: unknown): Connection => {
  const raw = record(value, "a connection");
  const page = record(raw["pageInfo"], "pageInfo");
  const next = page["hasNextPage"] === true ? textOr(page, "endCursor", "") || undefined : undefined;
  return { nodes: items(raw["nodes"], "nodes"), next };
};

/** Undefined where nothing can be seen: GraphQL says null for that. */
const below =
  (root: string, name: string) =>
  (data: unknown): Connection | undefined => {
    const found = record(data, "data")[root];
    const list = found === null || found === undefined ? undefined : record(found, root)[name];
    return list === null || list === undefined ? undefined : connectionOf(list);
  };

export const createReadOnly = (api: GitlabApi): ReadOnly => {
  /** Global ids by iid, as far as they have been seen. */
  const gids = new Map<string, string>();
  let fullPath: string | undefined;

  const closed = (cause?: unknown): RemoteError => new RemoteError("forbidden", WHY, { cause });

  const ask = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw error instanceof RemoteError && error.trouble === "invalid" ? closed(error) : error;
    }
  };

  const load = async (asked: Asked | undefined): Promise<void> => {
    fullPath ??= (await api.project("", {}, (raw) => text(record(raw, "the project"), "path_with_namespace"), asked))
      .value;
    for (let after: string | undefined; ;) {
      const variables = { project: fullPath, after: after ?? null };
      const page = await ask(api.graphql(EXPERIMENTS, variables, below("project", "mlExperiments"), asked));
      if (!page) throw closed();
      for (const node of page.nodes) {
        const raw = record(node, "an experiment");
        const iid = /\/experiments\/(\d+)$/.exec(text(raw, "path"))?.[1];
        if (iid !== undefined) gids.set(iid, text(raw, "id"));
      }
      after = page.next;
      if (after === undefined) return;
    }
  };

  return {
    runs: async (experiment, cursor, asked) => {
      if (!gids.has(experiment)) await load(asked);
      const id = gids.get(experiment);
      if (id === undefined) throw new RemoteError("gone", `There is no experiment ${experiment} on GitLab.`);
      const variables = { id, after: cursor ?? null };
      const page = await ask(api.graphql(RUNS, variables, below("mlExperiment", "candidates"), asked));
      if (!page) throw closed();
      return { rows: page.nodes.map((node) => text(record(node, "a run"), "eid")), next: page.next };
    },
  };
};
