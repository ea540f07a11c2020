/** Syncing as a part of the services: its routes, and what the session and the command line reach it by. */
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { bundleRoutes, mountBundleFiles } from "../../api/outpost/bundles.ts";
import { syncRoutes } from "../../api/outpost/sync.ts";
import type { FarFiles } from "../../api/mlflow/far-files.ts";
import type { Route, RouteDeps } from "../../api/route.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import { createUnmap } from "../../store/database.ts";
import { createBundleRows } from "../../store/sync/bundle-rows.ts";
import { createSyncStore } from "../../store/sync/create.ts";
import { createSyncLabels } from "../../store/sync/labels.ts";
import type { Kind } from "../../store/journal.ts";
import type { Writer } from "../../store/writer.ts";
import { version } from "../version.ts";
import { createBundlesFacade } from "./bundles-facade.ts";
import { createBundles, type Bundles } from "./bundles.ts";
import { machineClock } from "./clock.ts";
import { createSync, type Sync, type SyncTuning } from "./create.ts";
import { createIncoming } from "./incoming.ts";
import { createHostLocal, createHostPartials, type HostLocalParts } from "./local.ts";
import { createOpening, type OpeningDeps } from "./opening.ts";

/** A change of one of these may be work for a sync. */
const SYNCED: ReadonlySet<Kind> = new Set<Kind>([
  "experiment",
  "run",
  "registered_model",
  "model_version",
  "logged_model",
  "artifact",
]);
const HOST = { actor: "outpost", surface: "host" };

export interface SyncOptions {
  readonly workstation: string; // 32 hex
  readonly dataFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tuning?: SyncTuning | undefined;
}

export interface SyncPartDeps extends Omit<HostLocalParts, "sync" | "workstation" | "writer" | "stores"> {
  readonly jobs: Jobs;
  readonly stores: HostLocalParts["stores"] & OpeningDeps["stores"];
  readonly writer: Writer;
  readonly onError: (error: unknown) => void;
  /** Whether the disk has room for uploads. */
  readonly canUpload: () => boolean;
  /** Calls its listener after each commit with what it changed. */
  readonly subscribe: (listener: (marks: readonly (readonly [Kind, string])[]) => void) => () => void;
}

export interface SyncPart {
  readonly sync: Sync | undefined;
  readonly bundles: Bundles | undefined;
  readonly routes: readonly Route[];
  /** Files of pulled objects whose bytes are still on a remote. */
  readonly far: FarFiles | undefined;
  /** What takes in files. */
  readonly mounts: readonly ((app: FastifyInstance, deps: RouteDeps) => void)[];
}

/** Without options there is no syncing: a store that nobody serves has no workstation. */
export const createSyncPart = (options: SyncOptions | undefined, deps: SyncPartDeps): SyncPart => {
  if (!options) return { sync: undefined, bundles: undefined, far: undefined, routes: [], mounts: [] };
  const { db, jobs, writer, now, onError } = deps;
  const { workstation, dataFolder, env, tuning } = options;
  const state = createSyncStore(db, now);
  // Before any sync begins: what an earlier process left under way is uncertain, and its syncs were cut off.
  // Without a remote there is nothing of that sort, and a start need not wait for a commit.
  if (state.remotes.list().length > 0) {
    const settled = writer.write(HOST, () => {
      state.ops.recover();
      state.runs.recover(now());
    });
    settled.catch(onError);
  }
  const local = createHostLocal({ ...deps, sync: state, workstation });
  const sync = createSync({
    state,
    labels: createSyncLabels(db),
    local,
    unmap: createUnmap(db),
    jobs,
    write: writer.write,
    now,
    env,
    secretsFolder: join(dataFolder, "secrets"),
    onError,
    tuning,
  });
  deps.subscribe((marks) => {
    if (marks.some(([kind]) => SYNCED.has(kind))) sync.changed();
  });
  const bundles = createBundles({
    state,
    local,
    rows: createBundleRows(db),
    clock: machineClock(now),
    write: writer.write,
    journal: deps.journal,
    dataFolder,
    software: `Outpost ${version}`,
    atCommit: tuning?.atCommit,
  });
  const incoming = createIncoming({ folder: bundles.folder, canUpload: deps.canUpload });
  const facade = createBundlesFacade({ bundles, incoming, jobs });
  return {
    sync,
    bundles,
    far: createOpening({ state, stores: deps.stores, partials: createHostPartials(deps), open: sync.open }),
    routes: [...syncRoutes(sync.facade), ...bundleRoutes(facade)],
    mounts: [(app, routeDeps) => mountBundleFiles(app, routeDeps, facade)],
  };
};
