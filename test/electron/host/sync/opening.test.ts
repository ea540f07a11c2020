import { expect, test } from "vitest";
import { createHostPartials } from "../../../../electron/host/sync/local.ts";
import { createOpening } from "../../../../electron/host/sync/opening.ts";
import { createMemoryRemote, createMemoryWorld, richMemory } from "../../../../electron/remote/memory.ts";
import { RemoteError } from "../../../../electron/remote/errors.ts";
import { createEngine } from "../../../../electron/sync/engine.ts";
import { createVirtualClock } from "../../../helpers/push.ts";
import { setupSyncFolder } from "../../../helpers/sync-folder.ts";

const never = new AbortController().signal;

/** A run that was pulled light, and what opens its files. */
const setup = async () => {
  const world = createMemoryWorld({ ...richMemory, digests: true });
  const { id: parent } = world.add({ kind: "experiment", name: "e", parent: null, fields: { name: "e" } });
  const { id } = world.add({ kind: "run", name: "r", parent, fields: { name: "r", status: "FINISHED" } });
  const bytes = Buffer.from("the bytes");
  for (const path of ["a.txt", "dir/b.txt", "dir/deep/c.txt"]) world.putBytes({ kind: "run", id }, path, bytes);
  const folder = setupSyncFolder();
  const { sync: state, local, write } = folder;
  const calls = { count: 0, fault: (): void => {} };
  const memory = createMemoryRemote(world);
  const remote: typeof memory = {
    ...memory,
    getFile: (...args) => {
      calls.count += 1;
      calls.fault();
      return memory.getFile(...args);
    },
  };
  const row = await write(() =>
    state.remotes.add({ name: "hub", kind: "gitlab", base_url: "https://x", accepted_at: 1 }),
  );
  const parts = { remoteId: row.id, remote, local, state, clock: createVirtualClock(), random: () => 0.5, pace: 1 };
  const engine = createEngine({ ...parts, conditions: () => [] });
  await engine.sync({ what: "pull", apply: "accepted", actor: "test", signal: never });
  const [run] = folder.stores.runs.ofExperiment(1, "active");
  const opening = createOpening({
    state,
    stores: folder.stores,
    partials: createHostPartials({ artifactsDir: folder.folder, domains: folder.domains }),
    open: () => parts,
  });
  return { ...folder, state, row, opening, calls, world, root: `${run?.home ?? ""}/${run?.run_id ?? ""}/artifacts` };
};

test("folders list what is on the remote only, until it is here", async () => {
  const { opening, root, domains, calls } = await setup();
  expect(opening.list(root)).toEqual([
    { name: "a.txt", size: 9 },
    { name: "dir", size: null },
  ]);
  expect(opening.list(`${root}/dir`)).toEqual([
    { name: "b.txt", size: 9 },
    { name: "deep", size: null },
  ]);
  expect([opening.list("7/nobody/artifacts"), opening.list("")]).toEqual([[], []]);
  const far = opening.find(`${root}/dir/b.txt`);
  expect([far?.size, far?.remote]).toEqual([9, "hub"]);
  await Promise.all([far?.fetch(never, () => {}), far?.fetch(never, () => {})]);
  expect(calls.count).toBe(1); // and the others are of the same bytes
  expect(domains.artifacts.find(`${root}/dir/b.txt`).size).toBe(9);
  expect([opening.list(root), opening.find(`${root}/a.txt`)]).toEqual([[], undefined]);
});

test("only a path that a remote has is found: neither a folder nor another experiment's", async () => {
  const { opening, root } = await setup();
  for (const path of [root, `${root}/dir`, `${root}/none.txt`, `999/${root.split("/")[1] ?? ""}/artifacts/a.txt`])
    expect(opening.find(path), path).toBeUndefined();
});

test.each([
  ["offline", "not_found", /bytes are on the remote 'hub' only.*open it again when 'hub' can be reached/],
  ["auth", "denied", /give the remote 'hub' a token/],
  ["gone", "not_found", /the next sync with 'hub' sees whether it was removed/],
  ["corrupt", "not_found", /it was damaged on 'hub'/],
] as const)("what keeps it away is said with the way out: %s", async (trouble, kind, message) => {
  const { opening, root, calls } = await setup();
  calls.fault = () => {
    throw new RemoteError(trouble, "It did not work.");
  };
  const opened = opening.find(`${root}/a.txt`)?.fetch(never, () => {});
  await expect(opened).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
});

test("a remote that rests is asked for nothing", async () => {
  const { opening, root, calls, state, row, write } = await setup();
  await write(() => state.remotes.update(row.id, { paused: true }));
  await expect(opening.find(`${root}/a.txt`)?.fetch(never, () => {})).rejects.toThrow(/paused: resume it under Sync/);
  expect(calls.count).toBe(0);
});
