/** The kinds of long work that this host knows, in one registry. */
import { randomBytes } from "node:crypto";
import type { JobKind } from "../domain/jobs/job.ts";
import { createJobs, type Jobs, type JobsDeps } from "../domain/jobs/jobs.ts";

/** Each kind belongs to its domain; this only brings them together. */
export const createHostJobs = (deps: Omit<JobsDeps, "newId">, kinds: readonly JobKind[]): Jobs => {
  const jobs = createJobs({ ...deps, newId: () => randomBytes(16).toString("hex") });
  for (const kind of kinds) jobs.register(kind);
  return jobs;
};
