/** The table of routes: which operation an address is, what it needs, who answers. */
import type { IncomingHttpHeaders } from "node:http";
import type { Raw } from "./body.ts";
import { type Answer, error, noRoute } from "./http.ts";
import type { State } from "./state.ts";

/** A file that came up as a request's body, already on disk. */
export interface Upload {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly sha1: string;
  readonly md5: string;
}

/** One request, as handlers see it. */
export interface Call {
  readonly state: State;
  readonly method: string;
  /** Origin and relative root, without a slash at the end. */
  readonly base: string;
  /** Origin of the host that stands for object storage. */
  readonly storage: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** Parts of the address, decoded once. */
  readonly path: Readonly<Record<string, string>>;
  /** The same parts as they came. */
  readonly rawPath: Readonly<Record<string, string>>;
  /** Query and body, merged. */
  readonly params: Raw;
  readonly upload: Upload | null;
}

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly operation: string;
  /** Only where the body is a file: it goes to disk, after these checks, and not to `params`. */
  readonly beforeUpload?: (call: Call) => void;
  readonly handle: (call: Call) => Answer;
}

/** `/projects/:id/x/*rest`: `:name` is one segment, `*name` all that follow. */
export const route = (
  method: string,
  path: string,
  operation: string,
  handle: (call: Call) => Answer,
  beforeUpload?: (call: Call) => void,
): Route => {
  const source = path
    .replace(/[.()]/g, "\\$&")
    .replace(/:(\w+)/g, "(?<$1>[^/]+)")
    .replace(/\*(\w+)/g, "(?<$1>.+)");
  return { method, pattern: new RegExp(`^${source}/?$`), operation, handle, ...(beforeUpload && { beforeUpload }) };
};

export interface Found {
  readonly route: Route;
  readonly rawPath: Readonly<Record<string, string>>;
}

/** @throws Refusal 404 for an address that is no route, 405 for one with other methods only. */
export const findRoute = (routes: readonly Route[], state: State, method: string, path: string): Found => {
  const wanted = method === "HEAD" ? "GET" : method;
  let others = false;
  for (const each of routes) {
    const match = each.pattern.exec(path);
    if (!match) continue;
    if (each.method === wanted) return { route: each, rawPath: match.groups ?? {} };
    others = true;
  }
  throw others && state.options.otherMethodIs405 ? error(405, "405 Not Allowed") : noRoute();
};

/** Decodes each part. @throws Refusal 400 for a broken escape. */
export const decodeParts = (raw: Readonly<Record<string, string>>): Record<string, string> => {
  try {
    return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    throw error(400, "invalid byte sequence in UTF-8");
  }
};
