import { expect, test } from "vitest";
import { nearestPage } from "../../../renderer/lib/nearest.ts";

test.each([
  ["/experiments/3/traces", "", "/experiments/3"],
  ["/experiments/3/evaluation-runs", "selectedRunUuid=abc", "/experiments/3/runs/abc"],
  ["/compare-experiments/s", "", "/experiments"],
  ["/models/churn/compare", "v=1", "/models/churn"],
  ["/prompts", "", "/"],
  ["/", "", "/"],
])("%s?%s leads to %s and says what was asked for", (location, query, page) => {
  const [path, note] = nearestPage(location, query).split("?");
  expect(path).toBe(page);
  expect(new URLSearchParams(note).get("missing")).toBe(location);
});
