/**
 * The engine of one remote: recovers what was left open, looks at the far side, compares, and applies plans until both
 * sides say the same. One sync at a time; everything it knows is in the store, so that it can end at any point.
 */
import type { PushRun } from "./apply-push.ts";
import { withCommitSteps } from "./commit-steps.ts";
import type { Engine, EngineDeps, SyncRequest } from "./engine-types.ts";
import { createPushSession } from "./ensure.ts";
import { createGate } from "./gate.ts";
import type { SyncReport } from "./report.ts";
import { conclude } from "./summary.ts";
import { runCourse, startCourse } from "./sync-run.ts";

export const createEngine = (given: EngineDeps): Engine => {
  const steps = withCommitSteps(given.local, given.atCommit);
  const deps = { ...given, local: steps.local };
  const gate = createGate();
  const broken = new Map<string, number>();
  const underWay = new Map<string, number>();
  const refused: PushRun["refused"] = new Map();
  let running: Promise<SyncReport> | undefined;

  const run = async (asked: SyncRequest): Promise<SyncReport> => {
    const request = { ...asked, onProgress: steps.watch(asked.onProgress) };
    // Rights come back without a word, to a role or to a project that was archived: each sync finds out once.
    for (const [key, { state }] of refused) if (state === "forbidden") refused.delete(key);
    const session = { ...createPushSession(), broken, underWay };
    const { partBytes } = deps;
    const course = startCourse(deps, request, { session, refused, ...(partBytes !== undefined && { partBytes }) });
    await runCourse(course, gate);
    return conclude(course);
  };

  return {
    sync: (request) => {
      running ??= run(request).finally(() => {
        running = undefined;
      });
      return running;
    },
    running: () => running !== undefined,
    pause: gate.close,
    resume: gate.open,
    paused: gate.isClosed,
  };
};
