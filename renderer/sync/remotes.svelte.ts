import { listRemotes, type RemoteInfo } from "../../shared/api/outpost/remotes.ts";
import { getCall } from "../lib/api.ts";
import { onChange, Resource } from "../lib/resource.svelte.ts";

/** The configured remotes, followed live. Made in a component. */
export class Remotes {
  readonly list: Resource<readonly RemoteInfo[]>;

  constructor() {
    const call = getCall();
    this.list = new Resource(async (signal) => (await call(listRemotes, {}, signal)).remotes);
    onChange(() => true, this.list.refresh);
  }

  get all(): readonly RemoteInfo[] {
    return this.list.value ?? [];
  }
  named(name: string): RemoteInfo | undefined {
    return this.all.find((one) => one.name === name);
  }
  get conflicts(): number {
    return this.all.reduce((sum, { conflicts }) => sum + conflicts, 0);
  }
}
