import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

test("a remote has its defaults, and changes in the named columns only", async () => {
  const { sync, remote, write } = setupSync();
  expect(sync.remotes.byName("hub")).toMatchObject({
    kind: "gitlab",
    mode: "ask",
    file_policy: "light",
    required_tags: [],
    paused: false,
    state: "new",
    probe: null,
    accepted_at: null,
    added_at: 1_700_000_000_000,
  });
  await write(() =>
    sync.remotes.update(remote, { paused: true, required_tags: ["team"], probe: { user: "ann" }, accepted_at: 5 }),
  );
  const row = sync.remotes.byName("hub");
  expect(row).toMatchObject({
    paused: true,
    required_tags: ["team"],
    probe: { user: "ann" },
    accepted_at: 5,
    mode: "ask",
  });
  await write(() => sync.remotes.update(remote, { accepted_at: null, paused: false }));
  expect(sync.remotes.byName("hub")).toEqual({ ...row, accepted_at: null, paused: false });
  expect(sync.remotes.list()).toHaveLength(1);
  await write(() => sync.remotes.remove(remote));
  expect(sync.remotes.list()).toEqual([]);
  expect(sync.remotes.byName("hub")).toBeUndefined();
});

test("two remotes cannot have one name", async () => {
  const { sync, write } = setupSync();
  await expect(
    write(() => sync.remotes.add({ name: "hub", kind: "mlflow", base_url: "https://other" })),
  ).rejects.toThrow("UNIQUE");
});
