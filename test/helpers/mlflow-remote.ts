/** An MLflow server as the far side of a sync, over the real client. */
import { setTimeout as wait } from "node:timers/promises";
import { createHttpClient, type AuthHeader } from "../../electron/remote/http/client.ts";
import { createMlflowRemote } from "../../electron/remote/mlflow/mlflow.ts";
import type { Remote } from "../../electron/remote/remote.ts";

export interface Access {
  readonly authHeader?: AuthHeader;
  readonly token?: string;
}

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
  return createMlflowRemote({ baseUrl, client, wallClock: Date.now });
};
