/** Reads a request's raw header lines once. Node merges and drops duplicates, so every rule looks at this instead. */
import type { IncomingMessage } from "node:http";

/** Header lines that decide something; each may come once. */
const single = [
  "host",
  "origin",
  "authorization",
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "upgrade",
  "sec-fetch-site",
  "sec-fetch-mode",
  "sec-fetch-dest",
  "access-control-request-method",
] as const;
type Single = (typeof single)[number];
const singles = new Set<string>(single);
const isSingle = (name: string): name is Single => singles.has(name);

export interface Head {
  readonly method: string;
  /** The target as it was sent: path and query. */
  readonly target: string;
  /** The target without its query, not decoded. */
  readonly path: string;
  readonly version: string;
  readonly lines: Readonly<Partial<Record<Single, string>>>;
  /** Name of a deciding header that came twice. */
  readonly doubled: Single | undefined;
  readonly headerCount: number;
  readonly headerBytes: number;
}

/** What the gate needs to know of a request. */
export const readHead = (req: IncomingMessage): Head => {
  const raw = req.rawHeaders;
  const lines: Partial<Record<Single, string>> = {};
  let doubled: Single | undefined;
  let headerBytes = 0;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? "";
    const value = raw[i + 1] ?? "";
    headerBytes += name.length + value.length + 4; // ": " and the line's end
    if (!isSingle(name)) continue;
    if (lines[name] !== undefined) doubled = name;
    lines[name] = value;
  }
  const target = req.url ?? "";
  const query = target.indexOf("?");
  return {
    method: req.method ?? "",
    target,
    path: query < 0 ? target : target.slice(0, query),
    version: req.httpVersion,
    lines,
    doubled,
    headerCount: raw.length / 2,
    headerBytes,
  };
};
