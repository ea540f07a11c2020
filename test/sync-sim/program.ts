/** What happens in one run of the simulator, as data: drawn from a seed, cut down when it fails. */
import type { Fault } from "./faulty-remote.ts";
import { createRandom, type Random } from "./random.ts";

export const actions = [
  "experiment",
  "run",
  "model",
  "version",
  "edit",
  "points",
  "file",
  "trash",
  "restore",
  "foreign-add",
  "foreign-edit",
  "foreign-drop",
  "sync",
  "plan-apply",
  "together",
  "consent",
  "clock",
  "wait",
] as const;
export type Action = (typeof actions)[number];

export interface Step {
  readonly at: number; // workstation
  readonly do: Action;
  /** What is drawn within the step. */
  readonly seed: number;
}

export interface Program {
  readonly seed: number;
  readonly stations: number;
  readonly rich: boolean;
  /** Probability of a fault per call, of an end per step. */
  readonly faults: number;
  readonly kills: number;
  /** No other fault but this one, which falls on writes. */
  readonly only?: Fault;
  /** A ceiling of classification. */
  readonly ceiling: boolean;
  readonly filePolicy: "light" | "all";
  /** Names that two workstations may both give. */
  readonly clashes: boolean;
  /** Somebody else works on the far side. */
  readonly foreign: boolean;
  readonly steps: readonly Step[];
}

const WEIGHTS: Readonly<Record<Action, number>> = {
  experiment: 2,
  run: 4,
  model: 2,
  version: 3,
  edit: 7,
  points: 4,
  file: 3,
  trash: 1,
  restore: 1,
  "foreign-add": 1,
  "foreign-edit": 1,
  "foreign-drop": 0.4,
  sync: 7,
  "plan-apply": 1,
  together: 2,
  consent: 0.4,
  clock: 0.7,
  wait: 0.7,
};

const drawAction = (random: Random, foreign: boolean): Action => {
  const possible = actions.filter((action) => foreign || !action.startsWith("foreign"));
  let at = random.next() * possible.reduce((sum, action) => sum + WEIGHTS[action], 0);
  return possible.find((action) => (at -= WEIGHTS[action]) < 0) ?? "sync";
};

export const createProgram = (seed: number): Program => {
  const random = createRandom(seed);
  const stations = 1 + random.below(3);
  const foreign = random.chance(0.4);
  const count = 5 + random.below(56);
  return {
    seed,
    stations,
    rich: random.chance(0.5),
    faults: random.chance(0.2) ? 0 : random.next() * 0.4,
    kills: random.chance(0.4) ? 0 : random.next() * 0.02,
    ceiling: random.chance(0.15),
    filePolicy: random.chance(0.7) ? "all" : "light",
    clashes: random.chance(0.3),
    foreign,
    steps: Array.from({ length: count }, () => ({
      at: random.below(stations),
      do: drawAction(random, foreign),
      seed: random.below(2 ** 31),
    })),
  };
};

/** The same program in a world where half of what is written there is done, and its answer lost; nothing else fails. */
export const losing = (program: Program): Program => ({ ...program, faults: 0.5, kills: 0, only: "lost_after" });
