/** Why a call to a remote failed, in words that a sync acts upon; each remote maps its own answers to them. */
export type RemoteTrouble =
  | "offline" // no connection: nothing was sent, unless `maybeDone` says so
  | "captive" // something between us and the remote answered: a sign-in page, a proxy that wants a name
  | "insecure" // TLS that cannot be trusted, or a redirect that would carry a token away
  | "auth" // the token is missing, wrong, expired or revoked
  | "forbidden"
  | "gone" // no such route, object or project: the remote tells them apart by the body
  | "invalid" // refused for what it says; sending it again cannot help
  | "exists"
  | "rate_limited" // not executed
  | "unavailable" // time ran out, the connection was cut, 408, 5xx
  | "garbled" // an answer that is none
  | "too_large"
  | "corrupt" // bytes that are not those that were asked for
  | "cancelled";

export interface RemoteErrorFacts {
  readonly maybeDone?: boolean;
  readonly status?: number | undefined;
  readonly body?: unknown;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A call to a remote that did not work out. Messages and bodies hold no secrets. */
export class RemoteError extends Error {
  readonly trouble: RemoteTrouble;
  /** The request may have had its effect: look before sending it again. */
  readonly maybeDone: boolean;
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** What the answer said: parsed JSON, or the beginning of a text. */
  readonly body: unknown;
  /** When the remote asks to be left alone for so long. */
  readonly retryAfterMs: number | undefined;
  constructor(trouble: RemoteTrouble, message: string, facts: RemoteErrorFacts = {}) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.name = "RemoteError";
    this.trouble = trouble;
    this.maybeDone = facts.maybeDone ?? false;
    this.status = facts.status;
    this.body = facts.body;
    this.retryAfterMs = facts.retryAfterMs;
  }
}
