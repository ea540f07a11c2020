/** The far side of one run of the simulator: as poor or as rich as the seed says, with its own limits. */
import {
  createMemoryWorld,
  poorMemory,
  richMemory,
  type MemoryWorld,
  type Stored,
} from "../../electron/remote/memory.ts";
import { MARKER } from "../../electron/remote/remote.ts";
import type { SyncKind } from "../../shared/sync/doc.ts";
import type { Random } from "./random.ts";

export const createFarSide = (random: Random, rich: boolean, now: () => number): MemoryWorld => {
  const options = rich ? richMemory : poorMemory;
  const world = createMemoryWorld(
    {
      ...options,
      digests: random.chance(0.6),
      ranges: random.chance(0.7),
      pageSize: random.pick([2, 5, 20, 100]),
      limits: {
        ...options.limits,
        batch: random.pick([5, 20, 100]),
        pointBatch: random.pick([7, 40, 1000]),
        noteBytes: random.pick([600, 2000, 5000]),
      },
    },
    { now },
  );
  return {
    ...world,
    add: (input) => {
      const made = world.add(input);
      // as every server does with a run that does not say
      if (made.kind === "run" && !made.fields.has("status")) made.fields.set("status", "RUNNING");
      return made;
    },
  };
};

/** Of which object of a workstation it is, as it says itself. */
export const markerOf = (one: Stored): string | undefined =>
  one.fields.get(`tag/${MARKER}`) ?? one.fields.get(`run_tag/${MARKER}`);

/** What is there, the oldest first. */
export const stored = (world: MemoryWorld, kind?: SyncKind): readonly Stored[] => world.objects(kind);
