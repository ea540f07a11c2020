/** Makes the adapter of a configured remote: its address, its token, its certificates, its limits, and the ledger. */
import { readFileSync } from "node:fs";
import { DomainError } from "../../../shared/errors.ts";
import { createGitlabRemote } from "../../remote/gitlab/gitlab.ts";
import { createHttpClient, type HttpDeps, type HttpTarget, type NetworkEntry } from "../../remote/http/client.ts";
import { createMlflowRemote } from "../../remote/mlflow/mlflow.ts";
import type { Remote } from "../../remote/remote.ts";
import type { NetworkCallRow, RemoteRow } from "../../store/sync/rows.ts";
import type { Clock } from "../../sync/context.ts";
import type { RemoteTokens } from "./tokens.ts";

export interface ConnectDeps {
  readonly tokens: RemoteTokens;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pace: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onCall: (call: Omit<NetworkCallRow, "id">) => void;
}

const readCertificates = ({ name, ca_file }: RemoteRow): string[] => {
  if (ca_file === null) return [];
  try {
    return [readFileSync(ca_file, "utf8")];
  } catch (cause) {
    throw new DomainError("not_found", `The file ${ca_file} of certificates of remote '${name}' cannot be read`, {
      cause,
    });
  }
};

const never = new AbortController().signal;

const toCall = (remote: string, entry: NetworkEntry): Omit<NetworkCallRow, "id"> => ({
  at: entry.startedAt,
  remote,
  purpose: "sync",
  method: entry.method,
  url: entry.url,
  status: entry.status ?? null,
  trouble: entry.trouble ?? null,
  sent: entry.bytesUp,
  received: entry.bytesDown,
  took_ms: Math.round(entry.ms),
});

/** @throws DomainError for a file of certificates that has gone; RemoteError for an address that is none. */
export const connect = (row: RemoteRow, deps: ConnectDeps): Remote => {
  const { clock, tokens, random, pace, env, onCall } = deps;
  const target = {
    baseUrl: row.base_url,
    token: () => Promise.resolve(tokens.read(row)),
    ca: readCertificates(row),
    ...(row.proxy !== null && { proxy: row.proxy }),
    limits: {
      ...(row.up_limit !== null && { upBytesPerSecond: row.up_limit }),
      ...(row.down_limit !== null && { downBytesPerSecond: row.down_limit }),
    },
    pace,
  } satisfies Partial<HttpTarget>;
  const http: HttpDeps = {
    now: clock.monotonic,
    wallClock: clock.now,
    sleep: (ms, signal) => clock.sleep(ms, signal ?? never),
    random,
    env,
    onCall: (entry) => onCall(toCall(row.name, entry)),
  };
  const settle = row.settle_ms === null ? {} : { settleMs: row.settle_ms };
  return row.kind === "gitlab"
    ? createGitlabRemote({ ...target, ...settle, project: row.project ?? "" }, http)
    : createMlflowRemote({
        ...settle,
        baseUrl: row.base_url,
        client: createHttpClient({ ...target, authHeader: "mlflow" }, http),
        wallClock: clock.now,
      });
};
