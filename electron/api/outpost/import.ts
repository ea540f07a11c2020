import { previewImport, startImport } from "../../../shared/api/outpost/import.ts";
import { toImportRequest, type ImportJobs } from "../../domain/import/import-job.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import { reads, type Route } from "../route.ts";
import { acts } from "./jobs.ts";

/** Looking at a store of this machine and bringing it. */
export const importRoutes = (imports: ImportJobs, jobs: Jobs): Route[] => [
  reads(previewImport, (input) => imports.preview(input)),
  acts(startImport, (input, caller) => {
    toImportRequest(input); // a path that is not there is told at once, not by a failed job
    return jobs.start("import", input, caller);
  }),
];
