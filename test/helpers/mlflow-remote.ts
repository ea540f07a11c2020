/** An MLflow server as the far side of a sync, over the real client. */
import { setTimeout as wait } from "node:timers/promises";
import { createHttpClient, type AuthHeader } from "../../electron/remote/http/client.ts";
import { createMlflowRemote } from "../../electron/remote/mlflow/mlflow.ts";
import type { Remote } from "../../electron/remote/remote.ts";

export interface Access {
  readonly authHeader?: AuthHeader;
  readonly token?: string;
}

/** No two moments are the same: MLflow orders runs by their start alone. */
let latest = 0;
const wallClock = (): number => (latest = Math.max(latest + 1, Date.now()));

/** Waits are a thousandth of the real ones. */
export const mlflowRemote = (baseUrl: string, { authHeader = "none", token }: Access = {}): Remote => {
  const client = createHttpClient(
    { baseUrl, authHeader, pace: 1, token: () => Promise.resolve(token) },
    {
      now: () => performance.now(),
      sleep: (ms, signal) => wait(ms / 1000, undefined, { ...(signal && { signal }) }),
      random: Math.random,
      env: {},
    },
  );
  return createMlflowRemote({ baseUrl, client, wallClock });
};
