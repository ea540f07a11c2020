import { DomainError } from "../errors.ts";

/** A filter or order that cannot be read: DomainError `invalid`, with the place in the text for the search bar. */
export class SearchError extends DomainError {
  /** UTF-16 offset into the text where reading stopped. */
  readonly position: number;
  constructor(message: string, position: number) {
    super("invalid", message);
    this.name = "SearchError";
    this.position = position;
  }
}
