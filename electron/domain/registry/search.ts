import type { Int64 } from "../../../shared/api/wire.ts";
import type { Page } from "../tracking/experiments.ts";

/** What the compiled searches of the store offer. */
export interface RegistrySearch {
  search(query: {
    readonly filter: string | undefined;
    readonly orderBy: readonly string[];
    readonly maxResults: number;
    readonly pageToken: string | undefined;
  }): Page;
}

/** What a client asks for; without `maxResults` each search has its own default. */
export interface SearchInput {
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly maxResults: Int64 | undefined;
  readonly pageToken: string | undefined;
}
