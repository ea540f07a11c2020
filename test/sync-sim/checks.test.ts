/** Each invariant's check can fail: an engine, a store or a far side that is broken on purpose breaks it. */
import { expect, test } from "vitest";
import type { MemoryWorld } from "../../electron/remote/memory.ts";
import { RemoteError } from "../../electron/remote/errors.ts";
import type { Page, Ref, Remote } from "../../electron/remote/remote.ts";
import type { SyncStore } from "../../electron/store/sync/sync-store.ts";
import type { FieldChanges } from "../../shared/sync/doc.ts";
import type { Invariant } from "./invariants.ts";
import { createProgram, type Program } from "./program.ts";
import { simulate, type Mutation } from "./simulate.ts";

/** A remote of which some functions are others. */
const withCalls = (remote: Remote, calls: Partial<Remote>): Remote =>
  new Proxy(remote, {
    get: (target, name) => {
      const value: unknown = Reflect.get(Reflect.has(calls, name) ? calls : target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

const calls = (change: (remote: Remote, world: MemoryWorld) => Partial<Remote>): Mutation => ({
  remote: (remote, world) => withCalls(remote, change(remote, world)),
});
const state = (change: (state: SyncStore) => Partial<SyncStore>): Mutation => ({
  engine: (deps) => ({ ...deps, state: { ...deps.state, ...change(deps.state) } }),
});

/** Writes again what was written before. */
const inAnyOrder = (remote: Remote): Partial<Remote> => {
  const before = new Map<string, FieldChanges>();
  return {
    write: async (ref, changes, signal) => {
      await remote.write(ref, changes, signal);
      const key = `${ref.kind} ${ref.id} ${Object.keys(changes).join()}`;
      const old = before.get(key);
      before.set(key, changes);
      if (old) await remote.write(ref, old, signal);
    },
  };
};

const withoutTeam = (page: Page): Page => ({
  ...page,
  objects: page.objects.map((one) => ({
    ...one,
    fields: Object.fromEntries(Object.entries(one.fields).filter(([field]) => field !== "tag/team")),
  })),
});

/** `seed`: the first to try, where few seeds have what it takes. */
type Change = Partial<Program>;

let flips = 0; // counts up with every call of a mutation that is another one each time
const cases: readonly (readonly [Invariant, string, Mutation, Change?])[] = [
  [
    "I0 nothing unexpected is thrown",
    "a bug in what looks for an object",
    calls(() => ({ find: () => Promise.reject(new TypeError("undefined is not a function")) })),
  ],
  [
    "I1 a fixed point after three rounds",
    "a far side that says another thing each time",
    calls((_, world) => ({
      probe: (signal) => {
        const [first] = world.objects("experiment");
        if (first) world.edit(first, { "tag/flip": String((flips += 1)) });
        return _.probe(signal);
      },
    })),
  ],
  [
    "I1 every object gets there",
    "a far side that takes no runs",
    calls((remote) => ({
      create: (input, signal) =>
        input.kind === "run"
          ? Promise.reject(new RemoteError("invalid", "No runs here"))
          : remote.create(input, signal),
    })),
  ],
  [
    "I2 without a change nothing is written",
    "a look that leaves a trace",
    calls((remote, world) => ({
      probe: (signal) => {
        world.count("write", true);
        return remote.probe(signal);
      },
    })),
  ],
  [
    "I3 files there are the files here",
    "a far side that spoils files and says it did not",
    calls((remote, world) => ({
      files: async (ref, signal) => {
        const all = await remote.files(ref, signal);
        for (const uploads of world.get(ref)?.files.values() ?? [])
          for (const [at, upload] of uploads.entries()) uploads[at] = { ...upload, sha256: "0".repeat(64) };
        return all;
      },
    })),
    { rich: true },
  ],
  ["I7 writes keep their order", "what was written over is written again", calls(inAnyOrder), { rich: true }],
  [
    "I8 a clash of versions is shown",
    "a clash that nobody is told of",
    state(({ conflicts }) => ({
      conflicts: { ...conflicts, put: (...args) => (args[2] === "semver" ? undefined : conflicts.put(...args)) },
    })),
    { seed: 162, stations: 3, clashes: true },
  ],
  [
    "I8 a conflict is one of two",
    "an engine that forgets what both held",
    state(({ objects }) => ({
      objects: {
        ...objects,
        settle: (remote, ref, settled) =>
          objects.settle(remote, ref, { ...settled, base: { ...settled.base, fields: {} } }),
      },
    })),
    { stations: 2 },
  ],
  [
    "I9 a plan is applied as it is",
    "a plan that is another one each time",
    state(({ candidates }) => ({
      candidates: {
        ...candidates,
        page: (...args) => {
          const page = candidates.page(...args);
          return (flips += 1) % 2 === 0 ? page : { ...page, items: page.items.slice(1) };
        },
      },
    })),
  ],
  [
    "I11 a new workstation has it all",
    "a workstation that does not see all fields",
    {
      engine: (deps, station) =>
        station.index === 1
          ? { ...deps, remote: withCalls(deps.remote, { list: async (...args) => withoutTeam(await deps.remote.list(...args)) }) } // prettier-ignore
          : deps,
    },
    { stations: 1, rich: true },
  ],
  [
    "I12 done is done",
    "an engine that takes nothing for ahead",
    state(({ candidates }) => ({ candidates: { ...candidates, page: () => ({ items: [], next: undefined }) } })),
  ],
  [
    "I12 nothing that is done is ahead",
    "a count that is never through",
    state(({ candidates }) => ({
      candidates: { ...candidates, counts: (remote) => ({ ...candidates.counts(remote), ahead: 1 }) },
    })),
  ],
  [
    "I12 what is left undone is said",
    "counts that say nothing",
    state(({ candidates }) => ({ candidates: { ...candidates, counts: () => ({ ahead: 0, behind: 0 }) } })),
  ],
  [
    "I13 nothing above the ceiling leaves",
    "a ceiling that nobody reads",
    state(({ remotes }) => ({
      remotes: { ...remotes, list: () => remotes.list().map((row) => ({ ...row, class_max: null })) },
    })),
    { ceiling: true },
  ],
  [
    "I14 nothing is sent again for nothing",
    "each file is sent twice",
    calls((remote) => ({
      putFile: async (ref: Ref, ...rest) => {
        await remote.putFile(ref, ...rest);
        await remote.putFile(ref, ...rest);
      },
    })),
  ],
  [
    "I14 nothing is sent again for nothing",
    "each file is fetched twice",
    calls((remote) => ({
      getFile: async (...args) => {
        (await remote.getFile(...args)).body.destroy();
        return remote.getFile(...args);
      },
    })),
    { stations: 2, filePolicy: "all" },
  ],
  [
    "I15 retries are bounded",
    "what is refused is asked for again",
    calls((remote) => ({
      write: (ref, changes, signal) =>
        remote.write(ref, changes, signal).catch(() => remote.write(ref, changes, signal)),
    })),
    { faults: 0.4 },
  ],
];

for (const [invariant, broken, mutation, change = {}] of cases)
  test(`${invariant}: ${broken}`, { timeout: 120_000 }, async () => {
    const { seed: first = 1, ...rest } = change;
    const found = new Set<string>();
    for (let seed = first; seed < first + 40 && !found.has(invariant); seed += 1) {
      const program = { ...createProgram(seed), foreign: false, kills: 0, faults: 0, ...rest };
      for (const one of (await simulate(program, mutation)).breaks) found.add(one.invariant);
    }
    expect([...found]).toContain(invariant);
  });
