/** Seeds that broke an invariant once, and no others did. */
const BROKE = [7758, 17158, 18783, 18850];

/** The slice that runs with every `npm test`; `npm run test:sync-sim` runs thousands. */
export const FIXED_SEEDS: readonly number[] = [...Array.from({ length: 40 }, (_, at) => at + 1), ...BROKE];
