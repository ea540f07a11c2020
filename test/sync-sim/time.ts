/**
 * Virtual time. Nobody waits: a sleep moves the world's clock on, lets what is due happen and gives the turn away for a
 * few ticks, so that engines that run side by side interleave as the seed says.
 */
import { setImmediate as tick } from "node:timers/promises";
import type { Clock } from "../../electron/sync/context.ts";
import type { Random } from "./random.ts";

interface Due {
  readonly at: number;
  readonly run: () => void;
}

export type Time = ReturnType<typeof createTime>;

const START = 1_700_000_000_000;
const TEN_YEARS = 315_360_000_000;

export const createTime = (random: Random) => {
  let elapsed = 0; // ms
  let due: Due[] = [];

  const happen = (): void => {
    const now = due.filter(({ at }) => at <= elapsed).sort((x, y) => x.at - y.at);
    due = due.filter(({ at }) => at > elapsed);
    for (const { run } of now) run();
  };

  const pass = (ms: number): void => {
    elapsed += Math.max(0, Math.round(ms));
    happen();
  };

  /** Gives the turn away, sometimes for longer. */
  const yieldTurn = async (): Promise<void> => {
    for (let ticks = random.below(3); ticks >= 0; ticks--) await tick();
  };

  return {
    elapsed: (): number => elapsed,
    pass,
    yieldTurn,
    /** Runs `run` when so much time has passed. */
    later: (ms: number, run: () => void): void => void due.push({ at: elapsed + ms, run }),
    /** Lets everything happen that is still to come. */
    settle: (): void => {
      while (due.length > 0) pass(Math.max(1, Math.min(...due.map(({ at }) => at)) - elapsed));
    },
    /** A workstation's clock: the monotonic one goes right, the wall clock may be set at any time. */
    clock: (): Clock & { jump(): void } => {
      let skew = 0;
      return {
        now: () => START + elapsed + skew,
        monotonic: () => elapsed,
        sleep: async (ms, signal) => {
          if (signal.aborted) throw signal.reason instanceof Error ? signal.reason : new Error("aborted");
          pass(ms);
          await yieldTurn();
        },
        jump: () => {
          skew = random.pick([-TEN_YEARS, -3_600_000, 0, 3_600_000, TEN_YEARS]);
        },
      };
    },
  };
};
