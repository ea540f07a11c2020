import type { Call } from "../../../shared/api/client.ts";
import { runsReader, type SeriesReader } from "../../charts/source.svelte.ts";

/** All points of a chart together, about: each further line has fewer. */
const POINTS = 40_000;
const FEWEST = 200;
const MOST = 1200;

/** How finely each of so many lines is drawn. */
export const pointsFor = (lines: number): number => Math.min(MOST, Math.max(FEWEST, Math.floor(POINTS / lines)));

/** Series of the compared runs, each in the look that it has all over the page. */
export const comparedReader = (
  call: Call,
  runIds: () => readonly string[],
  slotOf: (runId: string) => number,
): SeriesReader => {
  const reader = runsReader(call, runIds);
  return {
    ...reader,
    read: async (keys, part, signal) => {
      const byKey = await reader.read(keys, part, signal);
      return new Map(
        [...byKey].map(([key, named]) => [key, named.map((one) => ({ ...one, style: slotOf(one.id) }))] as const),
      );
    },
  };
};
