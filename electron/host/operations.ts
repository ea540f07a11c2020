/**
 * What the command line can ask of a store, whether a host holds it or not. One table: an entry is served by the host
 * under `POST /api/outpost/v1/admin/<name>`, and runs in the command's own process where there is none.
 */
import type { Operation } from "./operation.ts";
import { bundleKeys, bundleReceipt, createBundle, importBundle, verifyBundle } from "./operations/bundles.ts";
import { stopBundle, watchBundle } from "./operations/bundle-watch.ts";
import { diagnostics } from "./operations/diagnostics.ts";
import { importState, startImport } from "./operations/import.ts";
import { layOutFiles } from "./operations/layout.ts";
import { backUp, check, collectGarbage, status } from "./operations/store.ts";
import {
  addRemote,
  cancelJob,
  jobState,
  listConflicts,
  listPlanItems,
  listRemotes,
  listSyncRuns,
  makePlan,
  readPlan,
  removeRemote,
  resolveConflict,
  startSync,
  testRemote,
} from "./operations/sync.ts";
import { createToken, listTokens, revokeToken } from "./operations/tokens.ts";

/** All operations. A new one is a declaration in `operations/` and its name here. */
export const operations: readonly Operation[] = [
  status,
  check,
  backUp,
  collectGarbage,
  diagnostics,
  layOutFiles,
  startImport,
  importState,
  createToken,
  listTokens,
  revokeToken,
  listRemotes,
  addRemote,
  removeRemote,
  testRemote,
  makePlan,
  readPlan,
  listPlanItems,
  startSync,
  listSyncRuns,
  listConflicts,
  resolveConflict,
  jobState,
  cancelJob,
  createBundle,
  verifyBundle,
  importBundle,
  bundleReceipt,
  bundleKeys,
  watchBundle,
  stopBundle,
];
