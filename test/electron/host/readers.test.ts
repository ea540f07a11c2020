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

test("a long history comes whole from the reader thread, every character of its key kept", async () => {
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
  const key = "손실_loss";
  const post = (path: string, payload: object) =>
    app.inject({ method: "POST", url: `/api/2.0/mlflow/${path}`, payload });
  const created = await post("runs/create", { experiment_id: "0" });
  const run_id = created.json<{ run: { info: { run_id: string } } }>().run.info.run_id;
  for (let first = 0; first < 3000; first += 1000) {
    const metrics = Array.from({ length: 1000 }, (_, i) => ({ key, value: i, timestamp: 1, step: first + i }));
    expect((await post("runs/log-batch", { run_id, metrics })).statusCode).toBe(200);
  }
  const query = { run_id, metric_key: key, max_results: "2500" };
  const answer = await app.inject({ url: "/api/2.0/mlflow/metrics/get-history", query });
  expect(answer.headers["content-length"]).toBe(String(answer.rawPayload.length));
  const { metrics } = answer.json<{ metrics: { key: string; step: number }[] }>();
  expect(metrics.map(({ step }) => step)).toEqual(Array.from({ length: 2500 }, (_, i) => i));
  expect(new Set(metrics.map((metric) => metric.key))).toEqual(new Set([key]));
});
