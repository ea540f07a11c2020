/** Makes each commit, and each file that has come whole, a named step: where a test ends the process as by kill -9. */
import type { Progress } from "./context.ts";
import type { Local } from "./local.ts";

export type AtStep = (step: string) => Promise<void> | void;

type OnProgress = (progress: Progress) => void;

export interface CommitSteps {
  readonly local: Local;
  /** What is told of here names the phase of the steps. */
  readonly watch: (onProgress: OnProgress | undefined) => OnProgress;
}

/** `commit/<phase>` after each commit, `bytes/<phase>` after the bytes of a file are on disk. Without `at` it is `local`. */
export const withCommitSteps = (local: Local, at: AtStep | undefined): CommitSteps => {
  let phase = "begin";
  const watch: CommitSteps["watch"] = (onProgress) => (progress) => {
    ({ phase } = progress);
    onProgress?.(progress);
  };
  if (at === undefined) return { local, watch };
  const write: Local["write"] = async (job) => {
    const value = await local.write(job);
    await at(`commit/${phase}`);
    return value;
  };
  const partial: Local["partial"] = (sha256) => {
    const file = local.partial(sha256);
    const finish: typeof file.finish = async (expected) => {
      await file.finish(expected);
      await at(`bytes/${phase}`);
    };
    return { ...file, finish };
  };
  return { local: { ...local, write, partial }, watch };
};
