import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startHost, type RunningHost } from "../../../electron/host/start.ts";
import { gitlabToken, password } from "../../helpers/canary.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

/** Starts a host thread of the fixture, which follows `plan` and notes each start in a file. */
const setup = (plan: string, says?: string) => {
  const notes = join(temporaryFolder(), "starts");
  const said: string[] = [];
  const start = (): Promise<RunningHost> =>
    startHost({
      dataDir: notes,
      flags: { plan, says, port: 0 },
      env: {},
      version: "0",
      entry: new URL("../../fixtures/threads/host.mjs", import.meta.url),
      toPerson: (line) => said.push(line),
      firstBackoffMs: 1,
      stopMs: 200,
    });
  return { start, said, starts: () => readFileSync(notes, "utf8").trim().split("\n") };
};

test("starts, tells where it answers, and ends in order", async () => {
  const { start, said } = setup("well");
  const host = await start();
  expect(host).toMatchObject({ url: "http://127.0.0.1:1234", port: 1234 });
  expect(await host.close()).toBe(true);
  expect(await host.ended).toBeUndefined();
  expect(said).toEqual([]);
});

test("a start that is refused keeps the reason's kind and words", async () => {
  await expect(setup("refuse").start()).rejects.toMatchObject({
    kind: "invalid",
    message: "no way in; another way out",
  });
});

test("a crashed host comes back under the port its clients know, and it is said", async () => {
  const { start, said, starts } = setup("crash once");
  const host = await start();
  await expect.poll(starts).toEqual(["start port=0", "start port=1234"]);
  expect(said).toEqual(["outpost: error: the host crashed (crashed on purpose); starting it again in 1 ms"]);
  expect(await host.close()).toBe(true);
});

test("the reason of a crash is said without a secret in it", async () => {
  const { start, said } = setup(
    "crash once",
    `no access for Bearer ${gitlabToken()} over http://me:${password()}@proxy`,
  );
  const host = await start();
  await expect.poll(() => said).toHaveLength(1);
  expect(said[0]).toContain("no access for Bearer [redacted] over http://[redacted]@proxy");
  await host.close();
});

test("five crashes in a minute are enough", async () => {
  const { start, starts } = setup("crash always");
  const host = await start();
  expect(await host.ended).toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(/crashed 5 times in a minute and is given up: crashed on purpose/),
  });
  expect(starts()).toHaveLength(5);
  expect(await host.close()).toBe(true);
});

test("a host that does not stop is given up in time", async () => {
  const host = await setup("stuck").start();
  const before = performance.now();
  expect(await host.close()).toBe(false);
  expect(performance.now() - before).toBeLessThan(8000);
});
