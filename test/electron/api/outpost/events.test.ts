import { request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { ChangeEvent } from "../../../../shared/api/outpost/status.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupEvents = async () => {
  const api = setupApi();
  await api.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = api.app.server.address() as AddressInfo;

  /** A stream of events; `next` waits for the next batch of changes. */
  const open = async (query = "", headers: Record<string, string> = {}) => {
    const sent = request({ host: "127.0.0.1", port, path: `/api/outpost/v1/events${query}`, headers });
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      sent.on("response", resolve).on("error", reject).end(),
    );
    onTestFinished(() => void sent.destroy());
    answer.setEncoding("utf8");
    const blocks: string[] = [];
    let wake = (): void => {};
    let rest = "";
    answer.on("data", (text: string) => {
      const parts = (rest + text).split("\n\n");
      rest = parts.pop() ?? "";
      blocks.push(...parts);
      wake();
    });
    const block = async (): Promise<string> => {
      for (;;) {
        const found = blocks.shift();
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    };
    expect(await block()).toMatch(/event: ready/);
    const next = async (): Promise<{ id: number; changes: ChangeEvent[] }> => {
      const text = await block();
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
      return { id: Number(field("id")), changes: JSON.parse(field("data")) as ChangeEvent[] };
    };
    return { answer, next, ended: new Promise<void>((resolve) => answer.on("close", resolve)) };
  };
  return { ...api, open };
};

test("a change reaches the stream with the id that the MLflow wire knows", async () => {
  const { open, run } = await setupEvents();
  const { answer, next } = await open();
  expect(answer.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  const id = await run();
  const { changes } = await next();
  expect(changes).toContainEqual({ rev: expect.any(Number) as unknown, kind: "run", id, experiment_id: "0" });
});

test("many writes to one object are few events, and each object comes once in each", async () => {
  const { open, run, post } = await setupEvents();
  const id = await run();
  const { next } = await open();
  for (let step = 0; step < 50; step += 1)
    await post("runs/log-metric", { run_id: id, key: "loss", value: 1, timestamp: 1, step });
  const { changes } = await next();
  expect(changes.filter((change) => change.id === id)).toHaveLength(1);
});

test("goes on after the last event that a client had, by header or by cursor", async () => {
  const { open, run } = await setupEvents();
  const first = await open();
  await run();
  const { id: rev } = await first.next();
  const missed = await run();
  for (const again of [await open("", { "last-event-id": String(rev) }), await open(`?cursor=${rev}`)]) {
    const { changes } = await again.next();
    expect(changes.map((change) => change.id)).toContain(missed);
    expect(changes.every((change) => change.rev > rev)).toBe(true);
  }
});

test("a cursor from another data folder starts from now", async () => {
  const { open, run } = await setupEvents();
  await run();
  const { next } = await open("?cursor=999999");
  const id = await run();
  expect((await next()).changes.map((change) => change.id)).toContain(id);
});

test("ends when the server closes", async () => {
  const { open, app } = await setupEvents();
  const { ended } = await open();
  await app.close();
  await ended;
});
