import { expect, test } from "vitest";
import { badgeBlock, badgedIds } from "../../../renderer/runs/badged.ts";
import type { Item } from "../../../renderer/runs/items.ts";
import { agreedTo, lacksName } from "../../../renderer/sync/removals.ts";

test("a model is agreed to by typing its name, anything else by choosing it", () => {
  const model = { kind: "registered_model", uid: "m", label: "leaver" } as const;
  const run = { kind: "run", uid: "r", label: "old" } as const;
  expect([lacksName(model), lacksName(model, "leave"), lacksName(model, "leaver"), lacksName(run)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(agreedTo("lab", model, "typed")).toEqual({ remote: "lab", kind: "registered_model", uid: "m", name: "typed" });
  expect(agreedTo("lab", run)).toEqual({ remote: "lab", kind: "run", uid: "r", name: "old" });
});

const rows = (count: number): Item[] =>
  Array.from(
    { length: count },
    (_unused, i) => ({ kind: "run", loaded: { run: { run_id: `r${i}` } } }) as unknown as Item,
  );

test("the run table asks for the badges around its view, at most 200, and anew only every 50 rows", () => {
  const items = rows(1000);
  expect([0, 49, 99, 100, 149, 150].map(badgeBlock)).toEqual([0, 0, 0, 50, 50, 100]);
  const shown = 60; // rows of a tall window
  for (const first of [0, 49, 50, 99, 400, 949]) {
    const ids = badgedIds(items, badgeBlock(first), 0);
    expect(ids.length).toBeLessThanOrEqual(200);
    for (let row = first; row < Math.min(first + shown, 1000); row += 1) expect(ids).toContain(`r${row}`);
  }
  expect(badgedIds(items, 500, 3).slice(0, 4), "rows kept on top stay in view").toEqual(["r0", "r1", "r2", "r500"]);
  expect(badgedIds(items, 0, 3).slice(0, 4)).toEqual(["r0", "r1", "r2", "r3"]);
});
