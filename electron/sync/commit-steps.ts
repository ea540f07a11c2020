/** Makes each commit, and each file that has come whole, a named step: where a test ends the process as by kill -9. */
import type { Progress } from "./context.ts";
import type { Local } from "./local.ts";

export type AtStep = (step: string) => Promise<void> | void;

/** The phase that was last told of, which names the commits. */
export const createPhase = (): { readonly name: () => string; readonly note: (progress: Progress) => void } => {
  let phase = "begin";
  return { name: () => phase, note: (progress) => void (phase = progress.phase) };
};

/** `commit/<phase>` after each commit, `bytes/<phase>` after the bytes of a file are on disk. Without `at` it is `local`. */
export const withCommitSteps = (local: Local, at: AtStep | undefined, phase: () => string): Local =>
  at === undefined
    ? local
    : {
        ...local,
        write: async (job) => {
          const value = await local.write(job);
          await at(`commit/${phase()}`);
          return value;
        },
        partial: (sha256) => {
          const partial = local.partial(sha256);
          const finish: typeof partial.finish = async (expected) => {
            await partial.finish(expected);
            await at(`bytes/${phase()}`);
          };
          return { ...partial, finish };
        },
      };
