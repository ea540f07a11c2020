/**
 * Where an address without a page of its own goes. MLflow's links to what Outpost does not have lead to the run, the
 * experiment or the model they are about; `missing` makes that page say what was asked for.
 */
export const nearestPage = (location: string, querystring: string): string => {
  const search = new URLSearchParams(querystring);
  const note = new URLSearchParams({ missing: location }).toString();
  const [first, second, third] = location.split("/").filter(Boolean);
  if (first === "experiments" && second !== undefined) {
    const run = search.get("selectedRunUuid");
    if (third === "evaluation-runs" && run) return `/experiments/${second}/runs/${encodeURIComponent(run)}?${note}`;
    return `/experiments/${second}?${note}`;
  }
  if (first === "compare-experiments" || first === "experiments") return `/experiments?${note}`;
  if (first === "models") return second === undefined ? `/models?${note}` : `/models/${second}?${note}`;
  if (first === "compare-model-versions") return `/models?${note}`;
  return `/?${note}`;
};
