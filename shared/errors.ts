/** What went wrong, in domain words. Below `api` nothing knows of HTTP statuses or MLflow's codes. */
export type ErrorKind =
  | "invalid" // the caller sent something that can never work; the message names the field and the way out
  | "bad_request" // MLflow's second word for "invalid", where its clients look at the code
  | "not_found"
  | "already_exists"
  | "conflict"
  | "denied"
  | "unauthenticated"
  | "throttled"
  | "unavailable"
  | "exhausted" // a disk or a quota is full
  | "corrupt" // stored bytes are not what they were
  | "not_implemented";

/** An expected failure: thrown where the fact is known, turned into an answer at the rim. */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DomainError";
    this.kind = kind;
  }
}
