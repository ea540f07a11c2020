/**
 * The limit: what node:http and better-sqlite3 do on this machine when nothing is checked, named or remembered. The same
 * durability (WAL, synchronous=FULL, group commit, answer after COMMIT), the calls that the bench makes, and no more.
 * Usage: node limit.ts FOLDER PORT
 */
import Sqlite from "better-sqlite3";
import { randomBytes } from "node:crypto";
import { closeSync, createReadStream, createWriteStream, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

const [folder = ".", port = "0"] = process.argv.slice(2);
const BUFFER = { highWaterMark: 1024 * 1024 };
const db = new Sqlite(join(folder, "limit.db"));
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
  CREATE TABLE IF NOT EXISTS keys (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
  CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, run_id TEXT UNIQUE, experiment INTEGER, name TEXT, start_time INTEGER);
  CREATE INDEX IF NOT EXISTS runs_by_start ON runs (experiment, start_time DESC, id);
  CREATE TABLE IF NOT EXISTS metrics (run INTEGER, key INTEGER, step INTEGER, timestamp INTEGER, value REAL,
    PRIMARY KEY (run, key, step, timestamp, value)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS latest (run INTEGER, key INTEGER, experiment INTEGER, step INTEGER, timestamp INTEGER, value REAL,
    PRIMARY KEY (run, key)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS latest_by_value ON latest (experiment, key, value, run);
  CREATE TABLE IF NOT EXISTS params (run INTEGER, key INTEGER, experiment INTEGER, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS params_by_value ON params (experiment, key, value, run);
  CREATE TABLE IF NOT EXISTS tags (run INTEGER, key INTEGER, experiment INTEGER, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tags_by_value ON tags (experiment, key, value, run);
  CREATE TABLE IF NOT EXISTS models (name TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS versions (name TEXT, version INTEGER, PRIMARY KEY (name, version)) WITHOUT ROWID;`);

interface KeyValue {
  readonly key: string;
  readonly value: string;
}

interface Point {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
}

/** What the bench sends; nothing is checked here: that is the point. */
interface Body extends Point {
  readonly run_id: string;
  readonly experiment_id: string;
  readonly experiment_ids: readonly [string];
  readonly run_name: string;
  readonly name: string;
  readonly start_time: number;
  readonly filter?: string;
  readonly page_token?: string;
  readonly metrics?: readonly Point[];
  readonly params?: readonly KeyValue[];
  readonly tags?: readonly KeyValue[];
}
type Handler = (body: Body) => string;

const newKey = db.prepare("INSERT INTO keys (name) VALUES (?)");
const keyIds = new Map(db.prepare<[], [string, number]>("SELECT name, id FROM keys").raw().all());
const keyId = (name: string): number => {
  const id = keyIds.get(name) ?? Number(newKey.run(name).lastInsertRowid);
  keyIds.set(name, id);
  return id;
};
const findRun = db.prepare<[string], [number, number]>("SELECT id, experiment FROM runs WHERE run_id = ?").raw();
const addRun = db.prepare("INSERT INTO runs (run_id, experiment, name, start_time) VALUES (?, ?, ?, ?)");
const addPoint = db.prepare("INSERT OR IGNORE INTO metrics VALUES (?, ?, ?, ?, ?)");
const setLatest = db.prepare("INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?)");
const addParam = db.prepare("INSERT OR IGNORE INTO params VALUES (?, ?, ?, ?)");
const addTag = db.prepare("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)");
const addModel = db.prepare("INSERT INTO models VALUES (?)");
const addVersion = db.prepare(
  "INSERT INTO versions SELECT @name, coalesce(max(version), 0) + 1 FROM versions WHERE name = @name",
);

const logBatch = ({
  run_id,
  metrics = [],
  params = [],
  tags = [],
}: Pick<Body, "run_id" | "metrics" | "params" | "tags">): string => {
  const [run, experiment] = findRun.get(run_id) ?? [0, 0];
  const latest = new Map<number, Point>();
  for (const point of metrics) {
    const key = keyId(point.key);
    addPoint.run(run, key, point.step, point.timestamp, point.value);
    latest.set(key, point);
  }
  for (const [key, { step, timestamp, value }] of latest) setLatest.run(run, key, experiment, step, timestamp, value);
  for (const { key, value } of params) addParam.run(run, keyId(key), experiment, value);
  for (const { key, value } of tags) addTag.run(run, keyId(key), experiment, value);
  return "{}";
};

let experiments = 0;
const writes: Record<string, Handler> = {
  "experiments/create": () => JSON.stringify({ experiment_id: String(++experiments) }),
  "runs/create": ({ experiment_id, run_name, start_time, tags = [] }) => {
    const run_id = randomBytes(16).toString("hex");
    const run = Number(addRun.run(run_id, Number(experiment_id), run_name, start_time).lastInsertRowid);
    for (const { key, value } of tags) addTag.run(run, keyId(key), Number(experiment_id), value);
    return JSON.stringify({ run: { info: { run_id, experiment_id, run_name, start_time }, data: { tags } } });
  },
  "runs/log-metric": ({ run_id, ...metric }) => logBatch({ run_id, metrics: [metric] }),
  "runs/log-batch": logBatch,
  "registered-models/create": ({ name }) => (addModel.run(name), "{}"),
  "model-versions/create": ({ name }) => (addVersion.run({ name }), "{}"),
};

const PAGE = 100;
const KEY = "(SELECT id FROM keys WHERE name = ?)";
/** One query for each of the searches that the bench makes, with the plan that suits it best. */
const searches: Record<string, [Sqlite.Statement<unknown[], [number, string, number]>, unknown[]]> = {
  all: [
    db
      .prepare<unknown[], [number, string, number]>(
        "SELECT id, run_id, start_time FROM runs WHERE experiment = ? AND start_time < ? ORDER BY start_time DESC, id LIMIT 100",
      )
      .raw(),
    [],
  ],
  metric: [
    db
      .prepare<unknown[], [number, string, number]>(
        `
      SELECT r.id, r.run_id, r.start_time FROM latest l JOIN runs r ON r.id = l.run WHERE l.experiment = ? AND l.key = ${KEY}
      AND l.value > 0.5 AND EXISTS (SELECT 1 FROM params p WHERE p.run = l.run AND p.key = ${KEY} AND p.value = 'adam')
      ORDER BY l.value DESC LIMIT 100`,
      )
      .raw(),
    ["accuracy", "optimizer"],
  ],
  tag: [
    db
      .prepare<unknown[], [number, string, number]>(
        `
      SELECT r.id, r.run_id, r.start_time FROM runs r WHERE r.experiment = ? AND EXISTS (SELECT 1 FROM tags t
      WHERE t.run = r.id AND t.key = ${KEY} AND t.value LIKE '%17%') ORDER BY start_time DESC, r.id LIMIT 100`,
      )
      .raw(),
    ["group"],
  ],
};
type LoggedRow = [run: number, key: string, value: string | number, timestamp?: number, step?: number];
const ofRuns = (table: string, columns: string) =>
  db
    .prepare<[string], LoggedRow>(
      `SELECT t.run, keys.name, ${columns} FROM json_each(?) w JOIN ${table} t ON t.run = w.value JOIN keys ON keys.id = t.key`,
    )
    .raw();
const hydrate = {
  metrics: ofRuns("latest", "t.value, t.timestamp, t.step"),
  params: ofRuns("params", "t.value"),
  tags: ofRuns("tags", "t.value"),
};

const gather = (statement: Sqlite.Statement<[string], LoggedRow>, ids: string): Map<number, string> => {
  const byRun = new Map<number, string>();
  for (const [run, key, value, timestamp, step] of statement.all(ids)) {
    const point = timestamp === undefined ? "" : `,"timestamp":${timestamp},"step":${step}`;
    const text = `{"key":${JSON.stringify(key)},"value":${JSON.stringify(value)}${point}}`;
    const known = byRun.get(run);
    byRun.set(run, known === undefined ? text : `${known},${text}`);
  }
  return byRun;
};

const searchRuns: Handler = ({ experiment_ids: [experiment], filter = "", page_token }) => {
  const name = filter.includes("metrics") ? "metric" : filter.includes("LIKE") ? "tag" : "all";
  const [statement, args] = searches[name] ?? [];
  const rows =
    statement?.all(
      Number(experiment),
      ...(name === "all" ? [Number(page_token ?? Number.MAX_SAFE_INTEGER)] : (args ?? [])),
    ) ?? [];
  const ids = JSON.stringify(rows.map(([id]) => id));
  const [metrics, params, tags] = [
    gather(hydrate.metrics, ids),
    gather(hydrate.params, ids),
    gather(hydrate.tags, ids),
  ];
  const runs = rows.map(
    ([id, run_id, start]) =>
      `{"info":{"run_id":"${run_id}","start_time":${start}},"data":{"metrics":[${metrics.get(id) ?? ""}],"params":[${params.get(id) ?? ""}],"tags":[${tags.get(id) ?? ""}]}}`,
  );
  const last = rows.at(-1);
  return `{"runs":[${runs.join(",")}]${rows.length === PAGE && last ? `,"next_page_token":"${last[2]}"` : ""}}`;
};

const POINTS =
  "FROM metrics WHERE run = (SELECT id FROM runs WHERE run_id = ?) AND key = (SELECT id FROM keys WHERE name = ?)";
const page = db
  .prepare<unknown[], number[]>(`SELECT step, timestamp, value ${POINTS} AND step > ? ORDER BY step LIMIT ?`)
  .raw();
const counted = db.prepare<unknown[], number>(`SELECT count(*) ${POINTS}`).pluck();
const sampled = db
  .prepare<unknown[], number[]>(
    `SELECT step, timestamp, value FROM (SELECT step, timestamp, value, row_number() OVER (ORDER BY step) AS n ${POINTS})
     WHERE n % ? = 0`,
  )
  .raw();
const searchModels = db
  .prepare<[string], string>("SELECT name FROM models WHERE name LIKE ? ORDER BY name LIMIT 100")
  .pluck();
const searchVersions = db
  .prepare<[string], [string, number]>("SELECT name, version FROM versions WHERE name = ?")
  .raw();
const render = (key: string, points: number[][]): string =>
  points
    .map(([step, timestamp, value]) => `{"key":"${key}","value":${value},"timestamp":${timestamp},"step":${step}}`)
    .join(",");
const quoted = (filter: string): string => /'(.*)'/.exec(filter)?.[1] ?? "";

const reads: Record<string, (query: URLSearchParams) => string> = {
  "metrics/get-history": (query) => {
    const [key, max] = [query.get("metric_key") ?? "", Number(query.get("max_results"))];
    const points = page.all(query.get("run_id"), key, Number(query.get("page_token") ?? -1), max);
    return `{"metrics":[${render(key, points)}]${points.length === max ? `,"next_page_token":"${points.at(-1)?.[0]}"` : ""}}`;
  },
  "metrics/get-history-bulk-interval": (query) => {
    const [key, max] = [query.get("metric_key") ?? "", Number(query.get("max_results"))];
    const every = (run: string): number => Math.ceil((counted.get(run, key) ?? 0) / max);
    const pick = (run: string): string => render(key, sampled.all(run, key, every(run)));
    return `{"metrics":[${query.getAll("run_ids").map(pick).join(",")}]}`;
  },
  "registered-models/search": (query) =>
    JSON.stringify({
      registered_models: searchModels.all(quoted(query.get("filter") ?? "")).map((name) => ({ name })),
    }),
  "model-versions/search": (query) =>
    JSON.stringify({
      model_versions: searchVersions
        .all(quoted(query.get("filter") ?? ""))
        .map(([name, version]) => ({ name, version })),
    }),
};

const send = (response: ServerResponse, text: string): void =>
  void response
    .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
const queue: { handle: Handler; body: Body; response: ServerResponse }[] = [];
const [begin, commit] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT")];
const flush = (): void => {
  const jobs = queue.splice(0);
  begin.run();
  const texts = jobs.map(({ handle, body }) => handle(body));
  commit.run();
  jobs.forEach(({ response }, i) => send(response, texts[i] ?? ""));
};

const bodyOf = async (request: IncomingMessage): Promise<Body> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
};

const file = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
  const at = join(folder, "files", path);
  if (request.method === "GET") {
    response.writeHead(200, { "content-length": statSync(at).size });
    return pipeline(createReadStream(at, BUFFER), response);
  }
  mkdirSync(dirname(at), { recursive: true });
  await pipeline(request, createWriteStream(at, { ...BUFFER, flush: true }));
  const parent = openSync(dirname(at), "r");
  fsyncSync(parent);
  closeSync(parent);
  send(response, "{}");
};

const server = createServer({ highWaterMark: BUFFER.highWaterMark }, (request, response) => {
  void (async () => {
    const [path = "", query = ""] = (request.url ?? "").split("?");
    if (path.includes("/mlflow-artifacts/"))
      return file(request, response, path.split("/artifacts/").slice(1).join("/"));
    const name = path.split("/mlflow/")[1] ?? "";
    const [read, handle] = [reads[name], writes[name]];
    if (read) return send(response, read(new URLSearchParams(query)));
    if (name === "runs/search") return send(response, searchRuns(await bodyOf(request)));
    if (!handle) return send(response, "{}");
    queue.push({ handle, body: await bodyOf(request), response });
    if (queue.length === 1) setImmediate(flush);
  })().catch(() => response.destroy()); // a client that had its bytes and left
});
server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  console.log(`limit: http://127.0.0.1:${typeof address === "object" ? address?.port : port}`);
});
process.on("SIGTERM", () => {
  db.close(); // leaves the file without its log
  process.exit(0);
});
