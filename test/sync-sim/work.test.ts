import { expect, test } from "vitest";
import type { Remote } from "../../electron/remote/remote.ts";
import { RemoteError } from "../../electron/remote/errors.ts";
import { stored } from "./far-side.ts";
import { syncKinds } from "../../shared/sync/doc.ts";
import { stations } from "./station.ts";
import { simulate, type Mutation } from "./simulate.ts";
import { duplicatesIn, lostIn, programOf, together, traceDigest, work } from "./work.ts";

/** Whatever `create` answers, the one who asked is told that nobody knows; then it asks again, without a look. */
const blind = (remote: Remote): Remote =>
  new Proxy(remote, {
    get: (target, name): unknown => {
      const value: unknown = Reflect.get(target, name);
      if (name !== "create") return typeof value === "function" ? (value.bind(target) as unknown) : value;
      return async (...args: Parameters<Remote["create"]>) => {
        try {
          return await target.create(...args);
        } catch (error) {
          if (!(error instanceof RemoteError && error.maybeDone)) throw error;
          return target.create(...args);
        }
      };
    },
  });

test("no lost answer makes anything there twice", { timeout: 120_000 }, async () => {
  const sum = await work({ first: 1, stride: 1, seeds: 200, lost: 200 });
  expect(sum.failed).toEqual([]);
  expect(lostIn(sum)).toBeGreaterThanOrEqual(200);
  expect(Object.keys(sum.faults)).toEqual(["lost_after"]);
});

test(
  "a lost answer that is asked for again makes something twice, which is counted",
  { timeout: 120_000 },
  async () => {
    const mutation: Mutation = { remote: blind };
    expect(duplicatesIn(await work({ first: 1, stride: 1, seeds: 20, lost: 200 }, mutation))).toBeGreaterThan(0);
  },
);

/** All that a run leaves behind: its trace, what it counted, what is on each workstation and there. */
const leftBy = async (seed: number): Promise<unknown> => {
  let far: unknown;
  const see: Mutation = { remote: (remote, world) => { far = () => stored(world).map((one) => ({ ...one, fields: [...one.fields], files: [...one.files].map(([path, all]) => [path, all.map(({ sha256 }) => sha256)]) })); return remote; } }; // prettier-ignore
  const program = programOf(seed, false);
  const result = await simulate(program, see);
  const here = stations(program.stations).map((station) => syncKinds.map((kind) => station.docsOf(kind)));
  const uids = stations(program.stations).map(({ db }) =>
    db.prepare("SELECT kind, uid, rev FROM changes ORDER BY rev").all(),
  );
  const { calls, syncs, kills, faults } = result;
  return { seed, digest: traceDigest(result), calls, syncs, kills, faults: [...faults], here, uids, far: typeof far === "function" ? (far() as unknown) : undefined }; // prettier-ignore
};

test("a seed gives the same run again, in any order and whatever ran before it", { timeout: 120_000 }, async () => {
  const seeds = [4, 11, 6, 17];
  const first = new Map<number, unknown>();
  for (const seed of seeds) first.set(seed, await leftBy(seed));
  for (const seed of [6, 4, 4, 17, 11]) expect(await leftBy(seed)).toEqual(first.get(seed));
});

test("what several processes did is told as one", () => {
  const part = { seeds: 2, calls: 10, syncs: 3, kills: 1, cpu: 5 };
  const failure = (seed: number) => ({ seed, breaks: ["I1 nothing is there twice: x"], digest: "" });
  const sum = together([
    { ...part, faults: { lost_after: 1, late: 2 }, failed: [failure(9)] },
    { ...part, faults: { lost_after: 4 }, failed: [failure(2)] },
  ]);
  expect(sum).toMatchObject({ seeds: 4, calls: 20, syncs: 6, kills: 2, cpu: 10, faults: { late: 2, lost_after: 5 } });
  expect(sum.failed.map(({ seed }) => seed)).toEqual([2, 9]);
  expect([lostIn(sum), duplicatesIn(sum)]).toEqual([5, 2]);
});
