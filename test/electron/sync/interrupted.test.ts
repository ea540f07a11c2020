/** What is left over when a push ends early, or only one direction is synced, and how the next sync reads it. */
import { expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { setupEngine } from "../../helpers/engine.ts";
import { Killed, points } from "../../helpers/push.ts";

const offline = (): RemoteError => new RemoteError("offline", "No network");

test.each(["logPoints", "files"] as const)(
  "a change made after a push that broke at %s is no conflict with what that push had sent",
  async (method) => {
    const world = createMemoryWorld(richMemory);
    const setup = await setupEngine({ world });
    const experiment = await setup.make("experiment", { name: "training" });
    const run = await setup.make("run", { name: "first", status: "RUNNING", "tag/note": "one" }, experiment);
    await setup.addPoints(run, points(3));
    await setup.addFile(run, "weights.bin", "weights");
    setup.faults.fault = (call) => {
      if (call.method === method) throw offline();
    };
    expect((await setup.sync()).outcome).toBe("offline");
    setup.faults.fault = () => {};
    await setup.edit(run, { name: "renamed", "tag/note": "two" });
    expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
    const there = world.objects("run")[0];
    expect([there?.fields.get("name"), there?.fields.get("tag/note")]).toEqual(["renamed", "two"]);
  },
);

test("points of another workstation are still pulled after a sync that only pushes", async () => {
  const world = createMemoryWorld(richMemory);
  const one = await setupEngine({ world, name: "1" });
  const two = await setupEngine({ world, name: "2" });
  const experiment = await one.make("experiment", { name: "training" });
  const run = await one.make("run", { name: "first", status: "FINISHED" }, experiment);
  await one.sync();
  await two.sync();
  await one.addPoints(run, points(4));
  await one.sync();
  await two.sync({ what: "push" });
  await two.sync();
  expect([...two.local.points({ kind: "run", uid: run })].flat()).toHaveLength(4);
});

test("a point that only a note can hold reaches the other workstation by itself", async () => {
  const world = createMemoryWorld(poorMemory);
  const one = await setupEngine({ world, name: "1" });
  const two = await setupEngine({ world, name: "2" });
  const experiment = await one.make("experiment", { name: "training" });
  const run = await one.make("run", { name: "first", status: "FINISHED" }, experiment);
  await one.sync();
  await two.sync();
  await one.addPoints(run, [{ key: "loss", step: 1, timestamp: 1, value: NaN }]);
  await one.sync();
  await two.sync({ full: true });
  expect([...two.local.points({ kind: "run", uid: run })].flat()).toHaveLength(1);
});

test("points of two notes of one number reach both workstations", async () => {
  const world = createMemoryWorld(poorMemory);
  const one = await setupEngine({ world, name: "1" });
  const two = await setupEngine({ world, name: "2" });
  const experiment = await one.make("experiment", { name: "training" });
  const run = await one.make("run", { name: "first", status: "FINISHED" }, experiment);
  await one.sync();
  await two.sync();
  await one.addPoints(run, [{ key: "loss", step: 1, timestamp: 1, value: NaN }]);
  await two.addPoints(run, [{ key: "loss", step: 2, timestamp: 2, value: Infinity }]);
  two.faults.fault = async ({ method, args, phase }) => {
    if (method !== "write" || phase !== "before" || !JSON.stringify(args).includes("outpost.t.")) return;
    two.faults.fault = () => {};
    expect((await one.sync()).outcome).toBe("done"); // while the note of the other one is on its way
  };
  await two.sync();
  for (const each of [one, two, one]) await each.sync();
  const notes = [...(world.objects("run")[0]?.fields.keys() ?? [])].flatMap(
    (field) => /outpost\.t\.\d+/.exec(field) ?? [],
  );
  expect(new Set(notes).size).toBeLessThan(notes.length);
  for (const each of [one, two]) expect([...each.local.points({ kind: "run", uid: run })].flat()).toHaveLength(2);
});

test("a plan that was looked at while an answer was missing is applied as it is", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  const experiment = await setup.make("experiment", { name: "training" });
  const run = await setup.make("run", { name: "first", status: "RUNNING" }, experiment);
  await setup.sync();
  await setup.edit(run, { status: "FINISHED", name: "renamed" });
  setup.at.step = (step) => {
    if (step === "write/other/answered") throw new Killed();
  };
  await expect(setup.sync()).rejects.toThrow(Killed);
  setup.at.step = () => {};
  setup.restart();
  setup.faults.fault = ({ method, args }) => {
    if (method === "list" && JSON.stringify(args).includes('"runs"')) throw new RemoteError("gone", "404");
  };
  const { plan } = await setup.sync({ apply: "plan" });
  expect(plan?.totals.push.objects).toBe(1);
  expect((await setup.sync({ apply: { hash: plan?.hash ?? "" } })).outcome).not.toBe("changed");
  setup.faults.fault = () => {};
  expect((await setup.sync()).outcome).toBe("done");
  expect((await setup.sync()).counts.writes).toBe(0);
});

test("a clock that is set back does not put the next try off for years", async () => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  await setup.make("registered_model", { name: "classifier" });
  setup.faults.fault = (call) => {
    if (call.method === "find") throw new RemoteError("unavailable", "503");
  };
  await setup.sync();
  setup.faults.fault = () => {};
  expect(world.objects()).toHaveLength(0);
  setup.clock.advance(-10 * 365 * 86_400_000);
  await setup.sync();
  expect(world.objects()).toHaveLength(1);
});

/** A push that ends once its note is written, and a change of what the note says before the next one. */
const changedAfterNote = async (end: (setup: Awaited<ReturnType<typeof setupEngine>>) => () => void) => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  const model = await setup.make("registered_model", { name: "cats" });
  const version = await setup.make("model_version", { semver: "1.0.0", stage: "None" }, model);
  const heal = end(setup);
  expect((await setup.sync()).outcome).not.toBe("done");
  heal();
  await setup.edit(version, { stage: "Production" });
  setup.clock.advance(86_400_000);
  expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
};

test("what a note says already is no conflict when the push broke right after it", () =>
  changedAfterNote((setup) => {
    let noted = false;
    setup.faults.fault = ({ method, args, phase }) => {
      if (noted) throw offline();
      noted = method === "write" && phase === "after" && JSON.stringify(args).includes("outpost.t.1");
    };
    return () => void (setup.faults.fault = () => {});
  }));

test("what a note says already is no conflict when its answer was lost and the process ended", () =>
  changedAfterNote((setup) => {
    setup.faults.fault = ({ method, args, phase }) => {
      if (method !== "write" || phase !== "after" || !JSON.stringify(args).includes("outpost.t.1")) return;
      setup.faults.fault = () => {
        throw offline();
      };
      throw new RemoteError("unavailable", "cut", { maybeDone: true });
    };
    return () => {
      setup.faults.fault = () => {};
      setup.restart();
    };
  }));

/** Ends once a call is answered that carries `text`, and every one after it. */
const endAfter = (setup: Awaited<ReturnType<typeof setupEngine>>, text: string): void => {
  let ended = false;
  setup.faults.fault = ({ method, args, phase }) => {
    if (ended) throw offline();
    ended = method === "write" && phase === "after" && JSON.stringify(args).includes(text);
  };
};

/** A run whose second name is in a note there, and whose next one comes to `names` while pushes end and listings fail. */
const renamedMeanwhile = async (names: readonly string[], { isListed = true } = {}) => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  const experiment = await setup.make("experiment", { name: "training" });
  const run = await setup.make("run", { name: "first", status: "FINISHED" }, experiment);
  await setup.sync();
  for (const [at, name] of names.entries()) {
    await setup.edit(run, { name });
    endAfter(setup, `outpost.t.${at + 1}.`);
    expect((await setup.sync()).outcome).not.toBe("done");
  }
  await setup.edit(run, { name: "last" });
  setup.faults.fault = ({ method, args }) => {
    if (!isListed && method === "list" && JSON.stringify(args).includes('"runs"')) throw new RemoteError("gone", "404");
  };
  setup.clock.advance(86_400_000);
  expect((await setup.sync()).counts.conflicts).toBe(0);
  setup.faults.fault = () => {};
  expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
  const notes = [...(world.objects("run")[0]?.fields ?? [])].filter(([field]) => field.startsWith("tag/outpost.t."));
  expect(notes.map(([, text]) => text).join()).toContain("last");
};

test("what a note no longer hides is no conflict when the push broke right after it", () =>
  renamedMeanwhile(["second", "first"]));

test("what a note hides is no conflict when no listing shows the note that broke the push", () =>
  renamedMeanwhile(["second"], { isListed: false }));

test("a change there after a pull that broke before the points came is no conflict with what had come", async () => {
  const world = createMemoryWorld(richMemory);
  const one = await setupEngine({ world, name: "1" });
  const two = await setupEngine({ world, name: "2" });
  const experiment = await one.make("experiment", { name: "training" });
  const run = await one.make("run", { name: "first", status: "RUNNING" }, experiment);
  await one.addPoints(run, points(3));
  await one.sync();
  two.faults.fault = ({ method }) => {
    if (method === "points") throw offline();
  };
  expect((await two.sync()).outcome).toBe("offline");
  two.faults.fault = () => {};
  await one.edit(run, { name: "renamed", status: "FINISHED" });
  await one.sync();
  world.resetCounts();
  expect(await two.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0, ahead: 0 } });
  expect(two.doc(run)?.fields).toMatchObject({ name: "renamed", status: "FINISHED" });
  expect(world.counts().writes).toBe(0);
});

test("what is in the trash here is not ahead until its removal there is agreed to", async () => {
  const world = createMemoryWorld(richMemory);
  const setup = await setupEngine({ world });
  const experiment = await setup.make("experiment", { name: "training" });
  await setup.sync();
  await setup.trash(experiment);
  expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { ahead: 0 } });
  const id = world.objects("experiment")[0]?.id ?? "";
  const ref = { kind: "experiment", uid: experiment } as const;
  await setup.local.write(() => setup.state.consents.give(setup.row.id, ref, id, "somebody", 1));
  expect(setup.state.candidates.counts(setup.row.id).ahead).toBe(1);
});

test("a run that was made there unheard, and is found by a listing, is in no conflict when it was renamed since", async () => {
  const world = createMemoryWorld(richMemory);
  const setup = await setupEngine({ world });
  const experiment = await setup.make("experiment", { name: "training" });
  await setup.sync();
  const run = await setup.make("run", { name: "first", "tag/note": "one", start_time: "1" }, experiment);
  setup.faults.fault = ({ method, phase }) => {
    if (method === "create" && phase === "after") throw new RemoteError("unavailable", "cut", { maybeDone: true });
    if (method === "look") throw offline();
  };
  expect((await setup.sync()).outcome).toBe("offline");
  setup.restart();
  await setup.edit(run, { name: "renamed", "tag/note": "two" });
  let looks = 0;
  setup.faults.fault = ({ method }) => {
    if (method === "look" && (looks += 1) === 1) throw new RemoteError("unavailable", "503");
  };
  expect(await setup.sync()).toMatchObject({ counts: { conflicts: 0 } });
  expect(world.objects("run").map(({ fields }) => [fields.get("name"), fields.get("tag/note")])).toEqual([["renamed", "two"]]); // prettier-ignore
});

test("what was sent to an object that was linked by its name is no conflict when the push broke after it", async () => {
  const world = createMemoryWorld(poorMemory);
  world.add({ kind: "experiment", name: "training", parent: null, fields: {} });
  const setup = await setupEngine({ world });
  const experiment = await setup.make("experiment", { name: "training", "tag/note": "one" });
  setup.faults.fault = ({ method, phase }) => {
    if (method !== "write" || phase !== "after") return;
    setup.faults.fault = () => {
      throw offline();
    };
  };
  expect((await setup.sync({ what: "push" })).outcome).toBe("offline");
  setup.faults.fault = () => {};
  await setup.edit(experiment, { "tag/note": "two" });
  expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
});

test("a note in a file is read back where no digest is told, and sent again when it is not what was sent", async () => {
  const world = createMemoryWorld({ ...poorMemory, digests: false, limits: { ...poorMemory.limits, noteBytes: 200 } });
  const setup = await setupEngine({ world });
  const experiment = await setup.make("experiment", { name: "training" });
  const run = await setup.make("run", { name: "first", "param/long": "x".repeat(400) }, experiment);
  await setup.addPoints(run, [{ key: "loss", step: 1, timestamp: 1, value: NaN }]);
  let isSpoilt = false;
  setup.faults.fault = ({ method, phase }) => {
    const [there] = world.objects("run");
    const uploads = [...(there?.files.values() ?? [])][0];
    const [first] = uploads ?? [];
    if (method !== "putFile" || phase !== "after" || isSpoilt || !uploads || !first) return;
    isSpoilt = true;
    uploads[0] = { ...first, bytes: Buffer.alloc(first.bytes.byteLength, 120) };
  };
  expect((await setup.sync()).outcome).toBe("done");
  expect(isSpoilt).toBe(true);
  const other = await setupEngine({ world, name: "2" });
  await other.sync();
  expect(other.doc(run)?.fields["param/long"]).toBe("x".repeat(400));
  expect([...other.local.points({ kind: "run", uid: run })].flat()).toHaveLength(1);
});

test("what was forbidden is not sent again in the same sync because a pull changed it meanwhile", async () => {
  const world = createMemoryWorld(richMemory);
  const setup = await setupEngine({ world });
  const model = await setup.make("registered_model", { name: "cats" });
  await setup.sync();
  await setup.edit(model, { "tag/ours": "one" });
  let refusals = 0;
  setup.faults.fault = ({ method, phase }) => {
    if (method !== "write" || phase !== "before") return;
    refusals += 1;
    const there = world.objects("registered_model")[0];
    if (there) world.edit(there, { "tag/theirs": "two" });
    throw new RemoteError("forbidden", "Your role does not allow that");
  };
  expect(await setup.sync()).toMatchObject({ outcome: "partial", unfinished: [{ state: "forbidden" }] });
  expect(refusals).toBe(1);
  const ref = { kind: "registered_model", uid: model } as const;
  expect(setup.local.read(ref)?.fields["tag/theirs"]).toBe("two"); // a later round pulled it
  expect(setup.state.objects.find(setup.row.id, ref)?.state).toBe("forbidden");
  setup.faults.fault = () => {};
  expect((await setup.sync()).outcome).toBe("done");
  expect(world.objects("registered_model")[0]?.fields.get("tag/ours")).toBe("one");
});
