import { push } from "svelte-spa-router";
import { listRemotes, pauseRemote, resumeRemote, testRemote } from "../../shared/api/outpost/remotes.ts";
import { makePlan, startSync } from "../../shared/api/outpost/sync.ts";
import type { Job } from "../../shared/api/outpost/jobs.ts";
import { isOver } from "../activity/jobs.ts";
import type { ServerJobs } from "../activity/server-jobs.svelte.ts";
import { m } from "../i18n/messages.ts";
import { getCall } from "../lib/api.ts";
import { links } from "../lib/links.ts";
import { toasts } from "../lib/toasts.svelte.ts";
import type { Remotes } from "./remotes.svelte.ts";

export type What = "push" | "pull" | "both";

/** Starts plans and syncs. A plan that was asked for opens when it is made, for as long as one stays. Made in a component. */
export class SyncWork {
  #awaited = $state.raw<{ readonly job: string; readonly remote: string }>();
  #busy = $state(false);
  readonly #jobs: ServerJobs;
  readonly #remotes: Remotes;
  readonly #call = getCall();

  constructor(jobs: ServerJobs, remotes: Remotes) {
    this.#jobs = jobs;
    this.#remotes = remotes;
    $effect(() => {
      const awaited = this.#awaited;
      const job = awaited && jobs.jobs.find(({ job_id }) => job_id === awaited.job);
      if (!awaited || !job || !isOver(job)) return;
      this.#awaited = undefined;
      if (job.state === "done") void this.#try(m.sync_make_plan(), () => this.#open(job, awaited.remote));
    });
  }

  /** A request is on its way: buttons wait. */
  get busy(): boolean {
    return this.#busy;
  }

  plan = (remote: string, what: What = "both"): Promise<void> =>
    this.#try(m.sync_make_plan(), async () => {
      const { job_id } = await this.#call(makePlan, { remote, what });
      this.#awaited = { job: job_id, remote };
    });

  sync = (remote: string, what: What = "both"): Promise<void> =>
    this.#try(m.sync_do_sync(), async () => {
      await this.#call(startSync, { remote, what });
    });

  /** Exactly this plan. `accept`: a person agreed to the first contact. */
  apply = (remote: string, hash: string, accept: boolean): Promise<void> =>
    this.#try(m.sync_apply(), async () => {
      await this.#call(startSync, { remote, hash, ...(accept && { accept }) });
    });

  test = (remote: string): Promise<void> =>
    this.#try(m.sync_do_test(), async () => {
      await this.#call(testRemote, { name: remote });
    });

  rest = (remote: string, paused: boolean): Promise<void> =>
    this.#try(paused ? m.common_pause() : m.common_resume(), async () => {
      await this.#call(paused ? pauseRemote : resumeRemote, { name: remote });
    });

  async #open(job: Job, remote: string): Promise<void> {
    if (job.href?.startsWith("#/sync/")) return void push(job.href.slice(1));
    const { remotes } = await this.#call(listRemotes, {});
    const hash = remotes.find(({ name }) => name === remote)?.plan;
    if (hash) void push(links.syncPlan(remote, hash).slice(1));
    else toasts.say(m.sync_stands_same());
  }

  async #try(what: string, act: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await act();
    } catch (error) {
      toasts.fail(what, error);
    } finally {
      this.#busy = false;
      this.#remotes.list.refresh();
      this.#jobs.list.refresh();
    }
  }
}
