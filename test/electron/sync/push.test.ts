import { describe, expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { MARKER, type NewObject, type Remote } from "../../../electron/remote/remote.ts";
import { pushItem } from "../../../electron/sync/push.ts";
import { removeItem } from "../../../electron/sync/remove.ts";
import { fillPush, Killed, lost, points, setupPush, uid, type PushTest } from "../../helpers/push.ts";

/** What `create` was called with. */
const asNew = (input: unknown): NewObject => {
  if (typeof input !== "object" || input === null || !("kind" in input)) throw new Error("No new object");
  return input as NewObject;
};

const pushAll = async (test: PushTest): Promise<void> => {
  const { experiment, run, model, version } = fillPush(test);
  for (const doc of [experiment, run, model, version]) await test.push(doc);
};

/** What is there, of each object: one of each marker, its points and files. */
const expectAllThere = ({ world, state, row }: PushTest): void => {
  const there = world.objects();
  expect(there.map(({ kind }) => kind).sort()).toEqual(["experiment", "model_version", "registered_model", "run"]);
  const markers = there.map(({ fields }) => fields.get(`tag/${MARKER}`));
  expect(new Set(markers).size).toBe(4);
  const run = world.objects("run")[0];
  expect(run?.fields.get("param/lr")).toBe("0.1");
  expect(run?.fields.get("status")).toBe("FINISHED");
  expect(run?.points.map(({ step }) => Number(step)).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  expect([...(run?.files.keys() ?? [])]).toContain("model/weights.bin");
  expect(state.ops.all(row.id)).toEqual([]);
  for (const n of [1, 2, 3, 4]) {
    const kind = (["experiment", "run", "registered_model", "model_version"] as const)[n - 1] ?? "run";
    expect(state.objects.find(row.id, { kind, uid: uid(n) })?.state).toBe("done");
  }
};

test.each([
  ["another one of ours", (taken: string) => taken],
  ["a stranger's that was there before", () => "stranger"],
  ["no id at all", () => ""],
])("a creation that is answered with %s is looked for by its mark, and that one is left alone", async (_, idOf) => {
  const setup = setupPush({ options: poorMemory });
  const { experiment, run } = fillPush(setup);
  await setup.push(experiment);
  const other = setup.put("run", 9, { name: "other" }, { parent: experiment.uid });
  await setup.push(other);
  const seen = { kind: "run", parent: null, name: "x", fields: {}, fingerprint: "f", points_mark: "" } as const;
  await setup.ctx.local.write(() =>
    setup.state.seen.put(setup.row.id, [{ ...seen, id: "stranger", updated_at: 0, web_url: null }], 0),
  );
  const taken = setup.world.objects("run")[0]?.id ?? "";
  const { ctx, session } = setup;
  const create: Remote["create"] = async (input) => ({ ...(await ctx.remote.create(input)), id: idOf(taken) });
  const hostile = { ...ctx, remote: { ...ctx.remote, create } };
  expect((await pushItem(hostile, setup.itemOf(run), { session })).outcome).toBe("done");
  const made = setup.world.objects("run");
  expect(made).toHaveLength(2);
  expect(made.find(({ id }) => id === setup.state.objects.find(setup.row.id, run)?.remote_id)?.fields.get("name")).toBe(
    run.fields["name"],
  );
});

describe.each([
  ["as poor as GitLab", poorMemory],
  ["as rich as MLflow", richMemory],
])("a far side %s", (_, options) => {
  test("gets every object once, and nothing the second time", async () => {
    const setup = setupPush({ options });
    await pushAll(setup);
    expectAllThere(setup);
    const { writes } = setup.world.counts();
    for (const n of [1, 2, 3, 4]) expect((await setup.push(setup.read(n))).outcome).toBe("done");
    expect(setup.world.counts().writes).toBe(writes);
  });

  test.each(["create", "write", "logPoints", "putFile"] as const)(
    "does not get a thing twice when the answer to %s is lost",
    async (method) => {
      for (const phase of ["before", "after"] as const) {
        const setup = setupPush({ options });
        const times = new Map<string, number>();
        setup.faults.fault = (call) => {
          if (call.method !== method || call.phase !== phase) return;
          const key = JSON.stringify(call.args[0]);
          times.set(key, (times.get(key) ?? 0) + 1);
          if (times.get(key) === 1) throw lost();
        };
        await pushAll(setup);
        expectAllThere(setup);
        const run = setup.world.objects("run")[0];
        for (const uploads of run?.files.values() ?? []) expect(uploads).toHaveLength(1);
        expect(run?.points).toHaveLength(5);
      }
    },
  );

  test("is not given a thing twice whenever the process ends", async () => {
    const whole = setupPush({ options });
    await pushAll(whole);
    for (let step = 0; step < whole.steps.length; step += 1) {
      const setup = setupPush({ options });
      let left = step;
      setup.faults.at = () => {
        if (left === 0) throw new Killed();
        left -= 1;
      };
      await expect(pushAll(setup), whole.steps[step]).rejects.toThrow(Killed);
      await setup.restart(...[1, 2, 3, 4].map(setup.read));
      expectAllThere(setup);
      const run = setup.world.objects("run")[0];
      expect(run?.points, whole.steps[step]).toHaveLength(5);
      for (const uploads of run?.files.values() ?? []) expect(uploads, whole.steps[step]).toHaveLength(1);
    }
  });
});

test.each([
  ["at once", 0],
  ["after the adapter kept its request back, for a server that asked it to wait", 600_000],
])("an effect that lands long after its asker has gone is found, and not had again: sent %s", async (_, heldMs) => {
  const setup = setupPush();
  const { experiment, run } = fillPush(setup);
  await setup.push(experiment);
  setup.faults.fault = ({ method, phase, args: [input] }) => {
    if (method !== "create" || phase !== "before") return;
    setup.faults.fault = () => {};
    setup.clock.advance(heldMs);
    setup.clock.later(30_000, () => void setup.world.add(asNew(input)));
    throw lost();
  };
  await setup.push(run);
  setup.clock.advance(120_000);
  expect(setup.world.objects("run")).toHaveLength(1);
});

test("what a try left open is waited for by the next one of the same object", async () => {
  const setup = setupPush();
  const { experiment, run } = fillPush(setup);
  await setup.push(experiment);
  setup.faults.fault = ({ method, phase, args: [input] }) => {
    if (method === "look" && phase === "before") throw new RemoteError("garbled", "no look either");
    if (method !== "create" || phase !== "before") return;
    setup.clock.later(30_000, () => void setup.world.add(asNew(input)));
    throw lost();
  };
  await expect(setup.push(run)).rejects.toThrow("no look either");
  setup.faults.fault = () => {};
  await setup.push(run);
  setup.clock.advance(120_000);
  expect(setup.world.objects("run")).toHaveLength(1);
});

test("two that came about all the same are told, the oldest counts, and nothing is deleted", async () => {
  const setup = setupPush();
  const { experiment, run } = fillPush(setup);
  await setup.push(experiment);
  let sends = 0;
  setup.faults.fault = ({ method, phase, args: [input] }) => {
    if (method !== "create" || phase !== "before") return;
    sends += 1;
    if (sends === 1) throw lost();
    if (sends === 2) setup.world.add(asNew(input)); // the first one lands after all, later than any server should
  };
  await setup.push(run);
  const [oldest, twin] = setup.world.objects("run");
  expect(setup.state.objects.find(setup.row.id, { kind: "run", uid: uid(2) })?.remote_id).toBe(oldest?.id);
  expect(setup.session.duplicates).toEqual(new Set([twin?.id]));
  expect(setup.session.remarks.join()).toContain("is there 2 times");
});

test("a server that never answers is asked a bounded number of times", async () => {
  const setup = setupPush();
  const { experiment } = fillPush(setup);
  let calls = 0;
  setup.faults.fault = ({ method, phase }) => {
    if (phase === "before") calls += 1;
    if (method === "create" && phase === "before") throw lost();
  };
  await expect(setup.push(experiment)).rejects.toThrow("the next try is in an hour");
  expect(setup.world.counts().by["create"]).toBeUndefined();
  expect(calls).toBeLessThanOrEqual(25);
});

test("only the bad tag of a batch is refused; it goes into the note, and is said", async () => {
  const setup = setupPush();
  const tags = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`tag/t${n}`, `v${n}`]));
  const experiment = setup.put("experiment", 1, { name: "training" });
  await setup.push(experiment);
  const changed = setup.put("experiment", 1, { name: "training", ...tags });
  let writes = 0;
  setup.faults.fault = ({ method, phase, args }) => {
    if (method !== "write" || phase !== "before") return;
    writes += 1;
    if (JSON.stringify(args[1]).includes('"tag/t42"')) throw new RemoteError("invalid", "tag t42 is refused");
  };
  const { outcome } = await setup.push(changed, { action: "update" });
  expect(outcome).toBe("done");
  const fields = setup.world.objects("experiment")[0]?.fields;
  expect([...(fields?.keys() ?? [])].filter((field) => field.startsWith("tag/t"))).toHaveLength(63);
  expect([...(fields ?? [])].find(([field]) => field.startsWith("tag/outpost.t."))?.[1]).toContain('"tag/t42"');
  expect(writes).toBeLessThanOrEqual(11); // by halving 64, and the note
  expect(setup.session.remarks.join()).toContain("tag/t42 was refused there");
});

test("what cannot be held goes into a note, and comes out of it as it was", async () => {
  const setup = setupPush();
  await pushAll(setup);
  const run = setup.read(2);
  const renamed = setup.put("run", 2, { ...run.fields, name: "renamed", "param/long": "x".repeat(400) });
  expect((await setup.push(renamed)).outcome).toBe("done");
  const there = setup.world.objects("run")[0];
  expect(there?.fields.get("name")).toBe("first");
  const note = [...(there?.fields ?? [])].findLast(([field]) => field.startsWith("tag/outpost.t."));
  expect(note?.[1]).toContain('"name":["renamed","first"]');
  const { writes } = setup.world.counts();
  await setup.push(setup.read(2));
  expect(setup.world.counts().writes).toBe(writes);
});

test("a point that is no number goes into the note", async () => {
  const setup = setupPush();
  const { experiment } = fillPush(setup);
  setup.setPoints(2, [...points(3), { key: "loss", step: 9, timestamp: 9, value: NaN }]);
  await setup.push(experiment);
  expect((await setup.push(setup.read(2))).outcome).toBe("done");
  const there = setup.world.objects("run")[0];
  expect(there?.points).toHaveLength(3);
  expect([...(there?.fields.values() ?? [])].some((text) => text.includes('"NaN"'))).toBe(true);
});

test("points that another workstation has put there are not sent again, and stay to be pulled", async () => {
  const setup = setupPush();
  await pushAll(setup);
  const there = setup.world.objects("run")[0];
  const ref = { kind: "run", id: there?.id ?? "" } as const;
  setup.world.addPoints(ref, [{ key: "loss", step: 77, timestamp: 1, value: 1 }]);
  setup.setPoints(2, points(6));
  expect((await setup.push(setup.read(2))).outcome).toBe("open");
  expect(there?.points).toHaveLength(7);
  expect(setup.state.objects.find(setup.row.id, { kind: "run", uid: uid(2) })?.state).toBe("queued");
});

test("what changed on either side since the plan is left for the next one", async () => {
  const setup = setupPush();
  await pushAll(setup);
  const run = setup.read(2);
  await expect(setup.push(run, { expects: { rev: run.rev + 1, fingerprint: null } })).rejects.toThrow("changed here");
  const { writes } = setup.world.counts();
  await expect(setup.push(run, { expects: { rev: run.rev, fingerprint: "other" } })).rejects.toThrow("changed there");
  expect(setup.world.counts().writes).toBe(writes);
});

test("a name that was taken since the plan is not taken over", async () => {
  const setup = setupPush();
  const { model } = fillPush(setup);
  const other = setup.world.add({ kind: "registered_model", name: "classifier", parent: null, fields: {} });
  await expect(setup.push(model)).rejects.toThrow("was made there since the plan");
  expect((await setup.push(model, { action: "link", remote_id: other.id })).outcome).toBe("done");
  expect(setup.world.objects("registered_model")).toHaveLength(1);
  expect(other.fields.get("description")).toBe("Cats and dogs");
});

test("an object whose parent is not there waits for it", async () => {
  const setup = setupPush();
  const { run } = fillPush(setup);
  await expect(setup.push(run)).rejects.toThrow("is not on hub yet");
  expect(setup.world.objects()).toEqual([]);
});

test("an alias waits for its version and then names it", async () => {
  const setup = setupPush({ options: richMemory });
  const { version } = fillPush(setup);
  const model = setup.put("registered_model", 3, { name: "classifier", "alias/champion": "1.0.0" });
  expect((await setup.push(model)).outcome).toBe("later");
  await setup.push(version);
  expect((await setup.push(model, {}, { again: true })).outcome).toBe("done");
  expect(setup.world.objects("registered_model")[0]?.fields.get("alias/champion")).toBe("1.0.0");
});

test("a refused token ends the push at the first call", async () => {
  const setup = setupPush();
  const { experiment } = fillPush(setup);
  let calls = 0;
  setup.faults.fault = () => {
    calls += 1;
    throw new RemoteError("auth", "The token expired");
  };
  await expect(setup.push(experiment)).rejects.toThrow("The token expired");
  expect(calls).toBe(1);
  expect(setup.state.ops.all(setup.row.id)).toEqual([]);
});

test("nothing is deleted there without consent, whatever a plan says", async () => {
  const setup = setupPush();
  const { experiment } = fillPush(setup);
  await setup.push(experiment);
  const there = setup.world.objects("experiment")[0];
  const item = { ...setup.itemOf(experiment), action: "remove", remote_id: there?.id ?? "" } as const;
  await expect(removeItem(setup.ctx, item)).rejects.toThrow("Nobody agreed");
  await setup.ctx.local.write(() => setup.state.consents.give(setup.row.id, experiment, "another", "me", 1));
  await expect(removeItem(setup.ctx, item)).rejects.toThrow("Nobody agreed");
  expect(setup.world.objects("experiment")).toHaveLength(1);
});
