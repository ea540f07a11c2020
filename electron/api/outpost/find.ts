import { listKeys, listValues } from "../../../shared/api/outpost/completion.ts";
import {
  getExperimentOverview,
  listExperimentSizes,
  listExperimentTree,
} from "../../../shared/api/outpost/experiment-tree.ts";
import { find, searchRuns } from "../../../shared/api/outpost/find.ts";
import type { KeyQuery, ValuesQuery } from "../../domain/find/completion.ts";
import type { FindQuery } from "../../domain/find/find.ts";
import type { RunsQuery } from "../../domain/find/search-runs.ts";
import { JsonText, reads, type Route } from "../route.ts";

type Text = Promise<string | Uint8Array>;

/** What finds, as JSON text: perhaps in a reader thread. */
export interface FindParts {
  /** Brings the index up to date as far as a moment allows; gives about how much is left. */
  readonly catchUp: () => Promise<number>;
  readonly find: (query: FindQuery & { readonly behind: number }) => Text;
  readonly listKeys: (query: KeyQuery) => Text;
  readonly listValues: (query: ValuesQuery) => Text;
  readonly searchRuns: (query: RunsQuery) => Text;
  readonly experimentTree: (query: object) => Text;
  readonly experimentSizes: (query: object) => Text;
  readonly experimentOverview: (query: { readonly experiment: number }) => Text;
  /** @throws DomainError for an experiment that is not there. */
  readonly experiment: (id: string) => { readonly id: number };
}

/** Search over everything, what a filter bar completes, and experiments as a whole. */
export const findRoutes = (parts: FindParts): Route[] => [
  reads(find, async (query) => new JsonText(await parts.find({ ...query, behind: await parts.catchUp() }))),
  reads(searchRuns, async (query) => new JsonText(await parts.searchRuns(query))),
  reads(listKeys, async (query) => new JsonText(await parts.listKeys(query))),
  reads(listExperimentTree, async (query) => new JsonText(await parts.experimentTree(query))),
  reads(listExperimentSizes, async (query) => new JsonText(await parts.experimentSizes(query))),
  reads(getExperimentOverview, async ({ experiment_id }) => {
    const { id } = parts.experiment(experiment_id);
    return new JsonText(await parts.experimentOverview({ experiment: id }));
  }),
  reads(listValues, async (query) => new JsonText(await parts.listValues(query))),
];
