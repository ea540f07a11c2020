/**
 * The graph of parts over one open database: stores, domains, routes. Both the HTTP host and the command line build it
 * here; it opens nothing itself but the artifact folder, and owns no thread and no socket.
 */
import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { artifactRoutes, type Roots } from "../api/mlflow/artifacts.ts";
import { mountArtifacts } from "../api/mlflow/artifact-files.ts";
import { withFarFiles } from "../api/mlflow/far-files.ts";
import { artifactBrowserRoutes } from "../api/outpost/artifacts.ts";
import { createDownloads, mountDownload } from "../api/outpost/download.ts";
import { mountPreview } from "../api/outpost/preview.ts";
import { runPageRoutes } from "../api/outpost/run-page.ts";
import { experimentRoutes } from "../api/mlflow/experiments.ts";
import { loggedModelRoutes } from "../api/mlflow/logged-models.ts";
import { metricRoutes } from "../api/mlflow/metrics.ts";
import { modelVersionRoutes } from "../api/mlflow/model-versions.ts";
import { registeredModelRoutes } from "../api/mlflow/registered-models.ts";
import { runRoutes } from "../api/mlflow/runs.ts";
import { mountServer, serverRoutes } from "../api/mlflow/server.ts";
import { findRoutes } from "../api/outpost/find.ts";
import { mountDocs } from "../api/outpost/docs.ts";
import { hostRoutes, type HostFacts } from "../api/outpost/host.ts";
import { mountEvents } from "../api/outpost/events.ts";
import { liveRunRoutes } from "../api/outpost/live-runs.ts";
import { mountPage } from "../api/outpost/page.ts";
import type { DiskState } from "../api/outpost/attention.ts";
import { modelRoutes } from "../api/outpost/models.ts";
import { savedViewRoutes } from "../api/outpost/saved-views.ts";
import { compareRoutes } from "../api/outpost/compare.ts";
import { mountSeriesCsv, seriesRoutes } from "../api/outpost/series.ts";
import { mountRunExport, runActionRoutes } from "../api/outpost/run-actions.ts";
import { runListRoutes } from "../api/outpost/run-lists.ts";
import { labelRoutes } from "../api/outpost/labels.ts";
import { outpostRoutes } from "../api/outpost/views.ts";
import type { Route, RouteDeps } from "../api/route.ts";
import { createBlobs } from "../artifacts/blobs.ts";
import { disk, watchSyncs } from "../artifacts/disk.ts";
import { createAccess } from "../domain/access/tokens.ts";
import { createArtifacts } from "../domain/artifacts/artifacts.ts";
import { createCollector } from "../domain/artifacts/collect.ts";
import { createSettler } from "../domain/artifacts/settler.ts";
import { createImports } from "../domain/import/imports.ts";
import { createRegistry } from "../domain/registry/registry.ts";
import { createVersionFiles, type VersionFiles } from "../domain/registry/version-files.ts";
import { createSavedViews } from "../domain/saved-views/saved-views.ts";
import { createExperiments } from "../domain/tracking/experiments.ts";
import { createLoggedModels, loggedModelRoot } from "../domain/tracking/logged-models.ts";
import { createLogging } from "../domain/tracking/logging.ts";
import { randomName } from "../domain/tracking/random-name.ts";
import { createRunActions } from "../domain/tracking/run-actions.ts";
import { createRuns, runRoot } from "../domain/tracking/runs.ts";
import { createTrashDomain } from "../domain/trash/create.ts";
import { createLabels } from "../domain/trash/labels.ts";
import { createRemovals } from "../domain/trash/removals.ts";
import { createRegistryViews } from "../domain/views/models.ts";
import { createLiveRuns } from "../domain/views/live-runs.ts";
import { createSeriesCsv } from "../domain/views/series-csv.ts";
import { createRunExport } from "../domain/views/run-export.ts";
import { createViews, type ViewsDeps } from "../domain/views/views.ts";
import type { Database } from "../store/database.ts";
import { createJournal, type Journal } from "../store/journal.ts";
import { createRunMoveStore } from "../store/run-moves.ts";
import type { RunRow } from "../store/runs.ts";
import { createSearchIndex } from "../store/search-index/search-index.ts";
import { createExperimentSearch } from "../store/search/experiments.ts";
import { createLoggedModelSearch } from "../store/search/logged-models.ts";
import { createModelVersionSearch } from "../store/search/model-versions.ts";
import { createRegisteredModelSearch } from "../store/search/registered-models.ts";
import { createRunMatches } from "../store/search/run-matches.ts";
import { createRunSearch } from "../store/search/runs.ts";
import { createArtifactViews } from "../store/views/artifacts.ts";
import { createChangeViews } from "../store/views/changes.ts";
import { createExperimentViews } from "../store/views/experiments.ts";
import { createLineageViews } from "../store/views/lineage.ts";
import { createModelViews } from "../store/views/models.ts";
import { createRunPageViews } from "../store/views/run-page.ts";
import { createRunColumnViews } from "../store/views/run-columns.ts";
import { createRunViews } from "../store/views/runs.ts";
import { createSeriesRows } from "../store/views/series-rows.ts";
import { createSeriesViews } from "../store/views/series.ts";
import { createWriter, type Writer, type WriterEvents } from "../store/writer.ts";
import { createLongWork } from "./host-jobs.ts";
import { createFindReader, createLongRead, createReads, createRunReads, type ReaderThreads } from "./reads.ts";
import { createSeals } from "./seal.ts";
import { createSearchKeeper } from "./search-keeper.ts";
import { createStores } from "./stores.ts";
import { createSyncPart, type SyncOptions } from "./sync/part.ts";

export interface ServicesOptions {
  readonly db: Database; // open for writing and migrated
  readonly artifactsDir: string;
  readonly now: () => number; // ms since epoch
  /** Where long reads go; without it they run here. */
  readonly readers?: ReaderThreads;
  /** Whether the disk has room for uploads. */
  readonly canUpload?: () => boolean;
  /** The built interface. */
  readonly pageDir?: string;
  /** Told of what went wrong where nobody waits for an answer. */
  readonly onError: (error: unknown) => void;
  /** Told of every write to the data folder that failed, by whomever it was asked for. */
  readonly onWriteFailure?: (error: unknown) => void;
  /** What the settings pages show of the host. */
  readonly facts?: HostFacts;
  /** How full the disk of the data folder is. */
  readonly diskState?: DiskState;
  /** How long deleted things are kept before they count as due. */
  readonly trashKeepDays?: number;
  /** Where this host answers, for the interface to show. */
  readonly self?: ViewsDeps["self"];
  /** Without it nothing is synced. */
  readonly sync?: SyncOptions;
}

export type Services = ReturnType<typeof createServices>;

const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
const newName = (): string => randomName(Math.random);
const TRASH_KEEP_DAYS = 30;
const notListening = () => ({ tracking_uri: "", version: "", data_folder: "" });

interface DomainParts {
  readonly stores: ReturnType<typeof createStores>;
  readonly journal: Journal;
  readonly writer: Writer;
  readonly onEnd: (run: RunRow) => void;
}

const createDomains = (options: ServicesOptions, { stores, journal, writer, onEnd }: DomainParts) => {
  const { db, artifactsDir, now, onError, onWriteFailure = () => {} } = options;
  const { trashKeepDays: keepDays = TRASH_KEEP_DAYS, self = notListening } = options;
  const removals = createRemovals({ store: stores.removals, journal, now });
  const base = { journal, removals, now, randomName: newName };
  const experiments = createExperiments({
    ...base,
    experiments: stores.experiments,
    runs: stores.runs,
    search: createExperimentSearch(db),
  });
  const runSearch = createRunSearch(db);
  const runs = createRuns({
    ...base,
    runs: stores.runs,
    inputs: stores.inputs,
    experiments,
    search: runSearch,
    newRunId: () => hex(16),
    onEnd,
    heldBy: (runId) => {
      const owner = stores.versionFiles.ownerOf(runId);
      return owner && `version ${owner.version} of model '${owner.name}'`;
    },
  });
  const logging = createLogging({ ...stores, journal, removals, domain: runs });
  const runActions = createRunActions({
    domain: runs,
    logging,
    experiments,
    runs: stores.runs,
    moves: createRunMoveStore(db),
    matches: createRunMatches(db),
    removals,
    journal,
  });
  const loggedModels = createLoggedModels({
    ...base,
    models: stores.loggedModels,
    experiments,
    search: createLoggedModelSearch(db),
    newModelId: () => `m-${hex(16)}`,
  });
  const registry = createRegistry({
    ...base,
    models: stores.models,
    versions: stores.versions,
    experiments: stores.experiments,
    runs: stores.runs,
    versionFiles: stores.versionFiles,
    newRunId: () => hex(16),
    loggedModels,
    modelSearch: createRegisteredModelSearch(db),
    versionSearch: createModelVersionSearch(db),
  });
  const blobs = createBlobs({
    root: artifactsDir,
    journal: stores.blobJournal,
    disk: watchSyncs(disk, onWriteFailure),
  });
  const settler = createSettler({
    journal: stores.blobJournal,
    blobs,
    write: (job) => writer.write({ actor: "outpost", surface: "host" }, job),
    onError,
  });
  const onFile: VersionFiles["follow"] = (path, file) => versionFiles.follow(path, file);
  const artifacts = createArtifacts({ store: stores.artifacts, blobs, settler, journal, now, onFile });
  const versionFiles = createVersionFiles({
    ...registry,
    files: stores.versionFiles,
    logging,
    journal,
    now,
  });
  const collector = createCollector({ store: stores.artifacts, blobs, now });
  const imports = createImports({ ...stores, artifacts, journal, now });
  const access = createAccess({ tokens: stores.tokens, journal, now });
  const savedViews = createSavedViews({ views: stores.savedViews, experiment: experiments.get, journal, now });
  const trash = createTrashDomain({
    stores,
    removals,
    savedViews,
    artifacts,
    experiments,
    runs,
    registry,
    collector,
    keepDays,
    journal,
    now,
  });
  const changes = createChangeViews(db);
  const runViews = createRunViews(db);
  const runColumns = createRunColumnViews(db);
  const views = createViews({
    experiments: createExperimentViews(db),
    runs: runViews,
    runPage: createRunPageViews(db),
    runColumns,
    series: createSeriesViews(db),
    artifacts: createArtifactViews(db),
    changes,
    searchRuns: runSearch.search,
    self,
  });
  const registryViews = createRegistryViews({
    models: createModelViews(db),
    lineage: createLineageViews(db),
    rootOfVersion: registry.versions.rootOfVersion,
  });
  const runExport = createRunExport({ runs: stores.runs, search: runSearch.search, keysOf: runColumns.all });
  return {
    registryViews,
    experiments,
    runs,
    runActions,
    runExport,
    logging,
    loggedModels,
    registry,
    versionFiles,
    artifacts,
    blobs,
    settler,
    collector,
    imports,
    access,
    trash,
    labels: createLabels({ stores, experiments, runs, logging, loggedModels, registry, removals }),
    savedViews,
    changes,
    views,
    seriesCsv: createSeriesCsv({ runs: runViews, rows: createSeriesRows(db) }),
  };
};

type Marks = Parameters<NonNullable<WriterEvents["onCommit"]>>[0];

/** Calls its listeners after each commit that changed something. */
const createSignal = () => {
  const listeners = new Set<(marks: Marks) => void>();
  return {
    fire: (marks: Marks): void => {
      for (const listener of listeners) listener(marks);
    },
    subscribe: (listener: (marks: Marks) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

export const createServices = (options: ServicesOptions) => {
  const { readers, pageDir, canUpload = () => true } = options;
  const stores = createStores(options.db);
  const signal = createSignal();
  const journal = createJournal(options.db, options.now);
  const writer = createWriter(options.db, journal, {
    onCommit: signal.fire,
    onUndo: stores.keys.forget,
    ...(options.onWriteFailure && { onFailure: options.onWriteFailure }),
  });
  const ownReads = createReads(options.db);
  const reads = createLongRead(ownReads, readers);
  const seals = createSeals({
    writer,
    journal,
    digest: (run) => readers?.run("metricDigest", { run }) ?? ownReads.metricDigest({ run }),
    onError: options.onError,
  });
  const domains = createDomains(options, { stores, journal, writer, onEnd: seals.onEnd });
  const searchKeeper = createSearchKeeper({
    index: createSearchIndex(options.db),
    write: writer.write,
    subscribe: signal.subscribe,
    onError: options.onError,
  });
  const { jobs, routes: longWorkRoutes } = createLongWork({
    ...options,
    stores,
    domains,
    journal,
    write: writer.write,
    diskState: options.diskState,
  });
  const {
    sync,
    bundles,
    far,
    routes: syncRoutes,
    mounts: syncMounts,
  } = createSyncPart(options.sync, {
    ...options,
    stores,
    domains,
    journal,
    writer,
    jobs,
    canUpload,
    subscribe: signal.subscribe,
  });
  const roots: Roots = {
    rootOfRun: (runId) => runRoot(domains.runs.find(runId)),
    rootOfVersion: domains.registry.versions.rootOfVersion,
    rootOfLoggedModel: (modelId) => loggedModelRoot(domains.loggedModels.get(modelId)),
  };
  const downloads = createDownloads(options.now);
  const routes: Route[] = [
    ...serverRoutes(),
    ...runPageRoutes(domains.views, readers && ((query) => readers.run("metricRanges", query))),
    ...artifactBrowserRoutes({ artifacts: domains.artifacts, views: domains.views, downloads }),
    ...experimentRoutes(domains.experiments),
    ...runRoutes(domains.runs, domains.logging),
    ...metricRoutes(reads),
    ...loggedModelRoutes(domains.loggedModels),
    ...registeredModelRoutes(domains.registry.models),
    ...modelVersionRoutes(domains.registry.versions),
    ...artifactRoutes(far ? withFarFiles(domains.artifacts, far) : domains.artifacts, roots),
    ...longWorkRoutes,
    ...syncRoutes,
    ...modelRoutes({ ...roots, ...domains, ...domains.registry, views: domains.registryViews }),
    ...compareRoutes((name, query) => readers?.run(name, query) ?? ownReads[name](query)),
    ...(options.facts ? hostRoutes(options.facts) : []),
    ...runActionRoutes(domains.runActions),
    ...runListRoutes(domains.views, createRunReads(ownReads, readers)),
    ...savedViewRoutes(domains.savedViews),
    ...labelRoutes(domains.labels),
    ...findRoutes({
      catchUp: searchKeeper.catchUp,
      experiment: domains.experiments.get,
      ...createFindReader(ownReads, readers),
    }),
    ...outpostRoutes(domains.views),
    ...liveRunRoutes(createLiveRuns({ ...domains, subscribe: signal.subscribe, now: options.now })),
    ...seriesRoutes(domains.views, readers?.run),
  ];
  /** What streams, or answers other than JSON. */
  const mounts: ((app: FastifyInstance, deps: RouteDeps) => void)[] = [
    mountServer,
    (app) => mountDocs(app, routes),
    (app, deps) =>
      mountArtifacts(app, { ...deps, artifacts: domains.artifacts, far, roots, canUpload, onError: options.onError }),
    (app) => mountDownload(app, { artifacts: domains.artifacts, downloads, onError: options.onError }),
    (app) => mountPreview(app, { artifacts: domains.artifacts, onError: options.onError }),
    (app) => mountRunExport(app, domains.runExport),
    (app) =>
      mountEvents(app, { changesAfter: domains.changes.after, rev: domains.changes.rev, subscribe: signal.subscribe }),
    (app) =>
      mountSeriesCsv(app, {
        csv: domains.seriesCsv,
        ...(readers && { longRead: readers.run }),
        onError: options.onError,
      }),
    ...syncMounts,
    ...(pageDir === undefined ? [] : [(app: FastifyInstance): void => mountPage(app, pageDir, readers?.warm)]),
  ];
  return { journal, writer, stores, domains, jobs, sync, bundles, seals, searchKeeper, routes, mounts };
};
