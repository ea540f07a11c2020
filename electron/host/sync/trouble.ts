import { DomainError, type ErrorKind } from "../../../shared/errors.ts";
import { RemoteError, type RemoteTrouble } from "../../remote/errors.ts";

/** What a remote's trouble is to whoever asked. */
const KINDS: Readonly<Record<RemoteTrouble, ErrorKind>> = {
  offline: "unavailable",
  captive: "unavailable",
  unavailable: "unavailable",
  garbled: "unavailable",
  rate_limited: "unavailable",
  cancelled: "unavailable",
  insecure: "denied",
  auth: "denied",
  forbidden: "denied",
  gone: "not_found",
  invalid: "invalid",
  exists: "already_exists",
  too_large: "exhausted",
  corrupt: "corrupt",
};

/** An error of a remote as the API and the command line tell it; anything else as it is. */
export const toDomainError = (error: unknown): unknown =>
  error instanceof RemoteError ? new DomainError(KINDS[error.trouble], error.message, { cause: error }) : error;
