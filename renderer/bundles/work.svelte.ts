import { getBundleResult, type BundleResult } from "../../shared/api/outpost/bundles.ts";
import { getJob, type Job } from "../../shared/api/outpost/jobs.ts";
import { isOver } from "../activity/jobs.ts";
import { getCall } from "../lib/api.ts";

const LOOK_MS = 300;
const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));

/** One job with a bundle after the other, each followed to its end for as long as its part of the page stays. */
export class BundleWork {
  job = $state.raw<Job>();
  failure = $state.raw<Error>();
  busy = $state(false);
  readonly #call = getCall();
  readonly #gone = new AbortController();

  constructor() {
    $effect(() => () => this.#gone.abort());
  }

  /** Looks at the job once more: after it was steered. */
  refresh = async (): Promise<void> => {
    const job_id = this.job?.job_id;
    if (job_id !== undefined) this.job = await this.#call(getJob, { job_id }, this.#gone.signal);
  };

  /** What the work came to; undefined when it failed, which `failure` tells, or was cancelled. */
  run = async (
    start: (signal: AbortSignal) => Promise<{ readonly ticket: string; readonly job: Job }>,
  ): Promise<BundleResult | undefined> => {
    const { signal } = this.#gone;
    this.failure = undefined;
    this.busy = true;
    try {
      const { ticket, job } = await start(signal);
      this.job = job;
      while (!isOver(this.job)) {
        await pause();
        this.job = await this.#call(getJob, { job_id: job.job_id }, signal);
      }
      const { state, error } = this.job;
      this.job = undefined;
      if (state === "done") return await this.#call(getBundleResult, { ticket }, signal);
      if (state !== "cancelled") throw new Error(error ?? state);
    } catch (error) {
      if (!signal.aborted) this.failure = toError(error);
    } finally {
      this.busy = false;
    }
    return undefined;
  };
}
