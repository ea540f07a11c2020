/** Long work on the server: purges, imports, the sample project. Changes come on the event stream as kind "job". */
import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Int32, Opt, Required, Str } from "../wire.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

/** `interrupted`: the host stopped while it ran; what it had done stays, and it can be started again. */
export const JobState = Type.Union([
  Type.Literal("running"),
  Type.Literal("paused"),
  Type.Literal("cancelling"),
  Type.Literal("done"),
  Type.Literal("failed"),
  Type.Literal("cancelled"),
  Type.Literal("interrupted"),
]);
export type JobState = Static<typeof JobState>;

export const Job = Type.Object({
  job_id: Text(),
  kind: Text(), // "purge", "import", "sample", "sample-remove"
  title: Text(),
  subject: Text(), // what it works on: a path, a number; for titles in the reader's language
  state: JobState,
  done: Whole(),
  total: Nullable(Whole()),
  unit: Text(), // "count" or "bytes"
  at: Nullable(Type.Object({ name: Text(), bytes: Whole() })), // what it is at just now, and how many bytes of that are done
  started_at: Whole(),
  ended_at: Nullable(Whole()),
  text: Nullable(Text()),
  href: Nullable(Text()),
  error: Nullable(Text()),
  actor: Text(),
  can_pause: Type.Boolean(),
  can_restart: Type.Boolean(),
  dismissed: Type.Boolean(),
});
export type Job = Static<typeof Job>;

export const JobLine = Type.Object({ line: Whole(), at: Whole(), text: Text() });
export type JobLine = Static<typeof JobLine>;

export const JobDetail = Type.Object({
  ...Job.properties,
  facts: Type.Array(Type.Object({ name: Text(), count: Whole() })),
  problems: Type.Array(Type.Object({ what: Text(), why: Text() })),
  lines: Type.Array(JobLine), // the last 500
});
export type JobDetail = Static<typeof JobDetail>;

const one = Type.Object({ job_id: Required() });

export const listJobs = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/jobs`,
  summary: "Long work, running and over, the newest first",
  request: Type.Object({ max_results: Opt(Int32()), page_token: Opt(Str()) }),
  response: Type.Object({ jobs: Type.Array(Job), next_page_token: Type.Optional(Text()) }),
});

export const getJob = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/jobs/:job_id`,
  summary: "One job with its log, its counts and what it could not do",
  request: one,
  response: JobDetail,
});

export const getJobLog = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/jobs/:job_id/log`,
  summary: "Lines of a job's log after the line `after`",
  request: Type.Object({ job_id: Required(), after: Opt(Int32()) }),
  response: Type.Object({ lines: Type.Array(JobLine) }),
});

const action = (word: string, summary: string) =>
  endpoint({ method: "POST", path: `${OUTPOST_API}/jobs/:job_id/${word}`, summary, request: one, response: Job });

export const pauseJob = action("pause", "Lets a job rest after the piece it is at");
export const resumeJob = action("resume", "Lets a resting job go on");
export const cancelJob = action("cancel", "Ends a job after the piece it is at; what it has done stays");
export const restartJob = action("restart", "Starts a failed, cancelled or interrupted job again, as a new one");
export const dismissJob = action("dismiss", "Takes an ended job off the tray; it stays in the list");
