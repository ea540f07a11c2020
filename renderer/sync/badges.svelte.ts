import { syncBadges, type SyncBadge } from "../../shared/api/outpost/sync.ts";
import { getCall } from "../lib/api.ts";
import { onChange, Resource } from "../lib/resource.svelte.ts";
import { getKnownRemotes } from "./known-remotes.svelte.ts";

/** The server answers for so many at once. */
const PORTION = 200;

export type BadgeKind = "experiment" | "run" | "registered_model" | "model_version";

/** Badges of the objects a page shows, asked for together; none while there is no remote. Followed live. Made in a component. */
export class SyncBadges {
  readonly #list: Resource<ReadonlyMap<string, SyncBadge>>;

  constructor(kind: BadgeKind, ids: () => readonly string[]) {
    const call = getCall();
    const remotes = getKnownRemotes();
    /** One text: the same objects read anew are no reason to ask again. */
    const key = $derived(remotes.any ? JSON.stringify(ids()) : "[]");
    this.#list = new Resource(async (signal) => {
      const all = JSON.parse(key) as string[];
      const portions = Array.from({ length: Math.ceil(all.length / PORTION) }, (_unused, i) =>
        all.slice(i * PORTION, (i + 1) * PORTION),
      );
      const answers = await Promise.all(portions.map((portion) => call(syncBadges, { kind, ids: portion }, signal)));
      return new Map(answers.flatMap(({ badges }) => badges.map((badge) => [badge.id, badge] as const)));
    });
    onChange(() => remotes.any, this.#list.refresh);
  }

  of(id: string): SyncBadge | undefined {
    return this.#list.value?.get(id);
  }
  /** There is something to show: a list gets its column. */
  get any(): boolean {
    return [...(this.#list.value?.values() ?? [])].some(({ badge }) => badge !== "none");
  }
}
