/** Remotes and syncing for the command line: the same functions as the page's, by name. */
import type { Static, TObject, TSchema } from "typebox";
import type { Endpoint } from "../../../shared/api/endpoint.ts";
import {
  addRemote as addRemoteEndpoint,
  listRemotes as listRemotesEndpoint,
  removeRemote as removeRemoteEndpoint,
  testRemote as testRemoteEndpoint,
  type RemoteInfo,
} from "../../../shared/api/outpost/remotes.ts";
import { getJob } from "../../../shared/api/outpost/jobs.ts";
import {
  getPlan,
  listConflicts as listConflictsEndpoint,
  listPlanItems as listPlanItemsEndpoint,
  listSyncRuns as listSyncRunsEndpoint,
  makePlan as makePlanEndpoint,
  resolveConflict as resolveConflictEndpoint,
  startSync as startSyncEndpoint,
} from "../../../shared/api/outpost/sync.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { SyncFacade } from "../../api/outpost/sync.ts";
import type { Caller } from "../../api/route.ts";
import { operation } from "../operation.ts";
import type { Session } from "../session.ts";

const facadeOf = ({ services }: Session): SyncFacade => {
  if (services.sync) return services.sync.facade;
  throw new DomainError("not_implemented", "This host does not sync");
};

/** What the page is served at an endpoint, under the command line's name for it. */
const served = <Req extends TObject, Res extends TSchema>(
  name: string,
  endpoint: Endpoint<Req, Res>,
  does: (facade: SyncFacade) => (input: Static<Req>, caller: Caller) => Static<Res> | Promise<Static<Res>>,
) =>
  operation({
    name,
    summary: endpoint.summary,
    request: endpoint.request,
    run: (session, input, caller) => does(facadeOf(session))(input, caller),
  });
export const listRemotes = served("remote-list", listRemotesEndpoint, (facade) => facade.listRemotes);
export const addRemote = served("remote-add", addRemoteEndpoint, (facade) => facade.addRemote);
export const removeRemote = served("remote-remove", removeRemoteEndpoint, (facade) => facade.removeRemote);

/** What a look at a remote came to. */
export interface Tested {
  readonly remote: RemoteInfo | null;
  /** One sentence with the way out; null when all is well. */
  readonly problem: string | null;
  readonly offline: boolean;
}

/** That a remote is out of reach is an answer: a script asks for exactly that. */
export const testRemote = operation({
  name: "remote-test",
  summary: testRemoteEndpoint.summary,
  request: testRemoteEndpoint.request,
  run: async (session, input, caller): Promise<Tested> => {
    const facade = facadeOf(session);
    const { remotes } = await facade.listRemotes({}, caller);
    const known = remotes.find(({ name }) => name === input.name) ?? null;
    try {
      const { remote } = await facade.testRemote(input, caller);
      return { remote, problem: null, offline: false };
    } catch (error) {
      if (!(error instanceof DomainError) || known === null) throw error;
      return { remote: known, problem: error.message, offline: error.kind === "unavailable" };
    }
  },
});
export const makePlan = served("sync-plan", makePlanEndpoint, (facade) => facade.makePlan);
export const readPlan = served("sync-plan-read", getPlan, (facade) => facade.getPlan);
export const listPlanItems = served("sync-plan-items", listPlanItemsEndpoint, (facade) => facade.listPlanItems);
export const startSync = served("sync-start", startSyncEndpoint, (facade) => facade.startSync);
export const listSyncRuns = served("sync-runs", listSyncRunsEndpoint, (facade) => facade.listSyncRuns);
export const listConflicts = served("sync-conflicts", listConflictsEndpoint, (facade) => facade.listConflicts);
export const resolveConflict = served("sync-resolve", resolveConflictEndpoint, (facade) => facade.resolveConflict);

export const jobState = operation({
  name: "job-state",
  summary: getJob.summary,
  request: getJob.request,
  run: ({ services }, { job_id }) => services.jobs.get(job_id),
});

export const cancelJob = operation({
  name: "job-cancel",
  summary: "Ends a job after the piece it is at; what it has done stays",
  request: getJob.request,
  run: ({ services }, { job_id }) => services.jobs.cancel(job_id),
});
