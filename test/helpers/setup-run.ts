import { setupApi } from "./setup-api.ts";

/** A run as MLflow answers it. */
export interface RunAnswer {
  readonly info: Record<string, unknown>;
  readonly data: { metrics?: unknown[]; params?: unknown[]; tags?: { key: string; value: string }[] };
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** The app of `setupApi` with one run in the default experiment. */
export const setupRun = async () => {
  const api = setupApi();
  const run_id = await api.run({ run_name: "first" });
  const whole = async () => (await api.get("runs/get", { run_id }))[1]["run"] as RunAnswer;
  return { ...api, run_id, whole };
};
