import type { ErrorKind } from "../errors.ts";

/** Failures that only the edge can meet: a path, method or body that never reached a domain. */
export type EdgeErrorKind = "no_endpoint" | "method" | "too_large" | "unsupported_media" | "too_many" | "bug";

/**
 * The one table from kinds to MLflow's codes and HTTP statuses. Source: mlflow/exceptions.py.
 * A full disk is 507, never 429 or 503: MLflow's client would send the request again and again.
 */
export const wireErrors = {
  invalid: { code: "INVALID_PARAMETER_VALUE", status: 400 },
  bad_request: { code: "BAD_REQUEST", status: 400 },
  already_exists: { code: "RESOURCE_ALREADY_EXISTS", status: 400 },
  unauthenticated: { code: "UNAUTHENTICATED", status: 401 },
  denied: { code: "PERMISSION_DENIED", status: 403 },
  not_found: { code: "RESOURCE_DOES_NOT_EXIST", status: 404 },
  no_endpoint: { code: "ENDPOINT_NOT_FOUND", status: 404 },
  method: { code: "BAD_REQUEST", status: 405 },
  conflict: { code: "RESOURCE_CONFLICT", status: 409 },
  too_large: { code: "INVALID_PARAMETER_VALUE", status: 413 },
  unsupported_media: { code: "INVALID_PARAMETER_VALUE", status: 415 },
  throttled: { code: "REQUEST_LIMIT_EXCEEDED", status: 429 },
  too_many: { code: "REQUEST_LIMIT_EXCEEDED", status: 429 },
  corrupt: { code: "DATA_LOSS", status: 500 },
  bug: { code: "INTERNAL_ERROR", status: 500 },
  not_implemented: { code: "NOT_IMPLEMENTED", status: 501 },
  unavailable: { code: "TEMPORARILY_UNAVAILABLE", status: 503 },
  exhausted: { code: "RESOURCE_EXHAUSTED", status: 507 },
} as const satisfies Record<ErrorKind | EdgeErrorKind, { code: string; status: number }>;

export type WireErrorKind = keyof typeof wireErrors;

/** Body of every answer that is not 2xx. MLflow's clients read `error_code` and `message`. */
export interface WireError {
  readonly error_code: string;
  readonly message: string;
  readonly sqlstate: null;
  readonly error_class: null;
}
