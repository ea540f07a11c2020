/** Plays beside each other: most of a play is waiting, so that as many as there are lanes take little longer than one. */
import { openStage, type Stage } from "./cell.ts";

export interface Lanes {
  /** Plays on the first stage that is free. */
  readonly use: <T>(play: (stage: Stage) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** `count` stages, each with a double of its own, made when they are first needed. */
export const openLanes = (count: number): Lanes => {
  const all: Promise<Stage>[] = [];
  const free: Promise<Stage>[] = [];
  const waiting: ((stage: Promise<Stage>) => void)[] = [];
  const take = (): Promise<Stage> => {
    const idle = free.pop();
    if (idle) return idle;
    if (all.length === count) return new Promise((resolve) => waiting.push(resolve));
    const made = openStage();
    all.push(made);
    return made;
  };
  return {
    use: async (play) => {
      const stage = await take();
      try {
        return await play(stage);
      } finally {
        const next = waiting.shift();
        if (next) next(Promise.resolve(stage));
        else free.push(Promise.resolve(stage));
      }
    },
    close: async () => {
      for (const stage of await Promise.allSettled(all)) if (stage.status === "fulfilled") await stage.value.close();
    },
  };
};
