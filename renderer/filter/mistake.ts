import { parseFilter } from "../../shared/search/parse-filter.ts";
import { SearchError } from "../../shared/search/search-error.ts";

/** Why a filter cannot be read, and from which character on. */
export interface Mistake {
  readonly message: string;
  readonly position: number;
}

/** Reads a filter as the server will; undefined when it can be read. */
export const mistakeIn = (filter: string): Mistake | undefined => {
  try {
    parseFilter("runs", filter);
    return undefined;
  } catch (error) {
    if (error instanceof SearchError) return { message: error.message, position: error.position };
    throw error;
  }
};
