import { expect, test } from "vitest";
import { lineageColumns, NODE, placeLineage } from "../../../renderer/models/lineage.ts";
import type { Lineage } from "../../../shared/api/outpost/lineage.ts";

const ref = (name: string, version: string) => ({ name, version, semver: `${version}.0.0`, aliases: [] });
const lineage: Lineage = {
  datasets: [
    { name: "train", digest: "a", context: "training" },
    { name: "test", digest: "b", context: null },
  ],
  models_read: [],
  run: { run_id: "r", run_name: "night", experiment_id: "1", experiment_name: "e", deleted: false },
  logged_model: { model_id: "m-1", name: "net", experiment_id: "1" },
  copied_from: null,
  version: ref("m", "1"),
  siblings: [ref("m", "2")],
};

test("every line goes from left to right and nothing overlaps", () => {
  const graph = placeLineage(lineage);
  expect(graph.edges).toHaveLength(2 + 1 + 2);
  for (const { from, to } of graph.edges) expect(from.x + NODE.width).toBeLessThan(to.x);
  for (const a of graph.nodes)
    for (const b of graph.nodes)
      if (a !== b && a.x === b.x) expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(NODE.height);
  expect(graph.nodes.filter(({ here }) => here).map(({ id }) => id)).toEqual(["version/m/1"]);
});

test("a version that came of nothing stands alone; what a copy came from is no parent of others", () => {
  const alone = placeLineage({ ...lineage, datasets: [], run: null, logged_model: null, siblings: [] });
  expect([alone.nodes.length, alone.edges.length]).toEqual([1, 0]);
  const copied = placeLineage({ ...lineage, logged_model: null, copied_from: ref("other", "7") });
  const fromCopy = copied.edges.filter(({ from }) => from.kind === "copied_from");
  expect(fromCopy.map(({ to }) => to.id)).toEqual(["version/m/1"]);
});

test("the drawing leaves what is too much to the list and says how much", () => {
  const many = { ...lineage, siblings: Array.from({ length: 30 }, (_unused, i) => ref("m", String(i + 2))) };
  expect(placeLineage(many).hidden).toBe(31 - 8);
  expect(lineageColumns(many).flat()).toHaveLength(2 + 1 + 1 + 31);
});
