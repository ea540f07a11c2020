import { describe, expect, test } from "vitest";
import type { Remote } from "../../electron/remote/remote.ts";
import { RemoteError } from "../../electron/remote/errors.ts";
import type { Local } from "../../electron/sync/local.ts";
import { createProgram, type Program } from "./program.ts";
import { shrink } from "./shrink.ts";
import { simulate, type Mutation, type Result } from "./simulate.ts";
import { FIXED_SEEDS } from "./seeds.ts";

const brokenBy = async (mutation: Mutation, change: Partial<Program> = {}, seeds = 60): Promise<Set<string>> => {
  const names = new Set<string>();
  for (let seed = 1; seed <= seeds && names.size < 1; seed += 1) {
    const { breaks } = await simulate({ ...createProgram(seed), foreign: false, kills: 0, ...change }, mutation);
    for (const { invariant } of breaks) names.add(invariant);
  }
  return names;
};

/** A remote of which some functions are others. */
const withCalls = (remote: Remote, calls: Partial<Remote>): Remote =>
  new Proxy(remote, {
    get: (target, name) => {
      const value: unknown = Reflect.get(Reflect.has(calls, name) ? calls : target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

test("every fixed seed holds every invariant", { timeout: 120_000 }, async () => {
  const failed: string[] = [];
  for (const seed of FIXED_SEEDS)
    for (const { invariant, detail } of (await simulate(createProgram(seed))).breaks)
      failed.push(`seed ${seed}: ${invariant}: ${detail}`);
  expect(failed).toEqual([]);
});

test("a seed gives the same run again, whatever ran before it", async () => {
  const facts = ({ trace, calls }: Result) => ({ trace, calls });
  const first = facts(await simulate(createProgram(4)));
  await simulate(createProgram(6));
  expect(facts(await simulate(createProgram(4)))).toEqual(first);
});

describe("a check can fail", () => {
  test("sending again without looking makes things twice", { timeout: 120_000 }, async () => {
    const blind: Mutation = {
      remote: (remote) =>
        withCalls(remote, {
          create: async (input, signal) => {
            try {
              return await remote.create(input, signal);
            } catch (error) {
              if (!(error instanceof RemoteError && error.maybeDone)) throw error;
              return remote.create(input, signal);
            }
          },
        }),
    };
    expect([...(await brokenBy(blind, { faults: 0.4 }))]).toContain("I1 nothing is there twice");
  });

  test("points that are taken for sent are missed", { timeout: 120_000 }, async () => {
    const deaf: Mutation = { remote: (remote) => withCalls(remote, { logPoints: () => Promise.resolve() }) };
    expect([...(await brokenBy(deaf, { faults: 0 }))]).toContain("I1 nothing is lost");
  });

  test("a pull that overwrites what changed here is seen", { timeout: 120_000 }, async () => {
    const forgetful = (local: Local): Local => ({
      ...local,
      write: (job) =>
        local.write((writes) =>
          job({ ...writes, set: (ref, changes, over) => writes.set(ref, { ...changes, "tag/team": "pulled" }, over) }),
        ),
    });
    const overwriting: Mutation = { engine: (deps) => ({ ...deps, local: forgetful(deps.local) }) };
    const names = [...(await brokenBy(overwriting, { faults: 0, stations: 2, rich: true }))];
    expect(names.some((name) => /^(?:I4|I7|I8 w|I1 nothing is lost|I12 done)/.test(name))).toBe(true);
  });

  test("a deletion there without consent is seen", { timeout: 120_000 }, async () => {
    const wild: Mutation = {
      remote: (remote) =>
        withCalls(remote, {
          write: async (ref, changes, signal) => {
            await remote.write(ref, changes, signal);
            await remote.remove(ref, signal);
          },
        }),
    };
    expect([...(await brokenBy(wild, { faults: 0 }))]).toContain("I5 no deletion there without consent");
  });

  test("a program that fails is shrunk to one that fails alike", { timeout: 120_000 }, async () => {
    const deaf: Mutation = { remote: (remote) => withCalls(remote, { logPoints: () => Promise.resolve() }) };
    const programs = Array.from({ length: 60 }, (_, at) => ({ ...createProgram(at + 1), faults: 0, kills: 0, foreign: false })); // prettier-ignore
    for (const program of programs) {
      const result = await simulate(program, deaf);
      if (result.breaks.length === 0) continue;
      const small = await shrink(program, result, deaf);
      expect(small.program.steps.length).toBeLessThan(program.steps.length);
      expect(small.result.breaks[0]?.invariant).toBe(result.breaks[0]?.invariant);
      return;
    }
    expect.unreachable("nothing failed");
  });
});
