import { Type } from "typebox";
import { expect, test } from "vitest";
import { Opt, Str } from "../../../../shared/api/wire.ts";
import { defineJob } from "../../../../electron/domain/jobs/job.ts";
import { createJobs } from "../../../../electron/domain/jobs/jobs.ts";
import { createJobStore } from "../../../../electron/store/jobs.ts";
import { DomainError } from "../../../../shared/errors.ts";
import { caller, setupStore } from "../../../helpers/store.ts";

const ID = "a".repeat(32);

/** A registry over an in-memory store with one kind of job, which counts to `of` and may wait at each step. */
const setup = () => {
  const parts = setupStore();
  const errors: unknown[] = [];
  let next = 0;
  const gate = { step: (_i: number): Promise<void> => Promise.resolve() };
  const disk = { full: false };
  const create = () => {
    const jobs = createJobs({
      store: createJobStore(parts.db),
      journal: parts.journal,
      write: (who, job) =>
        parts.writer.write(who, () => {
          if (disk.full) throw new DomainError("exhausted", "The disk is full");
          return job();
        }),
      now: () => 1_700_000_000_000,
      newId: () => (next++ === 0 ? ID : `${next}`.padStart(32, "b")),
      onError: (error) => errors.push(error),
      retryMs: 5,
    });
    jobs.register(
      defineJob({
        kind: "count",
        input: Type.Object({ fail: Opt(Str()) }),
        title: () => "Count",
        subject: ({ fail = "nothing" }) => fail,
        run: async (context, { fail }) => {
          for (let i = 1; i <= 3; i++) {
            await context.turn();
            await gate.step(i);
            context.log(`step ${i}`);
            context.progress(i, 3, { name: `step ${i}`, bytes: i });
            if (fail === "expected" && i === 2) throw new DomainError("invalid", "two is too many");
            if (fail === "bug" && i === 2) throw new TypeError("x is not a function");
          }
          return { text: "counted", facts: { steps: 3 }, problems: [{ what: "four", why: "out of range" }] };
        },
      }),
    );
    return jobs;
  };
  return { ...parts, errors, gate, disk, create, jobs: create() };
};

/** A step that is passed when `go` is called; `there` resolves when it is reached. */
const stop = (gate: { step: (i: number) => Promise<void> }, at: number) => {
  const there = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  gate.step = (i) => {
    if (i !== at) return Promise.resolve();
    there.resolve();
    return go.promise;
  };
  return { there: there.promise, go: go.resolve };
};

test("a job runs to its end with its progress, log, counts and problems kept", async () => {
  const { jobs, db } = setup();
  const started = await jobs.start("count", {}, caller);
  expect(started).toMatchObject({ job_id: ID, kind: "count", title: "Count", subject: "nothing", state: "running" });
  await jobs.idle();
  expect(jobs.get(ID)).toMatchObject({
    state: "done",
    done: 3,
    total: 3,
    text: "counted",
    actor: "uid:1000",
    facts: [{ name: "steps", count: 3 }],
    problems: [{ what: "four", why: "out of range" }],
    can_restart: false,
    lines: [{ text: "step 1" }, { text: "step 2" }, { text: "step 3" }],
  });
  expect(jobs.log(ID, 2)).toMatchObject([{ line: 3, text: "step 3" }]);
  const actions = db.prepare("SELECT action FROM audit WHERE kind = 'job' ORDER BY seq").pluck().all();
  expect(actions).toEqual(["job.start", "job.done"]);
});

test("what a running job is at is told while it runs, and not afterwards", async () => {
  const { jobs, gate } = setup();
  const { there, go } = stop(gate, 3);
  await jobs.start("count", {}, caller);
  await there;
  expect(jobs.get(ID)).toMatchObject({ done: 2, at: { name: "step 2", bytes: 2 } });
  go();
  await jobs.idle();
  expect(jobs.get(ID).at).toBeNull();
});

test("what was seen of a job too late does not undo its end", async () => {
  const { jobs, db } = setup();
  await jobs.start("count", { fail: "expected" }, caller);
  await jobs.idle();
  const store = createJobStore(db);
  const row = store.byUid(ID);
  if (!row) throw new Error("the job has a row");
  store.progress({ id: row.id, state: "running", done: 1, total: 3 });
  expect(jobs.get(ID)).toMatchObject({ state: "failed", done: 2 });
});

test("each step of a job's life is a change on the event stream", async () => {
  const { jobs, db, gate } = setup();
  const step = stop(gate, 2);
  const rev = () => db.prepare("SELECT rev FROM changes WHERE kind = 'job' AND uid = ?").pluck().get(ID);
  await jobs.start("count", {}, caller);
  const first = rev();
  await step.there;
  step.go();
  await jobs.idle();
  expect(Number(rev())).toBeGreaterThan(Number(first));
});

test("a failure says why and can be started again; a bug keeps its cause to the log", async () => {
  const { jobs, errors } = setup();
  await jobs.start("count", { fail: "expected" }, caller);
  await jobs.idle();
  expect(jobs.get(ID)).toMatchObject({ state: "failed", error: "two is too many", done: 2, can_restart: true });
  expect(errors).toEqual([]);
  await jobs.start("count", { fail: "bug" }, caller);
  await jobs.idle();
  const [latest] = jobs.list(1).jobs;
  expect(latest).toMatchObject({ state: "failed", error: "An internal error: the log has its cause" });
  expect(errors).toHaveLength(1);
});

test("a cancelled job ends after the piece it is at", async () => {
  const { jobs, gate } = setup();
  const step = stop(gate, 2);
  await jobs.start("count", {}, caller);
  await step.there;
  expect(jobs.cancel(ID).state).toBe("cancelling");
  step.go();
  await jobs.idle();
  expect(jobs.get(ID)).toMatchObject({ state: "cancelled", done: 2, error: null });
});

test("a paused job rests and goes on, and one that rests can be cancelled", async () => {
  const { jobs, gate } = setup();
  const step = stop(gate, 1);
  await jobs.start("count", {}, caller);
  await step.there;
  expect(jobs.pause(ID).state).toBe("paused");
  step.go();
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(jobs.get(ID)).toMatchObject({ state: "paused", done: 1 });
  expect(jobs.resume(ID).state).toBe("running");
  await jobs.idle();
  expect(jobs.get(ID).state).toBe("done");

  const second = stop(gate, 1);
  const { job_id } = await jobs.start("count", {}, caller);
  await second.there;
  jobs.pause(job_id);
  second.go();
  jobs.cancel(job_id);
  await jobs.idle();
  expect(jobs.get(job_id).state).toBe("cancelled");
});

test("one job of a kind at a time; what is over cannot be steered; what runs cannot be dismissed", async () => {
  const { jobs, gate } = setup();
  const step = stop(gate, 1);
  await jobs.start("count", {}, caller);
  await step.there;
  await expect(jobs.start("count", {}, caller)).rejects.toMatchObject({ kind: "conflict" });
  expect(() => jobs.dismiss(ID)).toThrow(/is under way/);
  step.go();
  await jobs.idle();
  expect(() => jobs.cancel(ID)).toThrow(/is over/);
  expect(() => jobs.get("nobody")).toThrow(/No job 'nobody'/);
  await expect(jobs.start("dance", {}, caller)).rejects.toMatchObject({ kind: "invalid" });
  await expect(jobs.start("count", { fail: 7 }, caller)).rejects.toMatchObject({ kind: "invalid" });
});

test("a job that a stop of the host cut off is listed as interrupted by the next one, and starts again", async () => {
  const { jobs, gate, create, writer } = setup();
  const step = stop(gate, 2);
  await jobs.start("count", { fail: "no" }, caller);
  await step.there;
  jobs.close();
  step.go();
  const next = create();
  expect(next.get(ID)).toMatchObject({ state: "interrupted", can_restart: true, subject: "no" });
  gate.step = () => Promise.resolve();
  const again = await next.restart(ID, caller);
  await next.idle();
  expect(next.get(again.job_id)).toMatchObject({ state: "done", subject: "no" });
  expect(next.get(ID)).toMatchObject({ dismissed: true });
  await writer.write(caller, () => next.dismiss(again.job_id));
  expect(next.get(again.job_id).dismissed).toBe(true);
});

test.each([
  ["fails", "expected", { state: "failed", error: "two is too many" }],
  ["is done", undefined, { state: "done", text: "counted", facts: [{ name: "steps", count: 3 }] }],
])(
  "an end on a full disk is shown all the same when the job %s, and written once there is space",
  async (_how, fail, end) => {
    const { jobs, gate, disk, errors, create } = setup();
    gate.step = () => {
      disk.full = true;
      return Promise.resolve();
    };
    await jobs.start("count", fail === undefined ? {} : { fail }, caller);
    await jobs.idle();
    expect(jobs.get(ID)).toMatchObject({ ...end, ended_at: 1_700_000_000_000 });
    expect(jobs.list(10).jobs).toMatchObject([{ state: end.state, ended_at: 1_700_000_000_000 }]);
    expect(errors).toMatchObject([{ message: "The disk is full" }]);
    expect(create().get(ID).state, "as a next start would list it").toBe("interrupted");
    disk.full = false;
    await expect.poll(() => create().get(ID)).toMatchObject(end);
    expect(create().get(ID).lines[0]).toMatchObject({ text: "step 1" });
  },
);

test("pages of the list go on where the last one ended", async () => {
  const { jobs } = setup();
  for (let i = 0; i < 3; i++) {
    await jobs.start("count", {}, caller);
    await jobs.idle();
  }
  const first = jobs.list(2);
  const second = jobs.list(2, first.last);
  expect(first.jobs).toHaveLength(2);
  expect(second.jobs.map(({ job_id }) => job_id)).toEqual([ID]);
  expect(second.last).toBeUndefined();
});
