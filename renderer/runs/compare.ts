/** MLflow's own address of a comparison. */
export const compareHref = (runIds: readonly string[], experimentId: string): string =>
  `#/compare-runs?${new URLSearchParams({ runs: JSON.stringify(runIds), experiments: JSON.stringify([experimentId]) }).toString()}`;
