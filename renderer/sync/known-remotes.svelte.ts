import { createContext } from "svelte";
import { listRemotes, type RemoteInfo } from "../../shared/api/outpost/remotes.ts";
import { getCall } from "../lib/api.ts";
import { onChange, Resource } from "../lib/resource.svelte.ts";

/** Kinds that change with every logged point: they say nothing about remotes. */
const BUSY: ReadonlySet<string> = new Set(["run", "artifact"]);

/** The remotes as every page knows them, for badges and the top bar. Made once, in the root. */
export class KnownRemotes {
  readonly #list: Resource<readonly RemoteInfo[]>;

  constructor() {
    const call = getCall();
    this.#list = new Resource(async (signal) => (await call(listRemotes, {}, signal)).remotes);
    onChange(({ kind }) => !BUSY.has(kind), this.#list.refresh);
  }

  get all(): readonly RemoteInfo[] {
    return this.#list.value ?? [];
  }
  /** Badges and counts are shown only then. */
  get any(): boolean {
    return this.all.length > 0;
  }
}

export const [getKnownRemotes, setKnownRemotes] = createContext<KnownRemotes>();
