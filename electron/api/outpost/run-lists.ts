import { findRunColumns, suggestRunColumns } from "../../../shared/api/outpost/run-columns.ts";
import { countRuns, listRunGroups } from "../../../shared/api/outpost/run-groups.ts";
import type { RunGroupsInput } from "../../domain/views/run-groups.ts";
import type { RunScopeInput } from "../../domain/views/run-scope.ts";
import type { Views } from "../../domain/views/views.ts";
import { JsonText, reads, type Route } from "../route.ts";

/** Looks at every matching run elsewhere, in a reader thread where there is one; JSON text or its bytes. */
export interface RunReads {
  readonly groups: (query: RunGroupsInput) => Promise<string | Uint8Array>;
  readonly count: (query: RunScopeInput) => Promise<string | Uint8Array>;
}

/** What the run table asks for beside its rows. */
export const runListRoutes = (views: Views, runReads: RunReads): Route[] => [
  reads(findRunColumns, ({ experiment_id, search = "" }) => views.findColumns(experiment_id, search)),
  reads(suggestRunColumns, ({ experiment_id }) => views.suggestColumns(experiment_id)),
  reads(listRunGroups, async (query) => new JsonText(await runReads.groups(query))),
  reads(countRuns, async (query) => new JsonText(await runReads.count(query))),
];
