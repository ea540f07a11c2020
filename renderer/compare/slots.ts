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
