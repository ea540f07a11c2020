/**
 * One life of a workstation's engine: from its start to its end, which may be at any step and inside any write. Whoever
 * is dead hears no answer and writes nothing any more.
 */
import type { Clock } from "../../electron/sync/context.ts";
import type { Local } from "../../electron/sync/local.ts";
import type { Random } from "./random.ts";

/** Thrown at code of a dead engine that asks for something at once. */
export class Dead extends Error {}

const never = (): Promise<never> => new Promise<never>(() => {});

export interface LifeDeps {
  readonly random: Random;
  /** Probability of an end at each step and write. */
  readonly chance: () => number;
  readonly onKill: (where: string) => void;
}

export type Life = ReturnType<typeof createLife>;

export const createLife = ({ random, chance, onKill }: LifeDeps) => {
  let alive = true;
  const { promise: ended, resolve } = Promise.withResolvers<"killed">();

  const kill = (where: string): void => {
    if (!alive) return;
    alive = false;
    onKill(where);
    resolve("killed");
  };
  const mayEnd = (where: string): void => {
    if (alive && random.chance(chance())) kill(where);
  };

  return {
    isAlive: (): boolean => alive,
    ended,
    kill,
    at: async (step: string): Promise<void> => {
      mayEnd(step);
      if (!alive) await never();
    },
    clock: (clock: Clock): Clock => ({
      ...clock,
      sleep: async (ms, signal) => {
        if (!alive) return never();
        await clock.sleep(ms, signal);
        if (!alive) await never();
      },
    }),
    local: (local: Local): Local => ({
      ...local,
      write: async (job) => {
        mayEnd("before a commit");
        if (!alive) return never();
        try {
          const result = await local.write((writes) => {
            if (!alive) throw new Dead("before its commit"); // nothing of it is kept
            return job(writes);
          });
          mayEnd("after a commit");
          return alive ? result : await never();
        } catch (error) {
          if (alive) throw error;
          return never();
        }
      },
    }),
  };
};
