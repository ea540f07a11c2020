import { expect, test } from "vitest";
import { RUN, EXPERIMENT, MODEL, VERSION, ALL, MODEL_ID, POINTS, made, uidOf } from "../local-samples.ts";
import { filesOf, setupCarrier, type Carrier } from "../../../helpers/bundle-carry.ts";

const INNER = made("run", uidOf("5"), EXPERIMENT.uid, {
  name: "run 1",
  status: "FAILED",
  start_time: "1700000000005",
  run_id: "c".repeat(32),
  user_id: "бен",
  "tag/mlflow.parentRunId": "b".repeat(32),
});

const fill = async (side: Carrier) => {
  await side.create([...ALL, INNER]);
  await side.addPoints(RUN, POINTS);
  await side.addPoints(VERSION, [{ key: "acc", value: 0.1 + 0.2, timestamp: 1, step: 2 }]);
  await side.addFile(RUN, "plots/곡선.svg", "<svg/>");
  await side.addFile(RUN, `logged-models/${MODEL_ID}/weights.bin`, "w".repeat(5000));
  await side.addFile(VERSION, "model.onnx", "w".repeat(5000));
  await side.addFile(VERSION, "empty.txt", "");
  await side.local.write((writes) => {
    writes.set(RUN, { name: "renamed ✓", "tag/team": "changed", "tag/empty": "" }, {});
    writes.set(MODEL, { "tag/team": null, "alias/latest-good": "1.2.0" }, {});
  });
};
const everything = [...ALL, INNER];

test("what one workstation made is in a fresh folder as it was, and its own bundle of it says the same", async () => {
  const [one, other, third] = [setupCarrier(), setupCarrier(), setupCarrier()];
  await fill(one);
  const label = await one.write();
  expect(label).toMatchObject({ verified: true, sealed: false, class: "unclassified", left_out: [] });
  const report = await other.take(filesOf(label));
  expect(report.problems).toEqual([]);
  expect(report).toMatchObject({ conflicts: 0, blocked: 0, left: 0, difference: { changed: 1, missing_count: 0 } });
  expect(report.difference.new).toBe(everything.length);
  for (const ref of everything) expect(other.canonicalOf(ref)).toBe(one.canonicalOf(ref));
  await third.take(filesOf(await other.write()));
  for (const ref of everything) expect(third.canonicalOf(ref)).toBe(one.canonicalOf(ref));
});

test("the same bundle again is no write", async () => {
  const [one, other] = [setupCarrier(), setupCarrier()];
  await fill(one);
  const files = filesOf(await one.write());
  await other.take(files);
  const before = other.changes();
  const again = await other.take(files);
  expect(again).toMatchObject({ pulled: 0, settled: 0, left: 0, files: 0 });
  expect(again.difference).toMatchObject({ new: 0, changed: 0, conflicts: 0, identical: again.difference.objects });
  expect(other.changes()).toBe(before);
});

test("an older bundle after a newer one takes nothing back", async () => {
  const [one, other] = [setupCarrier(), setupCarrier()];
  await fill(one);
  const first = filesOf(await one.write());
  await one.local.write((writes) => writes.set(RUN, { "tag/team": "newer" }, {}));
  const second = filesOf(await one.write());
  await other.take(second);
  const report = await other.take(first);
  expect(report).toMatchObject({ pulled: 0, difference: { older: 1, new: 0, changed: 0 } });
  expect(other.local.read(RUN)?.fields["tag/team"]).toBe("newer");
});

test("what both changed is a conflict, and the rest of the object comes", async () => {
  const [one, other] = [setupCarrier(), setupCarrier()];
  await fill(one);
  await other.take(filesOf(await one.write()));
  await one.local.write((writes) => writes.set(RUN, { "tag/team": "there", "tag/new": "x" }, {}));
  await other.local.write((writes) => writes.set(RUN, { "tag/team": "here" }, {}));
  const files = filesOf(await one.write());
  const { difference, plan } = await other.plan(files);
  expect(difference).toMatchObject({ new: 0, conflicts: 1, changed: 1 });
  expect(other.local.read(RUN)?.fields["tag/new"]).toBeUndefined();
  expect(await other.take(files, plan.hash)).toMatchObject({ conflicts: 1 });
  expect(other.local.read(RUN)?.fields).toMatchObject({ "tag/team": "here", "tag/new": "x" });
  expect(other.state.conflicts.open(undefined)).toMatchObject([
    { field: "tag/team", local: "here", remote_value: "there" },
  ]);
});

test("a plan that was accepted is the one that is done", async () => {
  const [one, other] = [setupCarrier(), setupCarrier()];
  await fill(one);
  const files = filesOf(await one.write());
  const { plan } = await other.plan(files);
  await other.create([
    made("experiment", uidOf("8"), null, { name: EXPERIMENT.fields["name"] ?? "" }, other.workstation),
  ]);
  await expect(other.take(files, plan.hash)).rejects.toThrow("Something changed");
});

test("a receipt settles the sender's row, and the next delta has only what is new, without files that are there", async () => {
  const [one, other] = [setupCarrier(), setupCarrier()];
  await fill(one);
  await other.take(filesOf(await one.write({ to: "lab" })));
  const { path, objects } = await other.receipt(one.exporting.from);
  expect(objects).toBeGreaterThanOrEqual(everything.length);
  expect(await one.takeReceipt(path)).toMatchObject({ moved: 0, unknown: 0, settled: objects });
  const before = one.changes();
  const again = await one.takeReceipt(path);
  expect(again).toMatchObject({ settled: 0, known: objects });
  expect(one.changes()).toBe(before);
  const peer = one.state.remotes.list().find(({ identity }) => identity === other.workstation);
  expect(one.state.objects.ofObject(RUN)).toMatchObject([{ remote: peer?.name, state: "done" }]);

  await one.local.write((writes) => writes.set(VERSION, { description: "even better" }, {}));
  const delta = await one.write({ to: peer?.name ?? "" });
  expect(delta.counts).toEqual({ experiment: 0, run: 0, registered_model: 0, model_version: 1 });
  const opened = await other.open(filesOf(delta));
  expect(opened.bag.blobs.size).toBe(0);
  expect(opened.bag.info.kind).toBe("delta");
  expect(await other.take(filesOf(delta))).toMatchObject({ pulled: 1, difference: { changed: 1, missing_count: 0 } });
  expect(other.local.read(VERSION)?.fields["description"]).toBe("even better");
  expect(other.canonicalOf(VERSION)).toBe(one.canonicalOf(VERSION));
});
