import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

const ref = { kind: "registered_model" as const, uid: "a".repeat(32) };
const sides = { base: "a", local: "b", remote_value: null };

test("a conflict is there until it is resolved, and again when a side moves on", async () => {
  const { sync, remote, write } = setupSync();
  await write(() => sync.conflicts.put(remote, ref, "description", sides, 5));
  const [conflict] = sync.conflicts.open(remote);
  expect(conflict).toMatchObject({
    ...ref,
    ...sides,
    remote: "hub",
    field: "description",
    found_at: 5,
    resolution: null,
  });
  const id = conflict?.id ?? 0;
  await write(() => sync.conflicts.resolve(id, "merged", "b and c", 6));
  expect(sync.conflicts.open(undefined)).toEqual([]);
  await write(() => sync.conflicts.put(remote, ref, "description", sides, 7));
  expect(sync.conflicts.byId(id)).toMatchObject({
    resolution: "merged",
    value: "b and c",
    found_at: 5,
    remote_id: remote,
  });
  await write(() => sync.conflicts.put(remote, ref, "description", { ...sides, remote_value: "d" }, 8));
  expect(sync.conflicts.open(remote)).toMatchObject([
    { id, remote_value: "d", resolution: null, value: null, found_at: 8 },
  ]);
});

test("what vanished is taken away, the rest stays", async () => {
  const { sync, remote, write } = setupSync();
  await write(() => {
    for (const field of ["name", "description"]) sync.conflicts.put(remote, ref, field, sides, 5);
    sync.conflicts.clear(remote, ref, ["name"]);
  });
  expect(sync.conflicts.ofObject(remote, ref).map(({ field }) => field)).toEqual(["name"]);
  await write(() => sync.conflicts.clear(remote, ref, []));
  expect(sync.conflicts.ofObject(remote, ref)).toEqual([]);
});
