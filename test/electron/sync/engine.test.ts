import { describe, expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { createMemoryWorld, poorMemory, richMemory, type MemoryWorld } from "../../../electron/remote/memory.ts";
import { MARKER } from "../../../electron/remote/remote.ts";
import { Killed, lost, points } from "../../helpers/push.ts";
import { setupEngine } from "../../helpers/engine.ts";
import type { Workstation } from "../../helpers/workstation.ts";

const fill = async (
  station: Omit<Workstation, "sync">,
): Promise<Readonly<Record<"experiment" | "run" | "model" | "version", string>>> => {
  const experiment = await station.make("experiment", { name: "training" });
  const run = await station.make("run", runFields, experiment);
  await station.addPoints(run, points(5));
  await station.addFile(run, "weights.bin", "weights");
  const model = await station.make("registered_model", { name: "classifier", description: "Cats" });
  const version = await station.make("model_version", { semver: "1.0.0", description: "First" }, model);
  await station.addFile(version, "model.bin", "version");
  return { experiment, run, model, version };
};
const runFields = { name: "first", status: "FINISHED", start_time: "1", end_time: "2", "param/lr": "0.1" };

/** Another workstation's work, on the far side. */
const fillAndSync = async (world: MemoryWorld): Promise<void> => {
  const other = await setupEngine({ world, name: "1" });
  await fill(other);
  expect((await other.sync()).outcome).toBe("done");
};

const markersIn = (world: MemoryWorld): readonly (string | undefined)[] =>
  world.objects().map(({ fields }) => fields.get(`tag/${MARKER}`) ?? fields.get(`run_tag/${MARKER}`));

/** Every object of `count` is there once. */
const expectOnce = (world: MemoryWorld, count: number): void => {
  expect(world.objects()).toHaveLength(count);
  expect(new Set(markersIn(world)).size).toBe(count);
};

describe.each([
  ["as poor as GitLab", poorMemory],
  ["as rich as MLflow", richMemory],
])("with a far side %s", (_, options) => {
  test("a sync brings everything there, counts it anew, and the next one writes nothing", async () => {
    const world = createMemoryWorld(options);
    const setup = await setupEngine({ world });
    await fill(setup);
    const report = await setup.sync();
    expect(report).toMatchObject({ outcome: "done", problem: null, unfinished: [] });
    expect(report.counts).toMatchObject({ pushed: 4, ahead: 0, behind: 0, files_up: 2, conflicts: 0, blocked: 0 });
    expectOnce(world, 4);
    world.resetCounts();
    const written = setup.counts();
    const again = await setup.sync();
    expect(again).toMatchObject({ outcome: "done", counts: { pushed: 0, pulled: 0, writes: 0 } });
    expect(world.counts().writes).toBe(0);
    expect(setup.counts()).toBe(written + 1); // when it was checked
  });

  test("whatever the step the process ends at, the next syncs bring everything there once", async () => {
    const whole = await setupEngine({ world: createMemoryWorld(options) });
    const steps: string[] = [];
    whole.at.step = (step) => void steps.push(step);
    await fill(whole);
    await whole.sync();
    expect(steps.length).toBeGreaterThan(20);
    for (const [index, step] of steps.entries()) {
      const world = createMemoryWorld(options);
      const setup = await setupEngine({ world });
      await fill(setup);
      let left = index;
      setup.at.step = () => {
        if (left === 0) throw new Killed();
        left -= 1;
      };
      await expect(setup.sync(), step).rejects.toThrow(Killed);
      setup.at.step = () => {};
      setup.restart();
      expect((await setup.sync()).outcome, step).toBe("done");
      expectOnce(world, 4);
      expect(world.objects("run")[0]?.points, step).toHaveLength(5);
    }
  });

  test("two workstations that take turns have both their things on the remote, each once, and on each other", async () => {
    const world = createMemoryWorld(options);
    const one = await setupEngine({ world, name: "1" });
    const two = await setupEngine({ world, name: "2" });
    await fill(one);
    const other = await two.make("experiment", { name: "other" });
    await two.make("run", { ...runFields, name: "second" }, other);
    for (const station of [one, two, one, two, one]) await station.sync();
    expectOnce(world, 6);
    for (const station of [one, two]) {
      world.resetCounts();
      expect(await station.sync()).toMatchObject({ outcome: "done", counts: { ahead: 0, behind: 0, writes: 0 } });
      expect(station.all()).toHaveLength(6);
    }
  });

  test("lost answers here and there change nothing but the time it takes", async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const world = createMemoryWorld(options);
      const setup = await setupEngine({ world });
      await fill(setup);
      let state = seed * 7919;
      setup.faults.fault = ({ method, phase }) => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        const isWrite = ["create", "write", "logPoints", "putFile"].includes(method);
        if (isWrite && state % 4 === 0) throw lost();
        if (!isWrite && phase === "before" && state % 40 === 0) throw new RemoteError("unavailable", "503");
      };
      for (let round = 0; round < 4; round += 1) {
        await setup.sync();
        setup.clock.advance(3_700_000);
      }
      setup.faults.fault = () => {};
      for (let round = 0; round < 3; round += 1) {
        setup.clock.advance(3_700_000);
        await setup.sync();
      }
      expect((await setup.sync()).outcome).toBe("done");
      expectOnce(world, 4);
      expect(world.objects("run")[0]?.points).toHaveLength(5);
    }
  });
});

test("whatever commit the process ends behind, of a push or of a pull, the next sync ends it all well", async () => {
  /** One workstation sends its own, another one takes all of it in: both in one sync. */
  const play = async (endsBehind: number) => {
    const world = createMemoryWorld(poorMemory);
    await fillAndSync(world);
    const setup = await setupEngine({ world, name: "2", row: { file_policy: "all" } });
    const own = await setup.make("experiment", { name: "own" });
    await setup.addPoints(await setup.make("run", { ...runFields, name: "own" }, own), points(3));
    const commits: string[] = [];
    setup.at.commit = (step) => {
      commits.push(step);
      if (commits.length === endsBehind) throw new Killed();
    };
    const ended = await setup.sync().catch((error: unknown) => error);
    setup.at.commit = () => {};
    return { world, setup, commits, ended };
  };
  const { commits } = await play(0);
  expect(new Set(commits)).toEqual(
    new Set(["probe", "scan", "plan", "push", "pull", "files"].map((phase) => `commit/${phase}`).concat("bytes/files")), // prettier-ignore
  );
  for (const [index, name] of commits.entries()) {
    const what = `${name}, number ${String(index + 1)}`;
    const { world, setup, ended } = await play(index + 1);
    expect(ended, what).toBeInstanceOf(Killed);
    setup.restart();
    expect((await setup.sync()).outcome, what).toBe("done");
    expectOnce(world, 6);
    expect(setup.all().filter(({ kind }) => kind === "run").map(({ points: count }) => count).toSorted(), what).toEqual([3, 5]); // prettier-ignore
    world.resetCounts();
    expect((await setup.sync()).outcome, what).toBe("done");
    expect(world.counts().writes, what).toBe(0);
  }
}, 120_000);

test("first contact waits with its plan; applying that very plan accepts it", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world, accepted: false });
  await fill(setup);
  const waiting = await setup.sync();
  expect(waiting).toMatchObject({ outcome: "waiting", plan: { first_contact: true } });
  expect(world.objects()).toEqual([]);
  const done = await setup.sync({ apply: { hash: waiting.plan?.hash ?? "" } });
  expect(done).toMatchObject({ outcome: "done", counts: { pushed: 4, rounds: 1 } });
  expect(setup.rowNow().accepted_at).not.toBeNull();
});

test("a plan that fits no more is not applied, and the new one is shown", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  const { experiment } = await fill(setup);
  const { plan } = await setup.sync({ apply: "plan" });
  await setup.edit(experiment, { "tag/new": "1" });
  const report = await setup.sync({ apply: { hash: plan?.hash ?? "" } });
  expect(report.outcome).toBe("changed");
  expect(report.plan?.hash).not.toBe(plan?.hash);
  expect(world.objects()).toEqual([]);
});

test("a plan alone writes nothing there", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await fill(setup);
  expect(await setup.sync({ apply: "plan" })).toMatchObject({ outcome: "waiting", counts: { writes: 0 } });
});

test("a token that ends midway stops the sync once, and the next one goes on", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await fill(setup);
  let [writes, refusals] = [0, 0];
  setup.faults.fault = ({ method, phase }) => {
    if (phase !== "before" || !["create", "write", "logPoints", "putFile"].includes(method)) return;
    writes += 1;
    if (writes < 4) return;
    refusals += 1;
    throw new RemoteError("auth", "The token has expired");
  };
  expect(await setup.sync()).toMatchObject({ outcome: "auth_needed", problem: "The token has expired" });
  expect(refusals).toBe(1);
  expect(setup.rowNow().state).toBe("auth_needed");
  setup.faults.fault = () => {};
  expect((await setup.sync()).outcome).toBe("done");
  expectOnce(world, 4);
});

test("a sync that only brought files, or only found all well again, is the last one that history tells of", async () => {
  const world = createMemoryWorld(poorMemory);
  await fillAndSync(world);
  const setup = await setupEngine({ world, name: "2", row: { file_policy: "all" } });
  const outcomes = () => setup.state.runs.list(setup.row.id, 9).map(({ outcome }) => outcome);
  let method = "getFile";
  setup.faults.fault = (call) => {
    if (call.method === method && call.phase === "before") throw new RemoteError("auth", "The token has expired");
  };
  expect((await setup.sync()).outcome).toBe("auth_needed");
  method = "";
  expect((await setup.sync()).counts.files_down).toBe(2);
  expect(outcomes()).toEqual(["done", "auth_needed"]);
  method = "probe";
  expect((await setup.sync()).outcome).toBe("auth_needed");
  method = "";
  await setup.sync();
  await setup.sync();
  expect(outcomes()).toEqual(["done", "auth_needed", "done", "auth_needed"]);
});

test("without a network nothing is tried twice, and no attempt is spent", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  const { experiment } = await fill(setup);
  let calls = 0;
  setup.faults.fault = () => {
    calls += 1;
    throw new RemoteError("offline", "git.example cannot be reached");
  };
  expect(await setup.sync()).toMatchObject({ outcome: "offline" });
  expect(calls).toBe(1);
  expect(setup.state.objects.find(setup.row.id, { kind: "experiment", uid: experiment })?.attempts ?? 0).toBe(0);
  setup.faults.fault = () => {};
  expect((await setup.sync()).outcome).toBe("done");
});

test("one object's trouble is its own and its children's, bounded in an hour, and said", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await fill(setup);
  let creations = 0;
  setup.faults.fault = ({ method, phase, args }) => {
    if (method !== "create" || phase !== "before" || !JSON.stringify(args[0]).includes('"training"')) return;
    creations += 1;
    throw lost();
  };
  const report = await setup.sync();
  expect(report.outcome).toBe("partial");
  expect(report.unfinished.map(({ kind }) => kind).sort()).toEqual(["experiment", "run"]);
  expect(world.objects().map(({ kind }) => kind)).toEqual(["registered_model", "model_version"]);
  for (let i = 0; i < 5; i += 1) await setup.sync();
  expect(creations).toBeLessThanOrEqual(12);
});

test("what a remote refuses is not sent again before it changes", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  const { model } = await fill(setup);
  let creations = 0;
  setup.faults.fault = ({ method, phase, args }) => {
    if (method !== "create" || phase !== "before" || !JSON.stringify(args[0]).includes('"classifier"')) return;
    creations += 1;
    throw new RemoteError("invalid", "Such a name is not allowed");
  };
  const report = await setup.sync();
  expect(report).toMatchObject({ outcome: "partial", counts: { blocked: 1 } });
  await setup.sync();
  expect(creations).toBe(1);
  setup.faults.fault = () => {};
  await setup.edit(model, { description: "Dogs" });
  expect((await setup.sync()).outcome).toBe("done");
});

test("what a remote forbids is tried once with each sync, since rights come back without a word", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await fill(setup);
  let refusals = 0;
  setup.faults.fault = ({ method, phase }) => {
    if (method !== "logPoints" || phase !== "before") return;
    refusals += 1;
    throw new RemoteError("forbidden", "The project is archived");
  };
  for (const syncs of [1, 2]) {
    expect(await setup.sync()).toMatchObject({ outcome: "partial", unfinished: [{ state: "forbidden" }] });
    expect(refusals).toBe(syncs);
  }
  setup.faults.fault = () => {};
  expect((await setup.sync()).outcome).toBe("done");
  expectOnce(world, 4);
});

test("a token that may only read pulls, and says what it may not", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world, remote: { rights: ["read", "search"] } });
  await fill(setup);
  world.add({ kind: "experiment", name: "theirs", parent: null, fields: {} });
  const report = await setup.sync();
  expect(report.outcome).toBe("partial");
  expect(report.problem).toContain("Push: 0 of 4 allowed");
  expect(report.counts).toMatchObject({ pulled: 1, pushed: 0, writes: 0 });
});

test("another project under the same address is not compared", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await setup.local.write(() => setup.state.remotes.update(setup.row.id, { identity: "another" }));
  await fill(setup);
  expect(await setup.sync()).toMatchObject({ outcome: "failed", counts: { writes: 0 } });
  expect(world.objects()).toEqual([]);
});

test("two that ask at once share one sync", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await fill(setup);
  const [one, two] = await Promise.all([setup.sync(), setup.sync()]);
  expect(one).toBe(two);
});

test("a sync rests while it is paused, and a cancelled one leaves what it did", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await fill(setup);
  setup.at.step = (step) => {
    if (step === "create/settled") setup.engine().pause();
  };
  const going = setup.sync();
  while (world.objects().length === 0) await new Promise(setImmediate);
  for (let i = 0; i < 50; i += 1) await new Promise(setImmediate);
  expect(world.objects()).toHaveLength(1);
  setup.abort.abort();
  expect((await going).outcome).toBe("cancelled");
  setup.at.step = () => {};
  setup.engine().resume();
  expect(await setup.sync({ signal: new AbortController().signal })).toMatchObject({ outcome: "done" });
  expectOnce(world, 4);
});

test("nothing is deleted there without consent for this very object", async () => {
  const world = createMemoryWorld(richMemory);
  const setup = await setupEngine({ world });
  const { run } = await fill(setup);
  await setup.sync();
  await setup.trash(run);
  await setup.sync();
  expect(world.objects("run")).toHaveLength(1);
  const bound = setup.state.objects.find(setup.row.id, { kind: "run", uid: run })?.remote_id ?? "";
  await setup.local.write(() => setup.state.consents.give(setup.row.id, { kind: "run", uid: run }, bound, "me", 1));
  await setup.sync();
  expect(world.objects("run")).toHaveLength(0);
  expect(world.counts().by["remove"]).toBe(1);
});

test("what is above a remote's ceiling stays here, with all that is in it", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world, row: { class_max: "official" } });
  const secret = await setup.make("experiment", { name: "hidden", "tag/classification": "secret" });
  await setup.make("run", { name: "inner", start_time: "1", status: "RUNNING" }, secret);
  await setup.make("experiment", { name: "open", "tag/classification": "public" });
  const report = await setup.sync();
  expect(report.counts).toMatchObject({ pushed: 1, excluded: 2 });
  expect(world.objects().map(({ fields }) => fields.get("name"))).toEqual(["open"]);
  expect(report.outcome).toBe("done");
  expect(await setup.sync()).toMatchObject({ counts: { writes: 0, excluded: 2 } });
});
