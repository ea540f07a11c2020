/** Files that join an object which is on the far side already, where a listing moves with them in nothing. */
import { describe, expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { setupEngine } from "../../helpers/engine.ts";

describe.each([
  ["tells no digests", { ...poorMemory, digests: false }],
  ["tells digests", { ...richMemory, digests: true }],
])("a far side that %s", (_, options) => {
  const setup = async () => {
    const world = createMemoryWorld(options);
    const row = { file_policy: "all" } as const;
    const one = await setupEngine({ world, name: "1", row });
    const two = await setupEngine({ world, name: "2", row });
    const experiment = await one.make("experiment", { name: "training" });
    const run = await one.make("run", { name: "first", status: "FINISHED", start_time: "1" }, experiment);
    const model = await one.make("registered_model", { name: "classifier" });
    const version = await one.make("model_version", { semver: "1.0.0" }, model);
    await one.addFile(run, "a.bin", "a");
    await one.addFile(version, "a.bin", "version");
    await one.sync();
    await two.sync();
    const pathsOf = (station: typeof one, uid: string) =>
      station
        .doc(uid)
        ?.files.map(({ path }) => path)
        .sort();
    return { world, one, two, run, version, pathsOf };
  };

  test.each(["run", "version"] as const)("a file that joins a %s later comes to the others", async (kind) => {
    const { world, one, two, pathsOf, ...ids } = await setup();
    const uid = ids[kind];
    expect(pathsOf(two, uid)).toEqual(["a.bin"]);
    for (let n = 0; n < 12; n += 1) await one.addFile(uid, `late/${n}.bin`, `late ${n}`);
    expect((await one.sync()).outcome).toBe("done");
    expect(await two.sync()).toMatchObject({ outcome: "done", counts: { ahead: 0, files_down: 12 } });
    expect(pathsOf(two, uid)).toEqual(pathsOf(one, uid));
    expect(pathsOf(two, uid)).toHaveLength(13);
    for (const station of [one, two, one, two]) {
      world.resetCounts();
      expect(await station.sync()).toMatchObject({ outcome: "done", counts: { ahead: 0, behind: 0, pulled: 0 } });
      expect(world.counts().writes).toBe(0);
    }
  });

  test.each(["run", "version"] as const)(
    "files that two add to a %s unaware of each other are on both",
    async (kind) => {
      const { world, one, two, pathsOf, ...ids } = await setup();
      const uid = ids[kind];
      await one.addFile(uid, "one.bin", "one");
      await two.addFile(uid, "two.bin", "two");
      await one.sync({ what: "push" });
      await two.sync({ what: "push" });
      for (const station of [one, two, one, two]) await station.sync();
      for (const station of [one, two]) expect(pathsOf(station, uid)).toEqual(["a.bin", "one.bin", "two.bin"]);
      world.resetCounts();
      for (const station of [one, two]) expect((await station.sync()).outcome).toBe("done");
      expect(world.counts().writes).toBe(0);
    },
  );

  test("a file whose note was never written is told of by the next sync", async () => {
    const { one, two, run, pathsOf } = await setup();
    await one.addFile(run, "late.bin", "late");
    one.faults.fault = ({ method, args }) => {
      if (method === "write" && JSON.stringify(args).includes("outpost.t."))
        throw new RemoteError("rate_limited", "429", { maybeDone: false });
    };
    expect((await one.sync()).outcome).toBe("partial");
    one.faults.fault = () => {};
    await two.edit(run, { "tag/note": "so that there is something to pull" });
    await two.sync();
    one.clock.advance(3_600_000);
    await one.sync();
    await two.sync();
    expect(pathsOf(two, run)).toEqual(["a.bin", "late.bin"]);
  });

  test("whoever lists the files of a new run while they are being sent gets the last of them too", async () => {
    const { one, two, pathsOf } = await setup();
    const experiment = await one.make("experiment", { name: "other" });
    await one.sync();
    const run = await one.make("run", { name: "second", status: "FINISHED", start_time: "2" }, experiment);
    for (const name of ["a", "b", "c"]) await one.addFile(run, name, name);
    let sent = 0;
    one.faults.fault = async ({ method, phase }) => {
      if (method === "putFile" && phase === "after" && (sent += 1) === 2) await two.sync();
    };
    await one.sync();
    await two.sync();
    expect(pathsOf(two, run)).toEqual(["a", "b", "c"]);
  });

  test("a sync that only pushes leaves them for the next pull", async () => {
    const { one, two, run, pathsOf } = await setup();
    await one.addFile(run, "late.bin", "late");
    await one.sync();
    await two.sync({ what: "push" });
    await two.sync();
    expect(pathsOf(two, run)).toEqual(["a.bin", "late.bin"]);
  });
});
