import { expect, test } from "vitest";
import type { SyncObjectRow } from "../../../electron/store/sync/rows.ts";
import { NO_BASE, planObject, type PlanInput } from "../../../electron/sync/plan-object.ts";
import { originOf, type LocalDoc } from "../../../shared/sync/doc.ts";
import { sha256, uidOf } from "./local-samples.ts";

const uid = uidOf("2");
const fields = { name: "first" };
const row: SyncObjectRow = {
  kind: "run",
  uid,
  remote_id: "r1",
  state: "done",
  reason: null,
  base: { ...NO_BASE, fields },
  settled_rev: 1,
  fingerprint: "f",
  note: 0,
  attempts: 0,
  next_at: null,
  pinned: false,
};
const doc: LocalDoc = {
  kind: "run",
  uid,
  origin: originOf("a".repeat(32), "run", uid),
  parent: uidOf("1"),
  label: "first",
  fields,
  files: [],
  points: 0,
  rev: 2,
  trashed: false,
};

/** A pull of something that no listing has shown yet. */
const input = (local: LocalDoc): PlanInput => ({
  kind: "run",
  directions: { push: false, pull: true },
  remoteName: "hub",
  workstation: "a".repeat(32),
  local,
  row,
  seen: undefined,
  folded: undefined,
  linkBy: undefined,
  kept: undefined,
  stranded: undefined,
  refused: undefined,
  decisions: new Map(),
  awaited: new Map(),
  held: new Set(),
  consented: false,
  lacksNoted: false,
  oddPoints: 0,
  wantsFiles: false,
  holds: () => true,
  holdsFile: () => true,
  nameOfFile: (path) => path,
  now: 0,
});

test("a pull settles what only its revision tells apart", () => {
  expect(planObject(input(doc)).map(({ action }) => action)).toEqual(["settle"]);
});

test.each([
  ["points", { points: 3 }],
  ["a file", { files: [{ path: "late.bin", size: 4, sha256: sha256("late") }] }],
])("a pull does not settle an object with %s that were never sent", (_, more) => {
  expect(planObject(input({ ...doc, ...more }))).toEqual([]);
});
