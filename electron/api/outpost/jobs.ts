import type { Static, TObject, TSchema } from "typebox";
import type { Endpoint } from "../../../shared/api/endpoint.ts";
import {
  cancelJob,
  dismissJob,
  getJob,
  getJobLog,
  listJobs,
  pauseJob,
  restartJob,
  resumeJob,
} from "../../../shared/api/outpost/jobs.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import { bounded } from "../../domain/views/bounds.ts";
import { readToken, writeToken } from "../../domain/views/page-token.ts";
import { reads, writes, type Caller, type Route } from "../route.ts";

const PAGE = 50;
const MAX_PAGE = 200;

/** An endpoint that starts or steers work which does its own writing. */
export const acts = <Req extends TObject, Res extends TSchema>(
  endpoint: Endpoint<Req, Res>,
  handle: (input: Static<Req>, caller: Caller) => Static<Res> | Promise<Static<Res>>,
): Route => ({ endpoint, answer: (input, request, deps) => handle(input as Static<Req>, deps.callerOf(request)) });

/** Long work: how it goes, and steering it. */
export const jobRoutes = (jobs: Jobs): Route[] => [
  reads(listJobs, ({ max_results, page_token }) => {
    const [before] = readToken(page_token, ["number"] as const) ?? [];
    const { jobs: page, last } = jobs.list(bounded(max_results, PAGE, MAX_PAGE), before);
    return last === undefined ? { jobs: page } : { jobs: page, next_page_token: writeToken([last]) };
  }),
  reads(getJob, ({ job_id }) => {
    const { facts, problems, lines, ...job } = jobs.get(job_id);
    return { ...job, facts: [...facts], problems: [...problems], lines: [...lines] };
  }),
  reads(getJobLog, ({ job_id, after = 0 }) => ({ lines: jobs.log(job_id, after) })),
  acts(pauseJob, ({ job_id }) => jobs.pause(job_id)),
  acts(resumeJob, ({ job_id }) => jobs.resume(job_id)),
  acts(cancelJob, ({ job_id }) => jobs.cancel(job_id)),
  acts(restartJob, ({ job_id }, caller) => jobs.restart(job_id, caller)),
  writes(dismissJob, ({ job_id }) => jobs.dismiss(job_id)),
];
