import { wireErrors, type WireError, type WireErrorKind } from "../../shared/api/errors.ts";
import { DomainError } from "../../shared/errors.ts";

export interface Failure {
  readonly status: number;
  readonly body: WireError;
}

/** The answer for a failure that is known by name. */
export const failure = (kind: WireErrorKind, message: string): Failure => ({
  status: wireErrors[kind].status,
  body: { error_code: wireErrors[kind].code, message, sqlstate: null, error_class: null },
});

/** The answer for anything thrown. A bug's cause goes to the log, never to a client. */
export const toFailure = (error: unknown): Failure =>
  error instanceof DomainError
    ? failure(error.kind, error.message)
    : failure("bug", "Internal error: the log has its cause");
