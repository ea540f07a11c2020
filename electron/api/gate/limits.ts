/** The numbers of the gate, and which requests carry bytes instead of JSON. */

export interface Limits {
  readonly urlBytes: number;
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly jsonBytes: number;
  /** From the connection, or the end of the answer before, to the end of the headers, ms. */
  readonly headersTimeoutMs: number;
  /** Every so often, ms, a JSON body must have moved by `minBodyBytes`. */
  readonly bodyIdleMs: number;
  readonly minBodyBytes: number;
  /** Every so often, ms, an upload must have moved at all; so must an answer that waits for its reader. */
  readonly transferIdleMs: number;
  /** How long a connection without a request is kept, ms. Training loops log once an epoch. */
  readonly keepAliveMs: number;
  /** How long a refused body is read and thrown away, ms. */
  readonly lingerMs: number;
  /** How often connections are looked at, ms. */
  readonly sweepMs: number;
  /** Connections of all who are not the owner, and of each other uid. The owner has no cap. */
  readonly connections: number;
  readonly connectionsPerUid: number;
}

export const defaultLimits: Limits = {
  urlBytes: 16 * 1024,
  headerBytes: 16 * 1024,
  headerCount: 100,
  jsonBytes: 16 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  bodyIdleMs: 29_000, // and the next sweep: closed within 30 s
  minBodyBytes: 256 * 1024, // a drip is no progress; 16 MiB may still take half an hour
  transferIdleMs: 60_000,
  keepAliveMs: 75_000,
  lingerMs: 2_000,
  sweepMs: 1_000,
  connections: 256,
  connectionsPerUid: 32,
};

const uploads = [
  { method: "PUT", path: /^\/(?:ajax-)?api\/2\.0\/mlflow-artifacts\/artifacts\// },
  { method: "POST", path: /^\/(?:ajax-)?api\/2\.0\/mlflow\/upload-artifact$/ },
  { method: "PUT", path: /^\/api\/outpost\/v1\/bundles\/incoming\// },
] as const;

/** Whether a request carries a file's bytes: those have no size limit and no time limit but idleness. */
export const isUpload = (method: string, path: string): boolean =>
  uploads.some((upload) => upload.method === method && upload.path.test(path));
