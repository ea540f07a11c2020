import { listJobs, type Job } from "../../shared/api/outpost/jobs.ts";
import { getCall } from "../lib/api.ts";
import { onChange, Resource } from "../lib/resource.svelte.ts";

/** The newest long work of the server, followed live. Made in a component. */
export class ServerJobs {
  readonly list: Resource<readonly Job[]>;

  constructor(most = 20) {
    const call = getCall();
    this.list = new Resource(async (signal) => (await call(listJobs, { max_results: most }, signal)).jobs);
    onChange(({ kind }) => kind === "job", this.list.refresh);
  }

  get jobs(): readonly Job[] {
    return this.list.value ?? [];
  }
  /** What the tray shows: all but what was dismissed. */
  get shown(): readonly Job[] {
    return this.jobs.filter(({ dismissed }) => !dismissed);
  }
  /** The newest job of one of these kinds, if one is under way. */
  running(...kinds: readonly string[]): Job | undefined {
    return this.jobs.find(
      ({ kind, state }) =>
        kinds.includes(kind) && (state === "running" || state === "paused" || state === "cancelling"),
    );
  }
}
