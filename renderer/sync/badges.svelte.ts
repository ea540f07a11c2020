import { syncBadges, type SyncBadge } from "../../shared/api/outpost/sync.ts";
import { getCall } from "../lib/api.ts";
import { onChange, Resource } from "../lib/resource.svelte.ts";
import { getKnownRemotes } from "./known-remotes.svelte.ts";

/** The server answers for so many at once. */
const MOST = 200;

type Kind = "experiment" | "run" | "registered_model" | "model_version";

/**
 * Badges of the objects a page shows, asked for together: none while there is no remote, at most as many as one request
 * takes. Followed live. Made in a component.
 */
export class SyncBadges {
  readonly #list: Resource<ReadonlyMap<string, SyncBadge>>;

  constructor(kind: Kind, ids: () => readonly string[]) {
    const call = getCall();
    const remotes = getKnownRemotes();
    const key = $derived(remotes.any ? ids().slice(0, MOST).join("\n") : "");
    this.#list = new Resource(async (signal) => {
      if (key === "") return new Map<string, SyncBadge>();
      const { badges } = await call(syncBadges, { kind, ids: key.split("\n") }, signal);
      return new Map(badges.map((badge) => [badge.id, badge]));
    });
    onChange(() => remotes.any, this.#list.refresh);
  }

  of(id: string): SyncBadge | undefined {
    return this.#list.value?.get(id);
  }
  /** There is something to show: a list gets its column. */
  get any(): boolean {
    return (this.#list.value?.size ?? 0) > 0;
  }
}
