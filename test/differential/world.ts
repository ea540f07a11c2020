/**
 * What the player knows of both servers: things made on both, under one symbol (`‹run3›`), whatever ids the servers
 * gave them. Calls are written with symbols; each side gets its own ids, and answers are read back into symbols.
 */
import { createRandom } from "./random.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Fields = Record<string, Json>;
export type Side = "reference" | "candidate";
export type World = ReturnType<typeof createWorld>;
export type Pool = "experiment" | "run" | "model" | "loggedModel" | "folder";

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a path of an answer, where it is text. */
export const textAt = (value: unknown, ...path: string[]): string | undefined => {
  const found = path.reduce<unknown>((at, key) => (isFields(at) ? at[key] : undefined), value);
  return typeof found === "string" ? found : undefined;
};

const SYMBOL = /‹\w+›/g;

export const createWorld = (seed: number, nonce: string) => {
  const random = createRandom(seed);
  const ids: Record<Side, Map<string, string>> = { reference: new Map(), candidate: new Map() };
  const symbols: Record<Side, Map<string, string>> = { reference: new Map(), candidate: new Map() };
  const pools: Record<Pool, string[]> = { experiment: [], run: [], model: [], loggedModel: [], folder: [] };
  let count = 0;
  let clock = 1_600_000_000_000;

  /** Names one thing that both sides made; from now on its ids are the same in answers. Returns the symbol. */
  const bind = (kind: string, reference: string, candidate: string): string => {
    const known = symbols.reference.get(reference);
    if (known !== undefined && known === symbols.candidate.get(candidate)) return known;
    count += 1;
    const symbol = `‹${kind}${String(count)}›`;
    ids.reference.set(symbol, reference);
    ids.candidate.set(symbol, candidate);
    symbols.reference.set(reference, symbol);
    symbols.candidate.set(candidate, symbol);
    return symbol;
  };

  const fillText = (text: string, side: Side): string =>
    text.replace(SYMBOL, (symbol) => ids[side].get(symbol) ?? symbol);

  /** A call as one side must get it. */
  const fill = (value: Json, side: Side): Json => {
    if (typeof value === "string") return fillText(value, side);
    if (Array.isArray(value)) return value.map((each) => fill(each, side));
    if (!isFields(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, side)]));
  };

  return {
    random,
    nonce,
    pools,
    bind,
    fill,
    fillText,
    symbolOf: (id: string, side: Side): string | undefined => symbols[side].get(id),
    /** Milliseconds that only ever grow, so that no order depends on a tie. */
    tick: (): number => (clock += random.integer(1, 5_000)),
    /** A name nobody else uses. */
    fresh: (kind: string): string => `${nonce}-${kind}${String((count += 1))}`,
    /** Something made before, or the given stand-in while there is nothing. */
    any: (pool: Pool, otherwise: string): string => (pools[pool].length > 0 ? random.pick(pools[pool]) : otherwise),
  };
};
