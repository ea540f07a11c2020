/** Several paths of the same bytes, in the real store: a digest is fetched once and every path gets it. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createMemoryRemote, createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import type { Remote } from "../../../electron/remote/remote.ts";
import { createEngine } from "../../../electron/sync/engine.ts";
import { setupSyncFolder } from "../../helpers/sync-folder.ts";
import { createVirtualClock } from "../../helpers/push.ts";

const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, n) => n % 253));
const sha256 = createHash("sha256").update(bytes).digest("hex");
const PATHS = ["a/one.bin", "a/two.bin", "three.bin"];

/** Breaks the first `cuts` downloads after so many bytes; counts what was sent. */
const cutting = (remote: Remote, cuts: number, sent: { bytes: number; calls: number }): Remote => ({
  ...remote,
  getFile: async (...args) => {
    const answer = await remote.getFile(...args);
    sent.calls += 1;
    let left = sent.calls <= cuts ? 9_000 : Infinity;
    const chunks = async function* () {
      for await (const some of answer.body) {
        const chunk = Buffer.from(some);
        for (let at = 0; at < chunk.length; at += 1_000) {
          if (left <= 0) throw new Error("ECONNRESET");
          const piece = chunk.subarray(at, at + 1_000);
          [left, sent.bytes] = [left - piece.length, sent.bytes + piece.length];
          yield piece;
        }
      }
    };
    return { ...answer, body: Readable.from(chunks(), { objectMode: false, highWaterMark: 1 }) };
  },
});

const setup = async (policy: "all" | "light", digests: boolean, cuts: number) => {
  const world = createMemoryWorld({ ...(digests ? richMemory : poorMemory), digests });
  const { id: parent } = world.add({ kind: "experiment", name: "e", parent: null, fields: { name: "e" } });
  const { id } = world.add({ kind: "run", name: "r", parent, fields: { name: "r", status: "FINISHED" } });
  for (const path of PATHS) world.putBytes({ kind: "run", id }, path, bytes);
  const folder = setupSyncFolder();
  const { sync: state, local, write } = folder;
  const row = await write(() =>
    state.remotes.add({ name: "hub", kind: "gitlab", base_url: "https://x", file_policy: policy, accepted_at: 1 }),
  );
  const sent = { bytes: 0, calls: 0 };
  const engine = createEngine({
    remoteId: row.id,
    remote: cutting(createMemoryRemote(world), cuts, sent),
    local,
    state,
    clock: createVirtualClock(),
    random: () => 0.5,
    pace: 1,
    conditions: () => [],
  });
  const sync = () =>
    engine.sync({ what: "push,pull", apply: "accepted", actor: "test", signal: new AbortController().signal });
  const uid = (): string => folder.uidOf("runs", "name = 'r'");
  const filesHere = () => local.read({ kind: "run", uid: uid() })?.files.map(({ path, sha256: one }) => [path, one]);
  const waiting = () => state.files.of(row.id, { kind: "run", uid: uid() });
  const want = () => write(() => state.files.want(row.id, { kind: "run", uid: uid() }, true));
  return { world, sync, sent, filesHere, waiting, want };
};

const whole = PATHS.map((path) => [path, sha256]);

test.each([
  [0, true],
  [2, true],
  [0, false],
  [2, false],
])("a full pull over %i cuts brings all of them (digests there: %s)", async (cuts, digests) => {
  const { sync, sent, filesHere, waiting, world } = await setup("all", digests, cuts);
  await sync();
  await sync();
  expect([filesHere(), waiting()]).toEqual([whole, []]);
  if (digests) expect(sent.bytes).toBeLessThanOrEqual(50_000 + cuts * 2_000);
  world.resetCounts();
  expect(await sync()).toMatchObject({ outcome: "done", counts: { ahead: 0, pulled: 0 } });
  expect(world.counts().writes).toBe(0);
});

test.each([0, 2])("a light pull lists all of them, and wanting them over %i cuts brings all of them", async (cuts) => {
  const { sync, sent, filesHere, waiting, want } = await setup("light", true, cuts);
  await sync();
  expect([filesHere(), waiting().map(({ path }) => path), sent.calls]).toEqual([[], PATHS, 0]);
  await want();
  await sync();
  expect([filesHere(), waiting()]).toEqual([whole, []]);
  expect(sent.bytes).toBeLessThanOrEqual(50_000 + cuts * 2_000);
  expect((await sync()).outcome).toBe("done");
});
