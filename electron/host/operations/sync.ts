/** Remotes and syncing for the command line: the same functions as the page's, by name. */
import { Type } from "typebox";
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
import { operation } from "../operation.ts";
import type { Session } from "../session.ts";

const facadeOf = ({ services }: Session): SyncFacade => {
  if (services.sync) return services.sync.facade;
  throw new DomainError("not_implemented", "This host does not sync");
};

export const listRemotes = operation({
  name: "remote-list",
  summary: listRemotesEndpoint.summary,
  request: Type.Object({}),
  run: (session, _input, caller) => facadeOf(session).listRemotes({}, caller),
});

export const addRemote = operation({
  name: "remote-add",
  summary: addRemoteEndpoint.summary,
  request: addRemoteEndpoint.request,
  run: (session, input, caller) => facadeOf(session).addRemote(input, caller),
});

export const removeRemote = operation({
  name: "remote-remove",
  summary: removeRemoteEndpoint.summary,
  request: removeRemoteEndpoint.request,
  run: (session, input, caller) => facadeOf(session).removeRemote(input, caller),
});

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

export const makePlan = operation({
  name: "sync-plan",
  summary: makePlanEndpoint.summary,
  request: makePlanEndpoint.request,
  run: (session, input, caller) => facadeOf(session).makePlan(input, caller),
});

export const readPlan = operation({
  name: "sync-plan-read",
  summary: getPlan.summary,
  request: getPlan.request,
  run: (session, input, caller) => facadeOf(session).getPlan(input, caller),
});

export const listPlanItems = operation({
  name: "sync-plan-items",
  summary: listPlanItemsEndpoint.summary,
  request: listPlanItemsEndpoint.request,
  run: (session, input, caller) => facadeOf(session).listPlanItems(input, caller),
});

export const startSync = operation({
  name: "sync-start",
  summary: startSyncEndpoint.summary,
  request: startSyncEndpoint.request,
  run: (session, input, caller) => facadeOf(session).startSync(input, caller),
});

export const listSyncRuns = operation({
  name: "sync-runs",
  summary: listSyncRunsEndpoint.summary,
  request: listSyncRunsEndpoint.request,
  run: (session, input, caller) => facadeOf(session).listSyncRuns(input, caller),
});

export const listConflicts = operation({
  name: "sync-conflicts",
  summary: listConflictsEndpoint.summary,
  request: listConflictsEndpoint.request,
  run: (session, input, caller) => facadeOf(session).listConflicts(input, caller),
});

export const resolveConflict = operation({
  name: "sync-resolve",
  summary: resolveConflictEndpoint.summary,
  request: resolveConflictEndpoint.request,
  run: (session, input, caller) => facadeOf(session).resolveConflict(input, caller),
});

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
