/** Syncing, as the page and the command line ask for it. The engine is the host's to hand in: this layer never meets it. */
import type { Endpoint, RequestOf, ResponseOf } from "../../../shared/api/endpoint.ts";
import {
  listRemotes,
  addRemote,
  updateRemote,
  removeRemote,
  testRemote,
  pauseRemote,
  resumeRemote,
  forgetToken,
  giveToken,
} from "../../../shared/api/outpost/remotes.ts";
import {
  makePlan,
  getPlan,
  listPlanItems,
  startSync,
  listSyncObjects,
  syncBadges,
  listConflicts,
  resolveConflict,
  listSyncRuns,
  wantFiles,
  consentRemoval,
  listRemovals,
  withdrawRemoval,
  listNetworkCalls,
} from "../../../shared/api/outpost/sync.ts";
import type { Caller, Route } from "../route.ts";
import { acts } from "./jobs.ts";

type Does<E extends Endpoint> = (input: RequestOf<E>, caller: Caller) => ResponseOf<E> | Promise<ResponseOf<E>>;

/** What syncing offers: a function for each endpoint. @throws DomainError all of them. */
export interface SyncFacade {
  readonly listRemotes: Does<typeof listRemotes>;
  readonly addRemote: Does<typeof addRemote>;
  readonly updateRemote: Does<typeof updateRemote>;
  readonly removeRemote: Does<typeof removeRemote>;
  readonly testRemote: Does<typeof testRemote>;
  readonly pauseRemote: Does<typeof pauseRemote>;
  readonly resumeRemote: Does<typeof resumeRemote>;
  readonly forgetToken: Does<typeof forgetToken>;
  readonly giveToken: Does<typeof giveToken>;
  readonly makePlan: Does<typeof makePlan>;
  readonly getPlan: Does<typeof getPlan>;
  readonly listPlanItems: Does<typeof listPlanItems>;
  readonly startSync: Does<typeof startSync>;
  readonly listSyncObjects: Does<typeof listSyncObjects>;
  readonly syncBadges: Does<typeof syncBadges>;
  readonly listConflicts: Does<typeof listConflicts>;
  readonly resolveConflict: Does<typeof resolveConflict>;
  readonly listSyncRuns: Does<typeof listSyncRuns>;
  readonly wantFiles: Does<typeof wantFiles>;
  readonly consentRemoval: Does<typeof consentRemoval>;
  readonly listRemovals: Does<typeof listRemovals>;
  readonly withdrawRemoval: Does<typeof withdrawRemoval>;
  readonly listNetworkCalls: Does<typeof listNetworkCalls>;
}

export const syncRoutes = (facade: SyncFacade): Route[] => [
  acts(listRemotes, facade.listRemotes),
  acts(addRemote, facade.addRemote),
  acts(updateRemote, facade.updateRemote),
  acts(removeRemote, facade.removeRemote),
  acts(testRemote, facade.testRemote),
  acts(pauseRemote, facade.pauseRemote),
  acts(resumeRemote, facade.resumeRemote),
  acts(forgetToken, facade.forgetToken),
  acts(giveToken, facade.giveToken),
  acts(makePlan, facade.makePlan),
  acts(getPlan, facade.getPlan),
  acts(listPlanItems, facade.listPlanItems),
  acts(startSync, facade.startSync),
  acts(listSyncObjects, facade.listSyncObjects),
  acts(syncBadges, facade.syncBadges),
  acts(listConflicts, facade.listConflicts),
  acts(resolveConflict, facade.resolveConflict),
  acts(listSyncRuns, facade.listSyncRuns),
  acts(wantFiles, facade.wantFiles),
  acts(consentRemoval, facade.consentRemoval),
  acts(listRemovals, facade.listRemovals),
  acts(withdrawRemoval, facade.withdrawRemoval),
  acts(listNetworkCalls, facade.listNetworkCalls),
];
