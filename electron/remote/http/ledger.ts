/** What is told of each call: enough to see what went over the network, and nothing secret. */
import type { RemoteTrouble } from "../errors.ts";

/** One request and its answer, redirects counted singly. */
export interface NetworkEntry {
  readonly method: string;
  /** Without secrets; of a foreign host (a signed address) without its query. */
  readonly url: string;
  /** Of the answer; undefined when there was none. */
  readonly status?: number | undefined;
  /** What went wrong; undefined for what went well. */
  readonly trouble?: RemoteTrouble | undefined;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly ms: number;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly startedAt: number;
}

const SECRET_NAME = /token|secret|passw|signature|credential|\bsig\b|api_?key|auth/i;

/** An address as it may be written down. */
export const shownUrl = (url: URL, isForeign: boolean): string => {
  const shown = new URL(url.origin + url.pathname);
  if (!isForeign)
    for (const [name, value] of url.searchParams)
      shown.searchParams.append(name, SECRET_NAME.test(name) ? "[redacted]" : value);
  return shown.href;
};

/** Remembers the secrets that were sent, to take them out of whatever comes back. */
export interface Secrets {
  add(secret: string): void;
  hide(text: string): string;
}

const SHORTEST = 8; // hiding less would blacken half of every text

export const createSecrets = (): Secrets => {
  const known = new Set<string>();
  return {
    add: (secret) => {
      if (secret.length >= SHORTEST) known.add(secret);
    },
    hide: (text) =>
      [...known]
        .sort((a, b) => b.length - a.length)
        .reduce((out, secret) => out.replaceAll(secret, "[redacted]"), text),
  };
};
