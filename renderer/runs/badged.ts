/** Whose sync badges the run table asks for: those of the rows around the view, in one request for many rows of scrolling. */
import type { Item } from "./items.ts";

const BLOCK = 50;
/** The server answers for so many at once. */
const MOST = 200;

/** Where the rows that are asked for begin; it moves only every `BLOCK` rows. */
export const badgeBlock = (firstRow: number): number => Math.max(0, Math.floor(firstRow / BLOCK) - 1) * BLOCK;

/** Ids of the runs from there on, after those that are kept on top, which are in view wherever one is. */
export const badgedIds = (items: readonly Item[], from: number, onTop: number): string[] => {
  const near = [...items.slice(0, Math.min(onTop, from)), ...items.slice(from, from + MOST)];
  return near.flatMap((item) => (item.kind === "run" ? [item.loaded.run.run_id] : [])).slice(0, MOST);
};
