/** Other bytes under a path that both sides know: they go up as the newest, and come where the old ones were untouched. */
import { describe, expect, test } from "vitest";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { standingOf } from "../../../electron/sync/replaced.ts";
import { setupEngine } from "../../helpers/engine.ts";

test.each([
  ["untouched", "a", "a", "a", "same"],
  ["replaced here", "a", "b", "a", "here"],
  ["replaced here, of which no note speaks", "a", "b", undefined, "here"],
  ["replaced there", "a", "a", "b", "there"],
  ["replaced there, and its bytes never came", "a", undefined, "b", "there"],
  ["new there", undefined, undefined, "a", "there"],
  ["new here", undefined, "a", undefined, "here"],
  ["replaced on both sides by the same", "a", "b", "b", "same"],
  ["replaced on both sides", "a", "b", "c", "both"],
  ["added on both sides", undefined, "b", "c", "both"],
  ["deleted here", "a", undefined, "a", "same"],
] as const)("a run's file %s", (_what, base, here, there, standing) => {
  expect(standingOf("run", { base, here, there })).toBe(standing);
});

test("what a version has published is never replaced from there, and sending other bytes is refused elsewhere", () => {
  expect(standingOf("model_version", { base: "a", here: "a", there: "b" })).toBe("same");
  expect(standingOf("model_version", { base: "a", here: "b", there: "c" })).toBe("here");
  expect(standingOf("model_version", { base: undefined, here: undefined, there: "c" })).toBe("there");
});

describe.each([
  ["tells no digests", { ...poorMemory, digests: false }],
  ["tells digests", { ...richMemory, digests: true }],
])("a far side that %s", (_, options) => {
  const setup = async (policy: "all" | "light" = "all") => {
    const world = createMemoryWorld(options);
    const one = await setupEngine({ world, name: "1", row: { file_policy: "all" } });
    const two = await setupEngine({ world, name: "2", row: { file_policy: policy } });
    const experiment = await one.make("experiment", { name: "training" });
    const run = await one.make("run", { name: "first", status: "FINISHED", start_time: "1" }, experiment);
    const model = await one.make("registered_model", { name: "classifier" });
    const version = await one.make("model_version", { semver: "1.0.0" }, model);
    await one.addFile(run, "a.bin", "old");
    await one.addFile(run, "b.bin", "stays");
    await one.addFile(version, "a.bin", "published");
    await one.sync();
    await two.sync();
    const textOf = (station: typeof one, path: string, uid = run): string | undefined => {
      const sha256 = station.doc(uid)?.files.find((file) => file.path === path)?.sha256;
      return sha256 === undefined ? undefined : station.blobs.get(sha256)?.toString();
    };
    const idle = async (): Promise<void> => {
      for (const station of [one, two, one, two]) await station.sync();
      for (const station of [one, two]) {
        world.resetCounts();
        expect(await station.sync()).toMatchObject({
          outcome: "done",
          counts: { ahead: 0, behind: 0, pulled: 0, pushed: 0 },
        });
        expect(world.counts().writes).toBe(0);
      }
    };
    return { world, one, two, run, version, textOf, idle };
  };

  test("new bytes of a run's file come to the others, of whatever length, and nobody sends the old ones again", async () => {
    const { one, two, run, textOf, idle } = await setup();
    await one.replaceFile(run, "a.bin", "new");
    await one.edit(run, { "tag/x": "1" }); // what else changes brings no old bytes back
    expect((await one.sync()).outcome).toBe("done");
    expect((await two.sync()).outcome).toBe("done");
    expect([textOf(two, "a.bin"), textOf(two, "b.bin")]).toEqual(["new", "stays"]);
    await two.replaceFile(run, "a.bin", "newer still");
    await two.sync();
    await one.sync();
    expect(textOf(one, "a.bin")).toBe("newer still");
    await one.replaceFile(run, "a.bin", "old"); // there and back again
    await idle();
    expect([textOf(one, "a.bin"), textOf(two, "a.bin")]).toEqual(["old", "old"]);
  });

  test("what was pulled without its bytes is fetched as it is now; bytes that came are kept up", async () => {
    const { one, two, run, textOf, idle } = await setup("light");
    const want = (): Promise<unknown> =>
      two.local.write(() => two.state.files.want(two.row.id, { kind: "run", uid: run }, true));
    await one.replaceFile(run, "a.bin", "second");
    await one.sync();
    await two.sync();
    expect(textOf(two, "a.bin")).toBeUndefined();
    await want();
    await two.sync();
    expect([textOf(two, "a.bin"), textOf(two, "b.bin")]).toEqual(["second", "stays"]);
    await one.replaceFile(run, "a.bin", "third");
    await one.sync();
    await two.sync();
    expect(textOf(two, "a.bin")).toBe("third");
    await idle();
  });

  test("replaced on both sides neither goes over the other: it is said, the rest goes on, and deleting one's own takes theirs", async () => {
    const { one, two, run, textOf, idle } = await setup();
    await one.replaceFile(run, "a.bin", "of one");
    await two.replaceFile(run, "a.bin", "of two!");
    await two.edit(run, { "tag/y": "2" });
    expect((await one.sync()).outcome).toBe("done");
    for (let n = 0; n < 3; n += 1) {
      const said = await two.sync();
      expect(said.outcome).toBe("partial");
      expect(JSON.stringify(said.unfinished)).toContain("a.bin holds other bytes here than on hub");
    }
    expect([textOf(one, "a.bin"), textOf(two, "a.bin")]).toEqual(["of one", "of two!"]);
    await one.sync();
    expect(one.doc(run)?.fields["tag/y"]).toBe("2");
    expect(textOf(one, "a.bin")).toBe("of one");
    await two.removeFile(run, "a.bin");
    await two.sync();
    await two.sync();
    expect(textOf(two, "a.bin")).toBe("of one");
    await idle();
  });

  test("what is replaced here while theirs is on its way is not sent over theirs, and theirs not put over it", async () => {
    const { one, two, run, textOf } = await setup();
    await one.replaceFile(run, "a.bin", "of one");
    await one.sync();
    two.faults.fault = ({ method, phase }) => {
      if (method === "getFile" && phase === "before") throw new RemoteError("unavailable", "not now");
    };
    await two.sync();
    await two.replaceFile(run, "a.bin", "of two!");
    two.faults.fault = () => {};
    for (let n = 0; n < 3; n += 1) expect((await two.sync()).outcome).toBe("partial");
    await one.sync();
    expect([textOf(one, "a.bin"), textOf(two, "a.bin")]).toEqual(["of one", "of two!"]);
  });

  test("other bytes for a file that a version has published stay here, with a sentence", async () => {
    const { one, two, version, textOf } = await setup();
    await one.replaceFile(version, "a.bin", "changed later");
    const said = await one.sync();
    expect(said.outcome).toBe("partial");
    expect(JSON.stringify(said.unfinished)).toContain("make a new version for these");
    await two.sync();
    expect(textOf(two, "a.bin", version)).toBe("published");
  });

  test.each([
    ["is no conflict with oneself", "new"],
    ["is none either when the file is replaced once more before the next", "newest"],
  ])("a push of new bytes that ends anywhere %s", async (_how, last) => {
    const seen = new Set<string>();
    for (;;) {
      const { one, two, run, textOf } = await setup();
      await one.replaceFile(run, "a.bin", "new");
      let killed: string | undefined;
      one.at.step = (step) => {
        if (killed !== undefined || seen.has(step)) return;
        killed = step;
        seen.add(step);
        throw new Error(`killed at ${step}`);
      };
      await one.sync().catch(() => undefined);
      one.at.step = () => {};
      if (killed === undefined) return expect(seen.size).toBeGreaterThan(3);
      one.restart();
      if (last !== "new") await one.replaceFile(run, "a.bin", last);
      one.clock.advance(3_600_000);
      await one.sync();
      expect((await one.sync()).outcome, killed).toBe("done");
      await two.sync();
      expect(textOf(two, "a.bin"), killed).toBe(last);
    }
  });
});
