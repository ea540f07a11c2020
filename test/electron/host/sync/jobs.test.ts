import { expect, test } from "vitest";
import type { JobContext } from "../../../../electron/domain/jobs/job.ts";
import { createSyncJob } from "../../../../electron/host/sync/jobs.ts";

const context: JobContext = {
  signal: new AbortController().signal,
  write: (job) => Promise.resolve(job()),
  progress: () => {},
  log: () => {},
  turn: () => Promise.resolve(),
};

test("while a sync runs the database is not mapped into memory, and afterwards it is, also when the sync fails", async () => {
  let unmapped = 0;
  const seen: number[] = [];
  const kind = createSyncJob({
    engineOf: () => {
      seen.push(unmapped);
      return Promise.reject(new Error("no engine"));
    },
    unmap: () => {
      unmapped += 1;
      return () => void (unmapped -= 1);
    },
    onReport: () => {},
    onEnd: () => {},
  });
  const job = kind.prepare({ remote: "far", what: "both", apply: "accepted", actor: "test" });
  await expect(job.run(context)).rejects.toThrow("no engine");
  expect(seen).toEqual([1]);
  expect(unmapped).toBe(0);
});
