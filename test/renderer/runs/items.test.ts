import { expect, test } from "vitest";
import type { RunRow } from "../../../shared/api/outpost/runs.ts";
import {
  buildItems,
  childrenPart,
  groupPart,
  type Item,
  type LoadedRun,
  type Part,
} from "../../../renderer/runs/items.ts";

const run = (run_id: string, children = 0, parent_run_id: string | null = null): LoadedRun => {
  const row: RunRow = {
    run_id,
    experiment_id: "0",
    run_name: run_id,
    user_id: "",
    status: "FINISHED",
    start_time: 0,
    end_time: 0,
    lifecycle_stage: "active",
    parent_run_id,
    children,
    metrics: [],
    params: [],
    tags: [],
  };
  return { run: row, read: () => null };
};
const part = (rows: LoadedRun[], rest: Partial<Part> = {}): Part => ({
  rows,
  loading: false,
  complete: true,
  error: undefined,
  ...rest,
});
const source = { pinned: [], rows: [], groups: undefined, parts: new Map(), expanded: new Set<string>(), tree: true };
const draw = (items: readonly Item[]): string[] =>
  items.map((item) => {
    const text =
      item.kind === "run" ? item.loaded.run.run_id : item.kind === "group" ? item.group.values.join() : item.note;
    return `${"-".repeat(item.level - 1)}${text}${item.kind === "run" && item.pinned ? "!" : ""}`;
  });

test("children stand below their parents, as deep as they are opened", () => {
  const parts = new Map([
    [childrenPart("a"), part([run("a1", 1), run("a2")])],
    [childrenPart("a1"), part([run("a1x")])],
  ]);
  const rows = [run("a", 2), run("b")];
  const open = (...ids: string[]) => new Set(ids.map(childrenPart));
  expect(draw(buildItems({ ...source, rows, parts }))).toEqual(["a", "b"]);
  expect(draw(buildItems({ ...source, rows, parts, expanded: open("a") }))).toEqual(["a", "-a1", "-a2", "b"]);
  expect(draw(buildItems({ ...source, rows, parts, expanded: open("a", "a1") }))).toEqual([
    "a",
    "-a1",
    "--a1x",
    "-a2",
    "b",
  ]);
  expect(draw(buildItems({ ...source, rows, parts, expanded: open("a"), tree: false }))).toEqual(["a", "b"]);
});

test("a part says that it loads, failed, has more or nothing", () => {
  const rows = [run("a", 2)];
  const expanded = new Set([childrenPart("a")]);
  const note = (one: Part | undefined) =>
    draw(buildItems({ ...source, rows, expanded, parts: one ? new Map([[childrenPart("a"), one]]) : new Map() })).at(
      -1,
    );
  expect(note(undefined)).toBe("-loading");
  expect(note(part([], { loading: true, complete: false }))).toBe("-loading");
  expect(note(part([], { error: new Error("x") }))).toBe("-failed");
  expect(note(part([]))).toBe("-none");
  expect(note(part([run("a1")], { complete: false }))).toBe("-more");
  expect(note(part([run("a1")]))).toBe("-a1");
});

test("runs on top are not shown a second time; keys are unique", () => {
  const items = buildItems({ ...source, pinned: [run("b")], rows: [run("a"), run("b"), run("c")] });
  expect(draw(items)).toEqual(["b!", "a", "c"]);
  expect(new Set(items.map(({ key }) => key)).size).toBe(items.length);
});

test("groups open to their runs", () => {
  const group = (value: string | null) => ({ values: [value], runs: 1, metrics: [] });
  const parts = new Map([[groupPart(["x"]), part([run("a")])]]);
  const groups = [group("x"), group(null)];
  const items = buildItems({ ...source, groups, parts, expanded: new Set([groupPart(["x"])]), tree: false });
  expect(draw(items)).toEqual(["x", "-a", ""]);
});

test("a run that is its own ancestor does not go on for ever", () => {
  const parts = new Map([[childrenPart("a"), part([run("a", 1)])]]);
  const items = buildItems({ ...source, rows: [run("a", 1)], parts, expanded: new Set([childrenPart("a")]) });
  expect(items.length).toBeLessThan(20);
});
