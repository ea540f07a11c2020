/** What crosses the borders of the host's threads: plain data only, so that a process could stand where a thread does. */
import { DomainError, type ErrorKind } from "../../shared/errors.ts";

/** What a composition root hands to the host. */
export interface HostOptions {
  /** `--data-dir`, if given. */
  readonly dataDir: string | undefined;
  /** Settings from the command line, by name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

export interface Ready {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
}

export interface PlainError {
  readonly kind: ErrorKind | "bug";
  readonly message: string;
}

export type FromHost =
  | ({ readonly type: "ready" } & Ready)
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "stopped" };

export type ToHost = { readonly type: "stop" };

export interface ReadRequest {
  readonly id: number;
  readonly name: string;
  readonly args: unknown;
}

/** JSON text; a long one as its UTF-8 bytes, which change threads without a copy. */
export type ReadText = string | Uint8Array;
export type ReadOutcome = { readonly text: ReadText } | { readonly error: PlainError };
export type ReadAnswer = { readonly id: number } & ReadOutcome;

/**
 * A thread's first word, when its native code is in. Until then nobody may end it: an addon that is registered in a
 * thread which is being terminated ends the whole process.
 */
export const LOADED = "loaded";

/** An error as plain data. What is no DomainError is a bug: its stack goes along for the log. */
export const toPlain = (error: unknown): PlainError => {
  if (error instanceof DomainError) return { kind: error.kind, message: error.message };
  return { kind: "bug", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
};

/** The error again, on the other side of a border. */
export const fromPlain = ({ kind, message }: PlainError): Error =>
  kind === "bug" ? new Error(message) : new DomainError(kind, message);
