import { expect, test } from "vitest";
import { createObjects } from "../../../../electron/host/sync/objects.ts";
import { createRemotes } from "../../../../electron/host/sync/remotes.ts";
import { createRemoteTokens } from "../../../../electron/host/sync/tokens.ts";
import { createSyncLabels } from "../../../../electron/store/sync/labels.ts";
import type { PlanItem } from "../../../../electron/sync/plan-types.ts";
import { caller } from "../../../helpers/store.ts";
import { setupSyncFolder } from "../../../helpers/sync-folder.ts";

const setupObjects = async () => {
  const folder = setupSyncFolder();
  const { sync: state, db, domains, writer } = folder;
  const labels = createSyncLabels(db);
  const run = await writer.write(caller, () =>
    domains.runs.create({ experiment_id: "0", user_id: "u", start_time: 1, tags: [], run_name: "first" }),
  );
  const runId = run.run_id;
  const uid = folder.uidOf("runs", `run_id = '${runId}'`);
  const objects = createObjects({
    state,
    labels,
    ...createRemotes({ state, tokens: createRemoteTokens({ folder: folder.folder, env: {} }), jobOf: () => null }),
    numbersOf: () => [],
  });
  const addRemote = (name: string) =>
    folder.write(() => state.remotes.add({ name, kind: "mlflow", base_url: "http://127.0.0.1:1" }));
  const badgeOf = (id: string) => objects.badges({ kind: "run", ids: [id] }).badges[0];
  return { ...folder, state, labels, objects, runId, ref: { kind: "run", uid } as const, addRemote, badgeOf };
};
const settled = (rev: number) => ({
  base: { fields: {}, files: {}, points: 0, points_mark: "" },
  rev,
  fingerprint: "f1",
  note: 0,
  remote_id: "far-1",
});
const seenRun = (fingerprint: string) => ({
  kind: "run" as const,
  id: "far-1",
  name: "first",
  parent: "e1",
  fields: {},
  fingerprint,
  points_mark: "",
  updated_at: 1,
  web_url: "https://gitlab.example.com/runs/1",
});

const nothingMissing = { ahead: 0, files_missing: 0, bytes_missing: 0 };

test("without a remote nothing has a badge; with one, what is not there yet is local only", async () => {
  const { addRemote, badgeOf, runId } = await setupObjects();
  expect(badgeOf(runId)?.badge).toBe("none");
  await addRemote("team");
  expect(badgeOf(runId)).toEqual({ ...nothingMissing, id: runId, badge: "local", remote: "team", reason: null });
  expect(badgeOf("f".repeat(32))?.badge).toBe("none");
});

test("in sync, ahead when it changes here, behind when it changes there", async () => {
  const { addRemote, badgeOf, runId, state, ref, labels, write, domains, writer } = await setupObjects();
  const { id } = await addRemote("team");
  await write(() => state.seen.put(id, [seenRun("f1")], 1));
  await write(() => state.objects.settle(id, ref, settled(labels.rev("run", ref.uid))));
  expect(badgeOf(runId)?.badge).toBe("in_sync");
  await writer.write(caller, () => domains.logging.setTag(runId, "k", "v"));
  expect(badgeOf(runId)?.badge).toBe("ahead");
  await write(() => state.seen.put(id, [seenRun("f2")], 2));
  expect(badgeOf(runId)?.badge).toBe("behind");
});

test("files that lie on the remote only are counted", async () => {
  const { addRemote, badgeOf, runId, state, ref, labels, write } = await setupObjects();
  const { id } = await addRemote("team");
  await write(() => {
    state.objects.settle(id, ref, settled(labels.rev("run", ref.uid)));
    state.files.put(id, ref, [
      { path: "a", size: 10, sha256: "a".repeat(64) },
      { path: "b", size: 5, sha256: null },
    ]);
  });
  expect(badgeOf(runId)).toMatchObject({ badge: "in_sync", files_missing: 2, bytes_missing: 15 });
});

test("of several remotes the one that needs a person most is told", async () => {
  const { addRemote, badgeOf, runId, state, ref, labels, write } = await setupObjects();
  const first = await addRemote("first");
  const second = await addRemote("second");
  await write(() => state.objects.settle(first.id, ref, settled(labels.rev("run", ref.uid))));
  await write(() => state.objects.setState(second.id, ref, "conflict", "both sides changed"));
  expect(badgeOf(runId)).toEqual({
    ...nothingMissing,
    id: runId,
    badge: "conflict",
    remote: "second",
    reason: "both sides changed",
  });
});

test("objects are listed by state, with their page here and there, in pages", async () => {
  const { addRemote, objects, state, ref, write, runId } = await setupObjects();
  const { id } = await addRemote("team");
  await write(() => state.objects.link(id, ref, "far-1"));
  await write(() => state.seen.put(id, [seenRun("f1")], 1));
  await write(() => state.objects.setState(id, ref, "blocked", "its name is too long"));
  const { objects: rows } = objects.list({ remote: "team", state: "blocked" });
  expect(rows).toMatchObject([
    {
      label: "first",
      href: `#/experiments/0/runs/${runId}`,
      web_url: "https://gitlab.example.com/runs/1",
      reason: "its name is too long",
    },
  ]);
  const page = objects.list({ remote: "team", state: "blocked", max_results: 1 });
  expect(page.objects).toHaveLength(1);
  const rest = objects.list({ remote: "team", state: "blocked", page_token: page.next_page_token ?? "" });
  expect(rest.objects).toEqual([]);
  expect(() => objects.list({ remote: "team", state: "lost" })).toThrow("Invalid value 'lost' for 'state'");
});

const item = (direction: PlanItem["direction"], losses: string[] = []): PlanItem => ({
  direction,
  action: direction === "none" ? "conflict" : "create",
  kind: "run",
  uid: null,
  remote_id: null,
  label: `${direction} item`,
  counts: { fields: 1, points: 0, files: 0, bytes: 0 },
  reason: "because",
  reversible: true,
  losses,
  expects: { rev: null, fingerprint: null },
});

test("a plan's items are told by direction, and those that need a person by themselves", async () => {
  const { addRemote, objects, state, write } = await setupObjects();
  const { id } = await addRemote("team");
  const all = [item("push"), item("push", ["a rename"]), item("pull"), item("none")];
  await write(() => {
    const plan = state.plans.begin(id, "push,pull", true, 1);
    state.plans.addItems(
      plan,
      0,
      all.map((one) => JSON.stringify(one)),
    );
    state.plans.finish(plan, "abc", {});
  });
  const labelsOf = (show: "all" | "push" | "pull" | "attention", more = {}) =>
    objects.planItems({ hash: "abc", show, ...more }).items.map(({ seq }) => seq);
  expect(labelsOf("all")).toEqual([0, 1, 2, 3]);
  expect(labelsOf("push")).toEqual([0, 1]);
  expect(labelsOf("pull")).toEqual([2]);
  expect(labelsOf("attention")).toEqual([1, 3]);
  expect(objects.planItems({ hash: "abc", max_results: 3 }).next).toBe(2);
  expect(labelsOf("all", { after: 2 })).toEqual([3]);
  expect(() => objects.plan("nope")).toThrow("No plan 'nope'");
});

test("conflicts of a workstation that bundles come from are listed by its name, like a server's", async () => {
  const { state, objects, ref, write, addRemote } = await setupObjects();
  const server = await addRemote("hub");
  const peer = await write(() => state.remotes.add({ name: "lab", kind: "bundle", base_url: "bundle:lab" }));
  await write(() => {
    const sides = { base: "a", local: "b", remote_value: "c" };
    state.conflicts.put(server.id, ref, "tag/x", sides, 1);
    state.conflicts.put(peer.id, ref, "tag/y", sides, 1);
  });
  const fieldsOf = (remote?: string) => objects.conflicts(remote).map(({ field }) => field);
  expect([fieldsOf(), fieldsOf("hub"), fieldsOf("lab")]).toEqual([["tag/x", "tag/y"], ["tag/x"], ["tag/y"]]);
  expect(() => fieldsOf("nobody")).toThrow("No remote 'nobody'");
});

test("a version kept back by another of its number is a conflict for a person, not a refusal", async () => {
  const { addRemote, badgeOf, runId, objects, state, ref, write } = await setupObjects();
  const { id } = await addRemote("team");
  await write(() => state.objects.setState(id, ref, "blocked", "team has another one of this number"));
  expect(badgeOf(runId)?.badge).toBe("blocked");
  expect(state.conflicts.waiting(id)).toBe(0);
  const sides = { base: null, local: "1.0.0", remote_value: "1.0.0" };
  await write(() => {
    state.conflicts.put(id, ref, "semver", sides, 1);
    state.conflicts.put(id, ref, "description", { ...sides, local: "x" }, 1);
  });
  expect(badgeOf(runId)?.badge).toBe("conflict");
  expect(state.conflicts.waiting(id), "one object with two fields").toBe(1);
  expect(objects.list({ remote: "team", state: "blocked" }).objects).toMatchObject([{ state: "conflict" }]);
  await write(() => {
    for (const one of state.conflicts.open(id)) state.conflicts.resolve(one.id, "local", null, 2);
  });
  expect([badgeOf(runId)?.badge, state.conflicts.waiting(id)]).toEqual(["blocked", 0]);
});

test("an experiment is ahead by the number of its runs that changed here, and of itself", async () => {
  const { addRemote, state, write, objects, uidOf, labels, domains, writer } = await setupObjects();
  const { id } = await addRemote("team");
  const experiment = { kind: "experiment" as const, uid: uidOf("experiments", "id = 0") };
  const of = () => objects.badges({ kind: "experiment", ids: ["0"] }).badges[0];
  const settle = () =>
    write(() => state.objects.settle(id, experiment, settled(labels.rev("experiment", experiment.uid))));
  await settle();
  expect(of(), "the run that was there before").toMatchObject({ badge: "ahead", ahead: 1 });
  for (const name of ["second", "third"])
    await writer.write(caller, () =>
      domains.runs.create({ experiment_id: "0", user_id: "u", start_time: 1, tags: [], run_name: name }),
    );
  expect(of()).toMatchObject({ badge: "ahead", ahead: 3, remote: "team" });
  for (const uid of ["first", "second", "third"].map((name) => uidOf("runs", `name = '${name}'`)))
    await write(() =>
      state.objects.settle(id, { kind: "run", uid }, { ...settled(labels.rev("run", uid)), remote_id: `far-${uid}` }),
    );
  expect(of()).toMatchObject({ badge: "in_sync", ahead: 0 });
});

test("where thousands are ahead nothing is counted in passing: the word alone stands there", async () => {
  const { addRemote, state, db } = await setupObjects();
  const { id } = await addRemote("team");
  expect(state.aheadInside(id, "experiment")?.size).toBe(1);
  db.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
     INSERT INTO sync_ahead SELECT ?, 1, printf('%032x', i), 1 FROM n`,
  ).run(id);
  expect(state.aheadInside(id, "experiment")).toBeUndefined();
  expect(state.aheadInside(id, "registered_model")).toEqual(new Map());
});
