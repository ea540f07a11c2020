/** One look at an MLflow server: which one it is, what it has, what this token may. */
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { RemoteError } from "../errors.ts";
import type { Probe, Right } from "../remote.ts";
import { isGone, type MlflowApi, orUndefined, translated } from "./api.ts";
import { proxiedRoot, shownPlace } from "./files.ts";
import { answers } from "./wire.ts";

const MAX_VERSION_BYTES = 100;
type Signal = AbortSignal | undefined;

export interface ProbeDeps {
  readonly baseUrl: string;
  readonly user: string;
  readonly wallClock: () => number;
}

/** `/version` is plain text. */
const versionOf = async (api: MlflowApi, signal: Signal): Promise<string> => {
  const { body } = await translated(() => api.client.download({ path: "/version", ...(signal && { signal }) }));
  const text = (await buffer(body)).subarray(0, MAX_VERSION_BYTES).toString("utf8").trim();
  if (!/^\d+\.\d+[\w.+-]*$/.test(text))
    throw new RemoteError("garbled", "What answers here is no MLflow server: it says no version of MLflow.");
  return text;
};

/** A write that lacks what it needs is refused for that by whoever may write, and for the right by whoever may not. */
const mayWrite = async (api: MlflowApi, signal: Signal): Promise<string | undefined> => {
  try {
    await api.send("POST", "experiments/set-experiment-tag", {}, answers.nothing, signal);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    if (error.trouble === "forbidden") return `The server refuses writes with this token: ${error.message}`;
    if (error.trouble !== "invalid") throw error;
  }
  return undefined;
};

const mayUpload = async (api: MlflowApi, location: string, signal: Signal): Promise<string | undefined> => {
  if (location !== "" && proxiedRoot(location) === undefined)
    return `New files would go to ${shownPlace(location)}, past the server; start it with --serve-artifacts.`;
  try {
    const request = { method: "GET", path: "/api/2.0/mlflow-artifacts/artifacts", read: answers.files } as const;
    const query = { path: "outpost-probe" }; // of nothing, so that a store of millions is not listed
    await translated(() => api.client.json({ ...request, query, ...(signal && { signal }) }));
  } catch (error) {
    if (isGone(error)) return undefined;
    if (!(error instanceof RemoteError) || error.trouble === "auth" || error.trouble === "offline") throw error;
    return `The server does not pass files on (${error.message}); start it with --serve-artifacts.`;
  }
  return undefined;
};

export interface Found {
  readonly probe: Probe;
  /** Why no file can be kept there. */
  readonly noFiles: string | undefined;
}

/** @throws RemoteError `auth`, `forbidden` when not even reading is allowed, `garbled` for what is no MLflow. */
export const probeMlflow = async (api: MlflowApi, deps: ProbeDeps, signal: Signal): Promise<Found> => {
  const serverVersion = await versionOf(api, signal);
  const request = { method: "GET", path: "/api/2.0/mlflow/experiments/search", read: answers.experiments } as const;
  const { headers } = await translated(() =>
    api.client.json({ ...request, query: { max_results: 1 }, ...(signal && { signal }) }),
  );
  const first = (await orUndefined(api.get("experiments/get", { experiment_id: "0" }, answers.experiment, signal)))
    ?.experiment;
  const [noWrite, noFiles] = [
    await mayWrite(api, signal),
    await mayUpload(api, first?.artifact_location ?? "", signal),
  ];
  const missing: { right: Right; why: string }[] = [
    ...(noWrite === undefined
      ? []
      : (["write", "upload", "delete"] as const).map((right) => ({ right, why: noWrite }))),
    ...(noFiles === undefined || noWrite !== undefined ? [] : [{ right: "upload" as const, why: noFiles }]),
  ];
  const all: readonly Right[] = ["read", "search", "write", "upload", "delete"];
  // The database is the server, whatever it is called: its first experiment was made with it.
  const born = first?.creation_time === undefined ? deps.baseUrl : first.creation_time.toString();
  const date = Date.parse(headers.date ?? "");
  const probe: Probe = {
    identity: `mlflow/${createHash("sha256").update(born).digest("hex").slice(0, 32)}`,
    title: `MLflow ${serverVersion} on ${new URL(deps.baseUrl).host}`,
    serverVersion,
    user: deps.user,
    rights: all.filter((right) => !missing.some((each) => each.right === right)),
    missing,
    tokenExpires: undefined,
    capabilities: { metric_history: true, file_sha256: false, artifact_proxy: noFiles === undefined },
    clockOffsetMs: Number.isNaN(date) ? 0 : date - deps.wallClock(),
  };
  return { probe, noFiles };
};
