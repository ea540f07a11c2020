/** What the browser tests look at, logged as scripts log it: over the MLflow REST interface. */
import { createHttpClient } from "../helpers/http-client.ts";

export interface RunSeed {
  readonly name: string;
  readonly status?: "RUNNING" | "FINISHED" | "FAILED" | "KILLED" | "SCHEDULED";
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** Values by key; their steps count from 0. */
  readonly metrics?: Readonly<Record<string, readonly (number | "NaN" | "Infinity" | "-Infinity")[]>>;
  readonly startTime?: number;
  readonly minutes?: number;
}

const BATCH = 1000;
/** Params share the batch. */
const MOST_AT_ONCE = 900;
/** A name that would do harm if it were ever taken for more than text. */
export const HOSTILE = `<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>{{7*7}}\u202E`;

const pairs = (record: Readonly<Record<string, string>> = {}): { key: string; value: string }[] =>
  Object.entries(record).map(([key, value]) => ({ key, value }));

type Metrics = NonNullable<RunSeed["metrics"]>;

/** Points 100 ms apart. */
const pointsOf = (metrics: Metrics, firstStep: number, time: number) =>
  Object.entries(metrics).flatMap(([key, values]) =>
    values.map((value, i) => ({ key, value, step: firstStep + i, timestamp: time + (firstStep + i) * 100 })),
  );

export type Seed = ReturnType<typeof createSeed>;

export const createSeed = (url: string) => {
  const client = createHttpClient(url, 16);
  const post = async <T>(path: string, body: object): Promise<T> => {
    const answer = await client.mlflow(path, body);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body.toString("utf8")}`);
    return answer.json() as T;
  };

  const experiment = async (name: string, tags: Record<string, string> = {}): Promise<string> =>
    (await post<{ experiment_id: string }>("experiments/create", { name, tags: pairs(tags) })).experiment_id;

  const logMetrics = async (
    runId: string,
    metrics: Metrics,
    { firstStep = 0, time = Date.now() } = {},
  ): Promise<void> => {
    const points = pointsOf(metrics, firstStep, time);
    for (let i = 0; i < points.length; i += BATCH)
      await post("runs/log-batch", { run_id: runId, metrics: points.slice(i, i + BATCH) });
  };

  const finish = (runId: string, status: string, endTime = Date.now()): Promise<unknown> =>
    post("runs/update", { run_id: runId, status, end_time: endTime });

  const run = async (experimentId: string, seed: RunSeed): Promise<string> => {
    const start = seed.startTime ?? Date.now();
    const { run: created } = await post<{ run: { info: { run_id: string } } }>("runs/create", {
      experiment_id: experimentId,
      run_name: seed.name,
      start_time: start,
      user_id: "mira",
      tags: pairs({ "mlflow.user": "mira", "mlflow.source.name": "train.py", ...seed.tags }),
    });
    const runId = created.info.run_id;
    const points = Object.values(seed.metrics ?? {}).reduce((sum, values) => sum + values.length, 0);
    const first = points <= MOST_AT_ONCE ? pointsOf(seed.metrics ?? {}, 0, start) : [];
    await post("runs/log-batch", { run_id: runId, params: pairs(seed.params), metrics: first });
    if (seed.metrics && points > MOST_AT_ONCE) await logMetrics(runId, seed.metrics, { time: start });
    const status = seed.status ?? "FINISHED";
    if (status !== "RUNNING") await finish(runId, status, start + (seed.minutes ?? 3) * 60_000);
    return runId;
  };

  const artifact = async (experimentId: string, runId: string, path: string, content: Buffer): Promise<void> => {
    const name = path.split("/").map(encodeURIComponent).join("/");
    const answer = await client.send(
      "PUT",
      `/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts/${name}`,
      content,
    );
    if (answer.status !== 200)
      throw new Error(`PUT ${path} answered ${answer.status}: ${answer.body.toString("utf8")}`);
  };

  const model = async (name: string, description?: string): Promise<void> => {
    await post("registered-models/create", { name, ...(description !== undefined && { description }) });
  };
  const version = async (name: string, experimentId: string, runId: string): Promise<string> => {
    const source = `mlflow-artifacts:/${experimentId}/${runId}/artifacts/model`;
    const { model_version } = await post<{ model_version: { version: string } }>("model-versions/create", {
      name,
      source,
      run_id: runId,
    });
    return model_version.version;
  };
  const alias = (name: string, word: string, to: string): Promise<unknown> =>
    post("registered-models/alias", { name, alias: word, version: to });

  return { post, experiment, run, logMetrics, finish, artifact, model, version, alias, close: client.close };
};

/** A loss that falls with some noise, the same each time. */
export const curve = (points: number, from = 1, noise = 0.05): number[] =>
  Array.from(
    { length: points },
    (_unused, i) => from * Math.exp((-4 * i) / points) + noise * (Math.sin(i * 12.9898) * 0.5 + 0.5),
  );

/** A 2 × 2 PNG. */
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8Dw/z8DAwMjI5QBAB0JAv9eV8GjAAAAAElFTkSuQmCC",
  "base64",
);
