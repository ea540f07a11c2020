/** How a run is told from the others: a colour, a dash and a marker together, since eight colours do not reach. */
export const COLOURS = 8;
export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
export const MARKERS = ["circle", "rect", "triangle", "rectRot", "cross", "star"] as const;
export type Marker = (typeof MARKERS)[number];

export interface Look {
  readonly colour: number; // 1 to 8: the token --series-N
  readonly dash: readonly number[];
  readonly marker: Marker;
}

/** The look of the n-th run, from 0; 192 differ. */
export const lookAt = (slot: number): Look => {
  const round = Math.floor(slot / COLOURS);
  return {
    colour: (slot % COLOURS) + 1,
    dash: DASHES[round % DASHES.length] ?? [],
    marker: MARKERS[(slot + round) % MARKERS.length] ?? "circle",
  };
};

/** A place for each run: those that had one keep it, so that removing a run recolours no other. */
export const assignSlots = (ids: readonly string[], before: ReadonlyMap<string, number>): Map<string, number> => {
  const slots = new Map(ids.flatMap((id) => (before.has(id) ? [[id, before.get(id) ?? 0] as const] : [])));
  const taken = new Set(slots.values());
  let next = 0;
  for (const id of ids) {
    if (slots.has(id)) continue;
    while (taken.has(next)) next += 1;
    slots.set(id, next);
    taken.add(next);
  }
  return slots;
};
