/** The long work that this host knows: its kinds, its registry, and the routes that start and steer it. */
import { randomBytes } from "node:crypto";
import { attentionRoutes, type DiskState } from "../api/outpost/attention.ts";
import { importRoutes } from "../api/outpost/import.ts";
import { jobRoutes } from "../api/outpost/jobs.ts";
import { sampleRoutes } from "../api/outpost/sample.ts";
import { trashRoutes } from "../api/outpost/trash.ts";
import type { Route } from "../api/route.ts";
import { createImportJobs } from "../domain/import/import-job.ts";
import type { Imports } from "../domain/import/imports.ts";
import { createJobs, type Jobs, type JobsDeps } from "../domain/jobs/jobs.ts";
import { createSample, SAMPLE_TAG, type SampleDeps } from "../domain/sample/sample.ts";
import type { TrashDomain } from "../domain/trash/create.ts";
import type { Database } from "../store/database.ts";
import type { ExperimentStore } from "../store/experiments.ts";
import { createJobStore } from "../store/jobs.ts";
import type { RegisteredModelStore } from "../store/registered-models.ts";
import { createSampleStore } from "../store/sample.ts";

export interface LongWorkDeps extends Omit<JobsDeps, "newId" | "store"> {
  readonly db: Database;
  readonly stores: { readonly experiments: ExperimentStore; readonly models: RegisteredModelStore };
  readonly domains: Pick<SampleDeps, "experiments" | "runs" | "logging" | "loggedModels" | "registry" | "artifacts"> & {
    readonly trash: TrashDomain;
    readonly imports: Imports;
  };
  readonly diskState: DiskState | undefined;
}

export const createLongWork = (deps: LongWorkDeps): { jobs: Jobs; routes: Route[] } => {
  const { db, stores, domains, diskState } = deps;
  const { trash } = domains;
  const jobs = createJobs({ ...deps, store: createJobStore(db), newId: () => randomBytes(16).toString("hex") });
  const imports = createImportJobs(domains.imports);
  const sample = createSample({
    ...domains,
    store: createSampleStore(db, SAMPLE_TAG),
    nameIsTaken: (name) => stores.experiments.byName(name) !== undefined,
    modelIsTaken: (name) => stores.models.byName(name) !== undefined,
    findTrashed: trash.find,
    purge: trash.purge.purgeOne,
    now: deps.now,
  });
  for (const kind of [trash.purge.job, imports.job, ...sample.jobs]) jobs.register(kind);
  const routes = [
    ...jobRoutes(jobs),
    ...trashRoutes(trash, jobs),
    ...importRoutes(imports, jobs),
    ...sampleRoutes(sample, jobs),
    ...attentionRoutes(jobs, trash, diskState),
  ];
  return { jobs, routes };
};
