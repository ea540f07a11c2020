import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createMemoryRemote, createMemoryWorld, poorMemory, richMemory, type MemoryWorld } from "../../../electron/remote/memory.ts"; // prettier-ignore
import { createEngine } from "../../../electron/sync/engine.ts";
import { conditions } from "../../../electron/sync/rules.ts";
import { syncKinds } from "../../../shared/sync/doc.ts";
import { createVirtualClock } from "../../helpers/push.ts";
import { setupSyncFolder } from "../../helpers/sync-folder.ts";
import { createRandom } from "../../helpers/workstation.ts";
import { ALL, POINTS, sha256 } from "./local-samples.ts";

/** A real data folder with an engine towards a far side in memory. */
const setup = async (world: MemoryWorld) => {
  const folder = setupSyncFolder();
  const row = folder.sync.remotes.add({
    name: "hub",
    kind: "gitlab",
    base_url: "https://git.example",
    file_policy: "all",
  });
  await folder.write(() => folder.sync.remotes.update(row.id, { accepted_at: 1 }));
  const engine = createEngine({
    remoteId: row.id,
    remote: createMemoryRemote(world),
    local: folder.local,
    state: folder.sync,
    clock: createVirtualClock(),
    random: createRandom(Number(`0x${folder.workstation}`)),
    pace: 1,
    conditions: () => conditions,
  });
  const sync = () =>
    engine.sync({ what: "push,pull", apply: "accepted", actor: "test", signal: new AbortController().signal });
  return { ...folder, row, sync };
};
type Folder = Awaited<ReturnType<typeof setup>>;

const receive = async ({ local }: Folder, text: string) => {
  const expected = { sha256: sha256(text), size: Buffer.byteLength(text) };
  const partial = local.partial(expected.sha256);
  await partial.append(0, Readable.from([Buffer.from(text)]));
  await partial.finish(expected);
  return expected;
};

/** Everything that two folders must have in common, as text. */
const canonicalOf = ({ local }: Folder) =>
  ALL.map(({ kind, uid }) => {
    const doc = local.read({ kind, uid });
    const points = kind === "run" || kind === "model_version" ? [...local.points({ kind, uid })].flat() : [];
    return [kind, uid, doc?.origin, doc?.fields, doc?.files, points];
  });

describe.each([
  ["as poor as GitLab", poorMemory],
  ["as rich as MLflow", richMemory],
])("over a far side %s", (_, options) => {
  test("a data folder comes out of a fresh one as it went in", async () => {
    const world = createMemoryWorld(options);
    const one = await setup(world);
    await one.local.write((writes) => {
      for (const input of ALL) writes.create(input);
    });
    for (const { kind, uid } of ALL.filter((each) => each.kind === "run" || each.kind === "model_version")) {
      await one.local.write((writes) => writes.addPoints({ kind, uid }, POINTS));
      const file = await receive(one, `bytes of ${uid}`);
      await one.local.write((writes) =>
        writes.bindFiles({ kind, uid }, [{ ...file, path: "dir/weights.bin", here: true }]),
      );
    }
    const sent = await one.sync();
    expect([sent.outcome, sent.unfinished]).toEqual(["done", []]);
    const other = await setup(world);
    const got = await other.sync();
    expect([got.outcome, got.unfinished, got.remarks]).toEqual(["done", [], []]);
    expect(canonicalOf(other)).toEqual(canonicalOf(one));
    for (const side of [one, other, one, other]) await side.sync();
    world.resetCounts();
    for (const side of [one, other]) {
      const report = await side.sync();
      expect([report.outcome, report.counts.writes, report.counts.ahead, report.counts.behind]).toEqual([
        "done",
        0,
        0,
        0,
      ]);
    }
    expect(world.counts().writes).toBe(0);
    expect(syncKinds.map((kind) => world.objects(kind).length)).toEqual(
      syncKinds.map((kind) => ALL.filter((each) => each.kind === kind).length),
    );
    expect([one.errors, other.errors]).toEqual([[], []]);
  });
});
