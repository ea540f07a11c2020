/** What rows have in common: a loop whose failures are an error for Outpost and the limit, and a note for MLflow. */
import { type Loop, type LoopResult, runLoop } from "../load.ts";
import type { Measurement } from "../row.ts";
import type { Target } from "../targets.ts";

/** A short run that is not measured: the first requests of a process are its slowest. */
const WARM_UP = 0.25;

export const measureLoop = async (target: Target, loop: Omit<Loop, "url">): Promise<LoopResult> => {
  if (target.kind !== "mlflow") await runLoop({ ...loop, url: target.url, ms: loop.ms * WARM_UP });
  const result = await runLoop({ ...loop, url: target.url });
  if (result.failures > 0 && target.kind !== "mlflow")
    throw new Error(
      `${target.kind}: ${String(result.failures)} requests failed, the first with ${result.firstFailure ?? "?"}`,
    );
  return result;
};

/** Values of a loop as a measurement; MLflow's failures are told. */
export const measurement = (target: Target, values: Measurement["values"], ...loops: LoopResult[]): Measurement => {
  const failures = loops.reduce((total, loop) => total + loop.failures, 0);
  const first = loops.find((loop) => loop.firstFailure !== undefined)?.firstFailure ?? "";
  return failures === 0
    ? { values }
    : {
        values,
        note: `${target.kind}: ${String(failures)} requests failed or got no answer, e.g. ${first.slice(0, 120)}`,
      };
};
