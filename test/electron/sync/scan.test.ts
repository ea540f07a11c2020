import { expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { createMemoryWorld, richMemory, type MemoryWorld } from "../../../electron/remote/memory.ts";
import type { Remote } from "../../../electron/remote/remote.ts";
import { scan } from "../../../electron/sync/scan.ts";
import { setupWorkstation } from "../../helpers/workstation.ts";

const worldOf = (runs: number, pageSize: number, status = "FINISHED"): MemoryWorld => {
  const world = createMemoryWorld({ ...richMemory, pageSize });
  const { id } = world.add({ kind: "experiment", name: "e", parent: null, fields: { name: "e" } });
  for (let n = 0; n < runs; n++)
    world.add({ kind: "run", name: `r${n}`, parent: id, fields: { name: `r${n}`, status, start_time: String(n) } });
  return world;
};

test("a thousand unchanged runs cost a few pages, and no write", async () => {
  const world = worldOf(1_000, 100);
  const one = setupWorkstation({ world });
  await scan(one.context());
  expect(one.state.seen.count(one.row.id)).toBe(1_001);
  world.resetCounts();
  const before = one.counts();
  const result = await scan(one.context());
  expect(world.counts().reads).toBeLessThanOrEqual(30);
  expect(result.reads).toBe(world.counts().reads);
  expect(one.counts()).toBe(before);
});

test("what is new is found behind pages that hold nothing new only within the overlap, and by a full scan anywhere", async () => {
  const world = worldOf(60, 10);
  const one = setupWorkstation({ world });
  await scan(one.context());
  const [oldest] = world.objects("run");
  world.edit({ kind: "run", id: oldest?.id ?? "" }, { "tag/new": "1" });
  await scan(one.context());
  expect(one.state.seen.find(one.row.id, "run", oldest?.id ?? "")?.fields["tag/new"]).toBeUndefined();
  await scan(one.context(), { full: true });
  expect(one.state.seen.find(one.row.id, "run", oldest?.id ?? "")?.fields["tag/new"]).toBe("1");
});

test("everything is read again once a week", async () => {
  const world = worldOf(60, 10);
  const one = setupWorkstation({ world });
  await scan(one.context());
  world.resetCounts();
  one.clock.advance(8 * 24 * 3_600_000);
  expect((await scan(one.context())).full).toBe(3);
  expect(world.counts().reads).toBe(8); // experiments, six pages of runs, registry
});

test("runs that go on are looked at singly, a few at a time", async () => {
  const world = worldOf(100, 10, "RUNNING");
  const one = setupWorkstation({ world });
  await scan(one.context());
  world.resetCounts();
  await scan(one.context());
  expect(world.counts().by["read"]).toBe(10);
  const [oldest] = world.objects("run");
  for (const { id } of world.objects("run").slice(1)) world.edit({ kind: "run", id }, { status: "FINISHED" });
  await scan(one.context(), { full: true });
  world.edit({ kind: "run", id: oldest?.id ?? "" }, { status: "FAILED" });
  await scan(one.context());
  expect(one.state.seen.find(one.row.id, "run", oldest?.id ?? "")?.fields["status"]).toBe("FAILED");
});

test("a scan that was cut off goes on at its page", async () => {
  const world = worldOf(60, 10);
  const one = setupWorkstation({ world });
  let pages = 0;
  one.faults.fault = ({ method, phase }) => {
    if (method === "list" && phase === "before" && ++pages > 4) throw new RemoteError("offline", "The cable is out");
  };
  await expect(scan(one.context())).rejects.toThrow("The cable is out");
  one.faults.fault = () => {};
  world.resetCounts();
  await scan(one.context());
  // of runs, pages four to six; experiments are listed anew
  expect(world.counts().by["list"]).toBe(1 + 3 + 1);
  expect(one.state.seen.count(one.row.id)).toBe(61);
});

test.each<[string, (next: string | undefined) => string | undefined]>([
  ["itself", (next) => next && "21"],
  ["one that was long ago", (next) => next ?? "21"],
])("a listing whose next page is %s ends, and says what was not seen", async (_, nextOf) => {
  const world = worldOf(30, 10);
  const one = setupWorkstation({ world });
  const remote: Remote = {
    ...one.remote,
    list: async (stream, cursor, signal) => {
      const page = await one.remote.list(stream, cursor, signal);
      return stream.of === "runs" ? { ...page, next: nextOf(page.next) } : page;
    },
  };
  const ctx = { ...one.context(), remote };
  const result = await scan(ctx);
  expect(result.problems).toEqual([expect.stringMatching(/names a page that was read already/)]);
  expect(one.state.cursors.get(one.row.id, "runs/1").full_at).toBeNull();
});

test("a page token that ran out begins the listing again, once", async () => {
  const world = worldOf(30, 10);
  const one = setupWorkstation({ world });
  let expired = 0;
  one.faults.fault = ({ method, args, phase }) => {
    if (method === "list" && phase === "before" && args[1] !== undefined && expired++ === 1)
      throw new RemoteError("invalid", "page_token is invalid");
  };
  await scan(one.context());
  expect(one.state.seen.count(one.row.id)).toBe(31);
  one.faults.fault = ({ method, args, phase }) => {
    if (method === "list" && phase === "before" && args[1] !== undefined) throw new RemoteError("invalid", "always");
  };
  await expect(scan(one.context(), { full: true })).rejects.toThrow("always");
});

test("absence counts after two full scans an hour apart, and a crowd of it is one question", async () => {
  const world = worldOf(100, 50);
  const one = setupWorkstation({ world });
  await one.sync();
  await one.sync();
  const runs = world.objects("run");
  for (const { id } of runs.slice(0, 2)) world.drop({ kind: "run", id });
  await one.sync("push,pull", true);
  expect((await one.plan()).items).toEqual([]);
  one.clock.advance(3_700_000);
  const { items } = await one.sync("push,pull", true);
  expect(items.map(({ action, label }) => [action, label])).toEqual([
    ["gone", "r0"],
    ["gone", "r1"],
  ]);
  expect(one.all().filter(({ kind }) => kind === "run")).toHaveLength(100);
  expect(one.state.objects.counts(one.row.id)).toMatchObject({ remote_gone: 2 });
  expect((await one.sync()).items).toEqual([]);

  for (const { id } of runs.slice(2, 32)) world.drop({ kind: "run", id });
  await one.sync("push,pull", true);
  one.clock.advance(3_700_000);
  const asked = await one.sync("push,pull", true);
  expect(asked.items).toHaveLength(1);
  expect(asked.items[0]).toMatchObject({
    action: "block",
    reason: expect.stringMatching(/^30 of \d+ objects are not on hub any more/),
  });
  expect(one.state.objects.counts(one.row.id)["remote_gone"]).toBe(2);
});

test("more than twenty absent at once are asked about, however many there are", async () => {
  const world = worldOf(520, 100);
  const one = setupWorkstation({ world });
  await scan(one.context());
  await one.pull();
  for (const { id } of world.objects("run").slice(0, 21)) world.drop({ kind: "run", id });
  await scan(one.context(), { full: true });
  one.clock.advance(3_700_000);
  await scan(one.context(), { full: true });
  expect((await one.plan("pull")).items.map(({ action }) => action)).toEqual(["block"]);
});
