/** What is found by its text. The number is the first part of an entry's id, and never changes its meaning. */
export const ENTRY_KINDS = {
  experiments: 1,
  runs: 2,
  registered_models: 3,
  model_versions: 4,
  logged_models: 5,
  datasets: 6,
  keys: 7,
} as const;
export type EntrySource = keyof typeof ENTRY_KINDS;

const SPAN = 2 ** 40;

/** Id of the entry for row `id` of a table. */
export const entryId = (source: EntrySource, id: number): number => ENTRY_KINDS[source] * SPAN + id;
/** The row that an entry stands for. */
export const rowOf = (entry: number): number => entry % SPAN;
/** First and last id that entries of a table can have. */
export const entryRange = (source: EntrySource): { readonly from: number; readonly to: number } => ({
  from: entryId(source, 0),
  to: entryId(source, SPAN - 1),
});
