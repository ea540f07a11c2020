import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createApp } from "../../../electron/api/app.ts";
import { createReaders } from "../../../electron/host/readers.ts";
import { createServices } from "../../../electron/host/services.ts";
import { openWriter } from "../../../electron/store/database.ts";
import { migrate } from "../../../electron/store/migrate.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const fail = (error: unknown): never => {
  throw error;
};

const setup = (options: { max?: number; queueLimit?: number; idleMs?: number } = {}) => {
  const entry = new URL("../../fixtures/threads/reader.mjs", import.meta.url);
  const readers = createReaders({ db: "unused", entry, ...options });
  onTestFinished(() => readers.close());
  return readers;
};

test("no thread runs before the first query; two share the work, a third does not come", async () => {
  const readers = setup();
  expect(readers.size()).toBe(0);
  const threads = await Promise.all(Array.from({ length: 6 }, () => readers.run("slow", 30)));
  expect(new Set(threads).size).toBe(2);
  expect(readers.size()).toBe(2);
});

test("an expected failure keeps its kind across the border", async () => {
  await expect(setup().run("refuse", {})).rejects.toMatchObject({
    name: "DomainError",
    kind: "not_found",
    message: "no such run",
  });
});

test("a crashed thread fails its query only, and is replaced", async () => {
  const readers = setup({ max: 1 });
  const crashed = readers.run("crash", {});
  const next = readers.run("echo", { a: 1n });
  await expect(crashed).rejects.toMatchObject({ kind: "unavailable" });
  await expect(next).resolves.toBe("{ a: 1n }");
});

test("more queries than may wait are refused at once", async () => {
  const readers = setup({ max: 1, queueLimit: 1 });
  const running = readers.run("slow", 50);
  const waiting = readers.run("slow", 1);
  await expect(readers.run("slow", 1)).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(/Too many/),
  });
  await expect(Promise.all([running, waiting])).resolves.toHaveLength(2);
});

test("idle threads give their memory back and come again when needed", async () => {
  const readers = setup({ idleMs: 20 });
  await readers.run("slow", 1);
  await expect.poll(() => readers.size()).toBe(0);
  await expect(readers.run("slow", 1)).resolves.toBeDefined();
});

test("threads that were called before the first query are there for it, and rest like any other", async () => {
  const readers = setup({ idleMs: 20 });
  readers.warm();
  expect(readers.size()).toBe(2);
  await expect.poll(() => readers.size()).toBe(0);
  await expect(readers.run("slow", 1)).resolves.toBeDefined();
});

test("a runaway query does not hold up the other reader, nor a stop", async () => {
  const readers = setup();
  const runaway = readers.run("runaway", {});
  runaway.catch(() => {});
  await expect(readers.run("slow", 1)).resolves.toBeDefined();
  const before = performance.now();
  await readers.close();
  expect(performance.now() - before).toBeLessThan(8000);
  await expect(readers.run("slow", 1)).rejects.toMatchObject({ kind: "unavailable" });
});

test("the real entry answers from a database that another thread writes", async () => {
  const path = join(temporaryFolder(), "outpost.db");
  const db = openWriter(path);
  migrate(db);
  const readers = createReaders({ db: path });
  await expect(readers.run("metricHistory", { run_id: "a".repeat(32), metric_key: "loss" })).resolves.toMatch(/^\{/);
  await expect(readers.run("no such read", {})).rejects.toThrow(/No read is called/);
  await readers.close();
  db.close();
});

const setupApp = () => {
  const folder = temporaryFolder();
  const db = openWriter(join(folder, "outpost.db"));
  migrate(db);
  const readers = createReaders({ db: join(folder, "outpost.db") });
  const services = createServices({
    db,
    artifactsDir: join(folder, "artifacts"),
    now: () => 1,
    readers,
    onError: fail,
  });
  const { routes, mounts, writer } = services;
  const callerOf = () => ({ actor: "uid:1000", surface: "test" });
  const app = createApp({ routes, mounts, write: writer.write, callerOf, onBug: fail });
  onTestFinished(async () => {
    await app.close();
    await readers.close();
    db.close();
  });
  const post = (path: string, payload: object) =>
    app.inject({ method: "POST", url: `/api/2.0/mlflow/${path}`, payload });
  /** A run with `count` points of each key, a thousand in a call. */
  const logged = async (keys: readonly string[], count: number, value: (i: number) => unknown): Promise<string> => {
    const created = await post("runs/create", { experiment_id: "0" });
    const { run_id } = created.json<{ run: { info: { run_id: string } } }>().run.info;
    for (const key of keys)
      for (let first = 0; first < count; first += 1000) {
        const metrics = Array.from({ length: 1000 }, (_, i) => ({
          key,
          value: value(first + i),
          timestamp: 1,
          step: first + i,
        }));
        expect((await post("runs/log-batch", { run_id, metrics })).statusCode).toBe(200);
      }
    return run_id;
  };
  return { app, readers, services, logged };
};

test("a long history comes whole from the reader thread, every character of its key kept", async () => {
  const { app, logged } = setupApp();
  const key = "손실_loss";
  const run_id = await logged([key], 3000, (i) => i);
  const query = { run_id, metric_key: key, max_results: "2500" };
  const answer = await app.inject({ url: "/api/2.0/mlflow/metrics/get-history", query });
  expect(answer.headers["content-length"]).toBe(String(answer.rawPayload.length));
  const { metrics } = answer.json<{ metrics: { key: string; step: number }[] }>();
  expect(metrics.map(({ step }) => step)).toEqual(Array.from({ length: 2500 }, (_, i) => i));
  expect(new Set(metrics.map((metric) => metric.key))).toEqual(new Set([key]));
});

interface Line {
  readonly key: string;
  readonly total: number;
  readonly not_finite: number;
  readonly steps: number[];
  readonly values: number[];
  readonly marks: { step: number; value: unknown }[];
}

test("a long series is read by two threads and is one: nothing missing, nothing twice, each extreme kept", async () => {
  const { app, readers, logged } = setupApp();
  const peaks = new Map<number, unknown>([
    [11, -50],
    [11_999, 70],
    [12_000, -70],
    [20_000, "NaN"],
    [23_999, 90],
  ]);
  const run_id = await logged(["loss"], 24_000, (i) => peaks.get(i) ?? Math.sin(i));
  const ask = async (query: string) => {
    const answer = await app.inject({ url: `/api/outpost/v1/runs/${run_id}/series?metric_keys=loss${query}` });
    return answer.json<{ series: Line[] }>().series;
  };
  const [line] = await ask("");
  expect(readers.size()).toBe(2);
  expect(line).toMatchObject({ key: "loss", total: 24_000, not_finite: 1, marks: [{ step: 20_000, value: "NaN" }] });
  expect(line?.steps.length).toBeLessThanOrEqual(1000);
  expect(line?.steps).toEqual([...new Set(line?.steps)].sort((a, b) => a - b));
  for (const [step, value] of peaks) if (value !== "NaN") expect(line?.values[line.steps.indexOf(step)]).toBe(value);
  expect([line?.steps[0], line?.steps.at(-1)]).toEqual([0, 23_999]);
  const [later] = await ask("&after_step=1999");
  expect([later?.total, later?.steps[0]]).toEqual([22_000, 2000]);
  const [part] = await ask("&x_axis=step&from=499.5&to=22499.5");
  expect([part?.total, part?.steps[0], part?.steps.at(-1)]).toEqual([22_000, 500, 22_499]);
});

test("many long series are shared out between the threads and keep their order", async () => {
  const { app, readers, logged } = setupApp();
  const keys = ["c", "a", "b"];
  const run_id = await logged(keys, 8000, (i) => i);
  const query = keys.map((key) => `metric_keys=${key}`).join("&");
  const answer = await app.inject({ url: `/api/outpost/v1/runs/${run_id}/series?${query}` });
  expect(readers.size()).toBe(2);
  expect(answer.json<{ series: Line[] }>().series.map(({ key, total }) => [key, total])).toEqual(
    keys.map((key) => [key, 8000]),
  );
});
