import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { MARKER } from "../../../electron/remote/remote.ts";
import { setupWorkstation, type Workstation } from "../../helpers/workstation.ts";

type Act =
  | { readonly of: "edit"; readonly who: 0 | 1; readonly field: string; readonly value: string | null }
  | { readonly of: "point"; readonly who: 0 | 1; readonly step: number }
  | { readonly of: "make"; readonly who: 0 | 1 }
  | { readonly of: "sync"; readonly who: 0 | 1; readonly breaksAfter: number };

const who = fc.constantFrom(0 as const, 1 as const);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    of: fc.constant("edit" as const),
    who,
    field: fc.constantFrom("name", "status", "param/a", "tag/a", "tag/b", "tag/c"),
    value: fc.oneof(fc.constantFrom("1", "2", "3"), fc.constant(null)),
  }),
  fc.record({ of: fc.constant("point" as const), who, step: fc.nat(5) }),
  fc.record({ of: fc.constant("make" as const), who }),
  fc.record({ of: fc.constant("sync" as const), who, breaksAfter: fc.constantFrom(1, 2, 3, 5, 8, 1_000) }),
);

/** What all must agree on in the end. */
const plain = (side: Workstation) =>
  side
    .all()
    .filter(({ kind }) => kind === "run")
    .map(({ uid, fields, points }) => ({ uid, fields, points }))
    .sort((a, b) => (a.uid < b.uid ? -1 : 1));

/** What a field can be set to: only tags can be unset. */
const valueFor = (field: string, value: string | null): string | null => {
  if (field === "status") return value === "1" ? "FAILED" : value === "2" ? "KILLED" : "RUNNING";
  return field.startsWith("tag/") ? value : (value ?? "r");
};

const syncOnce = async (side: Workstation, breaksAfter: number): Promise<void> => {
  let calls = 0;
  side.faults.fault = ({ phase }) => {
    if (phase === "before" && ++calls > breaksAfter) throw new RemoteError("offline", "The cable is out");
  };
  await side.sync("push,pull", true).catch((error: unknown) => {
    if (!(error instanceof RemoteError)) throw error;
  });
  side.faults.fault = () => {};
};

/** Decides every open conflict for one of the two workstations. */
const decide = (side: Workstation, winner: Workstation): Promise<void> =>
  side.local.write(() => {
    const take = side === winner ? "local" : "remote";
    for (const { id } of side.state.conflicts.open(side.row.id)) side.state.conflicts.resolve(id, take, null, 1);
  });

test.each([
  ["poor", poorMemory],
  ["rich", richMemory],
])(
  "whatever two workstations do to one run over a %s far side, they end up with the same, and nothing twice",
  async (_, options) => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
        const world = createMemoryWorld(options);
        const sides = [setupWorkstation({ world, name: "1" }), setupWorkstation({ world, name: "2" })] as const;
        const experiment = await sides[0].make("experiment", { name: "e" });
        const shared = await sides[0].make("run", { name: "r", status: "FINISHED", start_time: "1" }, experiment);
        for (const side of sides) await side.sync();
        for (const one of acts) {
          const side = sides[one.who];
          if (one.of === "edit") await side.edit(shared, { [one.field]: valueFor(one.field, one.value) });
          else if (one.of === "point")
            await side.addPoints(shared, [{ key: "k", step: one.step, timestamp: one.step, value: one.step }]);
          else if (one.of === "make")
            await side.make("run", { name: "n", status: "RUNNING", start_time: "2" }, experiment);
          else await syncOnce(side, one.breaksAfter);
        }
        for (let round = 0; round < 5; round++)
          for (const side of sides) {
            await side.sync("push,pull", true);
            if (round > 0) await decide(side, sides[0]);
          }
        expect(plain(sides[1])).toEqual(plain(sides[0]));
        const markers = world.objects("run").map(({ fields }) => fields.get(`tag/${MARKER}`));
        expect(new Set(markers).size).toBe(world.objects("run").length);
        expect(world.objects("run")).toHaveLength(plain(sides[0]).length);
        world.resetCounts();
        for (const side of sides) expect((await side.sync("push,pull", true)).items).toEqual([]);
        expect(world.counts().writes).toBe(0);
      }),
      { numRuns: 20 },
    );
  },
  60_000,
);
