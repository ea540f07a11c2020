/** Scripts at work, in a process of their own: writers that log and searches that read, until the time is over. Prints what they did. */
import { createHttpClient } from "../helpers/http-client.ts";

const [url = "", seconds = "10", writers = "16", searchers = "4"] = process.argv.slice(2);
const until = performance.now() + Number(seconds) * 1000;
const client = createHttpClient(url, Number(writers) + Number(searchers));

const post = async <T>(path: string, body: object): Promise<T> => {
  const answer = await client.mlflow(path, body);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return answer.json() as T;
};

let logged = 0;
let searched = 0;
const write = async (): Promise<void> => {
  const { run } = await post<{ run: { info: { run_id: string } } }>("runs/create", {
    experiment_id: "0",
    start_time: Date.now(),
  });
  for (let step = 0; performance.now() < until; step++) {
    const body = { run_id: run.info.run_id, key: "loss", value: 1 / (step + 1), timestamp: Date.now(), step };
    await post("runs/log-metric", body);
    logged++;
  }
};
const search = async (): Promise<void> => {
  const query = {
    experiment_ids: ["0"],
    filter: "metrics.loss < 0.5",
    order_by: ["metrics.loss ASC"],
    max_results: 200,
  };
  for (; performance.now() < until; searched++) await post("runs/search", query);
};

const times = <T>(count: string, work: () => Promise<T>): Promise<T>[] => Array.from({ length: Number(count) }, work);
await Promise.all([...times(writers, write), ...times(searchers, search)]);
client.close();
process.stdout.write(`${JSON.stringify({ logged, searched })}\n`);
