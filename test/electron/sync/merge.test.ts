import fc from "fast-check";
import { expect, test } from "vitest";
import type { SyncKind } from "../../../shared/sync/doc.ts";
import type { ConflictRow } from "../../../electron/store/sync/rows.ts";
import { changed, sameFields } from "../../../electron/sync/fields.ts";
import { decisionsOf, mergedSides, mergeFields, rebase, type Sides } from "../../../electron/sync/merge.ts";

type Case = [name: string, kind: SyncKind, sides: Sides, expected: Partial<ReturnType<typeof mergeFields>>];
const nothing = { toLocal: {}, toRemote: {}, conflicts: [] };
const both = (field: string, base?: string, local?: string, remote?: string): Sides => ({
  base: base === undefined ? {} : { [field]: base },
  local: local === undefined ? {} : { [field]: local },
  remote: remote === undefined ? {} : { [field]: remote },
});
const conflict = (field: string, base?: string, local?: string, remote?: string) => ({
  ...nothing,
  conflicts: [{ field, base, local, remote }],
});

test.each<Case>([
  ["only the remote moved", "registered_model", both("description", "a", "a", "b"), { toLocal: { description: "b" } }],
  ["only we moved", "registered_model", both("description", "a", "b", "a"), { toRemote: { description: "b" } }],
  ["both moved to the same", "registered_model", both("description", "a", "b", "b"), nothing],
  ["both moved", "registered_model", both("description", "a", "b", "c"), conflict("description", "a", "b", "c")],
  ["removed here", "run", both("tag/x", "a", undefined, "a"), { toRemote: { "tag/x": null } }],
  ["removed there", "run", both("tag/x", "a", "a", undefined), { toLocal: { "tag/x": null } }],
  ["removed here, changed there", "run", both("tag/x", "a", undefined, "b"), conflict("tag/x", "a", undefined, "b")],
  ["first contact, equal", "run", both("tag/x", undefined, "a", "a"), nothing],
  ["first contact, different", "run", both("tag/x", undefined, "a", "b"), conflict("tag/x", undefined, "a", "b")],
  ["first contact, only there", "run", both("tag/x", undefined, undefined, "b"), { toLocal: { "tag/x": "b" } }],
  ["a param of another value", "run", both("param/lr", undefined, "1", "2"), conflict("param/lr", undefined, "1", "2")],
  ["a param is never taken away", "run", both("param/lr", "1", undefined, "1"), { toLocal: { "param/lr": "1" } }],
  ["an end beats going on", "run", both("status", undefined, "RUNNING", "FAILED"), { toLocal: { status: "FAILED" } }],
  [
    "an end here goes there",
    "run",
    both("status", "RUNNING", "KILLED", "SCHEDULED"),
    { toRemote: { status: "KILLED" } },
  ],
  ["two ends", "run", both("status", "RUNNING", "KILLED", "FAILED"), conflict("status", "RUNNING", "KILLED", "FAILED")],
  [
    "a run that was resumed here",
    "run",
    both("status", "FINISHED", "RUNNING", "FINISHED"),
    { toRemote: { status: "RUNNING" } },
  ],
  ["another user", "run", both("user_id", undefined, "ann", "7"), nothing],
  ["a start only there", "run", both("start_time", undefined, undefined, "7"), { toLocal: { start_time: "7" } }],
  ["a number of its own", "model_version", both("number", "1", "1", "9"), nothing],
  [
    "an alias that both moved",
    "registered_model",
    both("alias/a", "1.0.0", "1.1.0", "2.0.0"),
    conflict("alias/a", "1.0.0", "1.1.0", "2.0.0"),
  ],
  ["what no run can have", "run", both("nonsense", undefined, undefined, "x"), nothing],
  ["our own marks", "run", both("tag/outpost.origin", undefined, undefined, "x"), nothing],
  ["our own notes", "model_version", both("run_tag/outpost.t.1.00000000", undefined, undefined, "x"), nothing],
])("%s", (_name, kind, sides, expected) => {
  expect(mergeFields(kind, sides)).toEqual({ ...nothing, ...expected });
});

test("a run's end comes with the status that was taken", () => {
  const merge = mergeFields("run", {
    base: { status: "RUNNING" },
    local: { status: "RUNNING", end_time: "3" },
    remote: { status: "FAILED", end_time: "5" },
  });
  expect(merge).toEqual({ toLocal: { status: "FAILED", end_time: "5" }, toRemote: {}, conflicts: [] });
});

test("names of JavaScript's own are fields like others", () => {
  const merge = mergeFields("run", { base: {}, local: {}, remote: { "tag/__proto__": "x", "tag/constructor": "y" } });
  expect(Object.entries(merge.toLocal)).toEqual([
    ["tag/__proto__", "x"],
    ["tag/constructor", "y"],
  ]);
  const hostile = Object.fromEntries([["__proto__", "x"]]);
  expect(mergeFields("run", { base: {}, local: {}, remote: hostile })).toEqual(nothing);
});

const row = (resolution: string | null, value: string | null = null): ConflictRow => ({
  id: 1,
  kind: "registered_model",
  uid: "u",
  field: "description",
  base: "a",
  local: "b",
  remote_value: "c",
  found_at: 0,
  resolved_at: resolution === null ? null : 1,
  resolution,
  value,
});

test.each([
  ["local", null, { toLocal: {}, toRemote: { description: "b" } }],
  ["remote", null, { toLocal: { description: "c" }, toRemote: {} }],
  ["merged", "bc", { toLocal: { description: "bc" }, toRemote: { description: "bc" } }],
  ["merged", null, { toLocal: { description: null }, toRemote: { description: null } }],
])("a conflict decided for %s is settled by the next merge", (resolution, value, expected) => {
  const sides = both("description", "a", "b", "c");
  const decisions = decisionsOf([row(resolution, value)]);
  const merge = mergeFields("registered_model", sides, decisions);
  expect(merge).toEqual({ ...expected, conflicts: [] });
  expect(mergeFields("registered_model", mergedSides(sides, merge), decisions)).toEqual(nothing);
});

test("a decision does not count for what was written after it, nor one that was not made", () => {
  const moved = both("description", "a", "later", "c");
  expect(mergeFields("registered_model", moved, decisionsOf([row("remote")])).conflicts).toHaveLength(1);
  expect(
    mergeFields("registered_model", both("description", "a", "b", "c"), decisionsOf([row(null)])).conflicts,
  ).toHaveLength(1);
});

const field = fc.constantFrom(
  "name",
  "status",
  "end_time",
  "start_time",
  "tag/a",
  "tag/b",
  "param/p",
  "dataset/d/1",
  "model/input/m",
);
const value = fc.constantFrom("1", "2", "3", "RUNNING", "FINISHED", "FAILED");
const fields = fc.dictionary(field, value, { maxKeys: 9 });
const sides = fc.record({ base: fields, local: fields, remote: fields });
const flipped = (one: Sides): Sides => ({ base: one.base, local: one.remote, remote: one.local });

test("a merge says the same from either side", () => {
  fc.assert(
    fc.property(sides, (one) => {
      const [merge, other] = [mergeFields("run", one), mergeFields("run", flipped(one))];
      expect(other.toLocal).toEqual(merge.toRemote);
      expect(other.toRemote).toEqual(merge.toLocal);
      expect(other.conflicts.map((c) => c.field)).toEqual(merge.conflicts.map((c) => c.field));
    }),
  );
});

test("once carried out, a merge has nothing more to do, and its conflicts are still the same", () => {
  fc.assert(
    fc.property(sides, (one) => {
      const merge = mergeFields("run", one);
      const again = mergeFields("run", mergedSides(one, merge));
      expect(again).toEqual({ toLocal: {}, toRemote: {}, conflicts: merge.conflicts });
    }),
  );
});

test("carried out on one side only, what is left to do is the other side's part", () => {
  fc.assert(
    fc.property(sides, (one) => {
      const merge = mergeFields("run", one);
      const half = mergedSides(one, { toLocal: merge.toLocal, toRemote: {} });
      expect(mergeFields("run", half)).toEqual({ ...merge, toLocal: {} });
      const otherHalf = mergedSides(one, { toLocal: {}, toRemote: merge.toRemote });
      expect(mergeFields("run", otherHalf)).toEqual({ ...merge, toRemote: {} });
    }),
  );
});

test("nothing that one side alone changed is lost, and no text of a conflict is touched", () => {
  fc.assert(
    fc.property(sides, (one) => {
      const merge = mergeFields("run", one);
      const after = mergedSides(one, merge);
      for (const { field: name, local, remote } of merge.conflicts) {
        expect(after.local[name]).toBe(local);
        expect(after.remote[name]).toBe(remote);
      }
      for (const name of Object.keys(merge.toLocal)) expect(one.local[name]).not.toBe(one.remote[name]);
      // I4: what was changed here since it was settled is overwritten by no pull, but for an end beating going on
      for (const name of Object.keys(merge.toLocal))
        if (name !== "status" && name !== "end_time" && !/^(?:param|dataset|model|start_time)/.test(name))
          expect(one.local[name]).toBe(one.base[name]);
    }),
  );
});

test("an untouched side takes what the other one did", () => {
  fc.assert(
    fc.property(fields, fields, (base, remote) => {
      const whole = { ...base, ...remote }; // nothing is taken away
      const merge = mergeFields("run", { base, local: base, remote: whole });
      expect(merge.toRemote).toEqual({});
      expect(merge.conflicts).toEqual([]);
      const after = changed(base, merge.toLocal);
      const origins = Object.fromEntries(Object.entries(base).filter(([name]) => name === "start_time"));
      expect(sameFields(after, { ...whole, ...origins })).toBe(true);
    }),
  );
});

test("a base is what both hold, else what it was", () => {
  expect(rebase({ a: "0", b: "0", c: "0" }, { a: "1", b: "1" }, { a: "1", b: "2" })).toEqual({ a: "1", b: "0" });
});

test.each([
  ["model_version", "stage", "None", "Production"],
  ["model_version", "status", "READY", "FAILED_REGISTRATION"],
] as const)("what a %s was born with as its %s is no change", (kind, field, born, other) => {
  const of = (local: string, remote: string) => mergeFields(kind, { base: {}, local: { [field]: local }, remote: { [field]: remote } }); // prettier-ignore
  expect(of(born, other)).toEqual({ ...nothing, toLocal: { [field]: other } });
  expect(of(other, born)).toEqual({ ...nothing, toRemote: { [field]: other } });
  expect(mergeFields(kind, { base: { [field]: "x" }, local: { [field]: born }, remote: { [field]: other } }).conflicts).toHaveLength(1); // prettier-ignore
});
