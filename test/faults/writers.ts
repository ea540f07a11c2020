/** Eight writers that note what the server acknowledged, and the check that all of it is there. */
import { randomBytes } from "node:crypto";
import { createHttpClient, fieldOf, type HttpClient, textOf } from "../helpers/http-client.ts";

/** What was acknowledged with 200, by the kind of write. */
export interface Acknowledged {
  readonly runs: string[];
  readonly metrics: { run: string; key: string; step: number }[];
  readonly params: { run: string; key: string; value: string }[];
  readonly files: { path: string; content: Buffer }[];
}

const BATCH = 20;
const PROXY = "/api/2.0/mlflow-artifacts/artifacts";

interface Writer {
  readonly client: HttpClient;
  readonly run: string;
  readonly root: string;
  readonly number: number;
}

const isAcknowledged = async (answer: Promise<{ status: number; body: Buffer }>): Promise<boolean> => {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`a writer was answered ${String(status)}: ${body.toString()}`);
  return true;
};

/** One of each kind of write, in turns; what comes back with 200 is noted only then. */
const writeOnce = async ({ client, run, root, number }: Writer, turn: number, noted: Acknowledged): Promise<void> => {
  const key = `w${String(number)}`;
  const metric = { run, key, step: turn };
  if (
    await isAcknowledged(client.mlflow("runs/log-metric", { run_id: run, key, value: turn, timestamp: 1, step: turn }))
  )
    noted.metrics.push(metric);
  const batch = Array.from({ length: BATCH }, (_, i) => ({ run, key: `${key}-batch`, step: turn * BATCH + i }));
  const metrics = batch.map((each) => ({ key: each.key, value: 1, timestamp: 1, step: each.step }));
  const param = { run, key: `${key}-${String(turn)}`, value: String(turn) };
  if (
    await isAcknowledged(
      client.mlflow("runs/log-batch", { run_id: run, metrics, params: [{ key: param.key, value: param.value }] }),
    )
  ) {
    noted.metrics.push(...batch);
    noted.params.push(param);
  }
  if (turn % 4 !== 0) return;
  const file = {
    path: `${PROXY}/${root}/${String(number)}/${String(turn)}.bin`,
    content: randomBytes(3_000),
  };
  if (await isAcknowledged(client.send("PUT", file.path, file.content))) noted.files.push(file);
};

const createRun = async (client: HttpClient, noted: Acknowledged): Promise<{ run: string; root: string }> => {
  const answer = await client.mlflow("runs/create", { experiment_id: "0", start_time: 1 });
  if (answer.status !== 200)
    throw new Error(`runs/create was answered ${String(answer.status)}: ${answer.body.toString()}`);
  const run = textOf(answer.json(), "run", "info", "run_id");
  noted.runs.push(run);
  return { run, root: textOf(answer.json(), "run", "info", "artifact_uri").replace("mlflow-artifacts:/", "") };
};

/** Writes on `count` connections until the server is gone. Resolves with why each writer stopped. */
export const writeUntilCut = (base: string, count: number, noted: Acknowledged): Promise<unknown[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const client = createHttpClient(base);
      try {
        const { run, root } = await createRun(client, noted);
        for (let turn = 0; ; turn++) await writeOnce({ client, run, root, number }, turn, noted);
      } catch (error) {
        return error; // the cut connection ends the writer; the caller looks whether it was that
      } finally {
        client.close();
      }
    }),
  );

const historyOf = async (client: HttpClient, run: string, key: string): Promise<Set<number>> => {
  const answer = await client.send("GET", `/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=${key}`);
  const { metrics = [] } = answer.json() as { metrics?: { step: number }[] };
  return new Set(metrics.map((metric) => metric.step));
};

const lostMetrics = async (client: HttpClient, noted: Acknowledged): Promise<string[]> => {
  const lost: string[] = [];
  for (const series of Map.groupBy(noted.metrics, (metric) => `${metric.run} ${metric.key}`).values()) {
    const [first] = series;
    if (!first) continue;
    const steps = await historyOf(client, first.run, first.key);
    lost.push(...series.filter((each) => !steps.has(each.step)).map((each) => `metric ${JSON.stringify(each)}`));
    if (first.key.endsWith("-batch") && steps.size % BATCH !== 0)
      lost.push(`a torn batch in ${first.run} ${first.key}`);
  }
  return lost;
};

const lostParams = async (client: HttpClient, noted: Acknowledged): Promise<string[]> => {
  const lost: string[] = [];
  for (const run of noted.runs) {
    const answer = await client.send("GET", `/api/2.0/mlflow/runs/get?run_id=${run}`);
    if (answer.status !== 200) lost.push(`run ${run}: ${String(answer.status)}`);
    const data = fieldOf(answer.json(), "run", "data") as { params?: { key: string; value: string }[] };
    const values = new Map(data.params?.map((param) => [param.key, param.value]));
    const wanted = noted.params.filter((param) => param.run === run);
    lost.push(
      ...wanted
        .filter((param) => values.get(param.key) !== param.value)
        .map((param) => `param ${JSON.stringify(param)}`),
    );
  }
  return lost;
};

const lostFiles = async (client: HttpClient, noted: Acknowledged): Promise<string[]> => {
  const lost: string[] = [];
  for (const file of noted.files) {
    const answer = await client.send("GET", file.path);
    if (answer.status !== 200 || !answer.body.equals(file.content))
      lost.push(`file ${file.path}: ${String(answer.status)}`);
  }
  return lost;
};

/** Files that are listed, acknowledged or not, and cannot be read whole. */
const unreadableFiles = async (client: HttpClient, noted: Acknowledged): Promise<string[]> => {
  const unreadable: string[] = [];
  for (const folder of new Set(
    noted.files.map((file) => file.path.slice(PROXY.length + 1, file.path.lastIndexOf("/"))),
  )) {
    const listed = await client.send("GET", `${PROXY}?path=${folder}`);
    const { files = [] } = listed.json() as { files?: { path: string; file_size: number }[] };
    for (const file of files) {
      const answer = await client.send("GET", `${PROXY}/${folder}/${file.path}`);
      if (answer.status !== 200 || answer.body.length !== file.file_size)
        unreadable.push(`${folder}/${file.path} is listed and cannot be read: ${String(answer.status)}`);
    }
  }
  return unreadable;
};

/** Everything acknowledged that is not there, in words; empty when nothing was lost, no batch is torn, no file without its bytes. */
export const lostOf = async (base: string, noted: Acknowledged): Promise<string[]> => {
  const client = createHttpClient(base);
  try {
    return [
      ...(await lostMetrics(client, noted)),
      ...(await lostParams(client, noted)),
      ...(await lostFiles(client, noted)),
      ...(await unreadableFiles(client, noted)),
    ];
  } finally {
    client.close();
  }
};
