import { describe, expect, test } from "vitest";
import { MARKERS, markerPath, styleOf } from "../../../renderer/charts/style.ts";
import { smooth } from "../../../renderer/charts/smooth.ts";
import { padded, withoutOutliers } from "../../../renderer/charts/scale.ts";
import { moved, ordered, parseSearch, toSections } from "../../../renderer/charts/sections.ts";
import { linearTicks, logTicks, timeTicks, xTicks } from "../../../renderer/charts/ticks.ts";
import { deviceOf, unitOf } from "../../../renderer/charts/units.ts";
import { parseArrangement } from "../../../renderer/charts/layout.svelte.ts";

const values = (ticks: readonly { value: number }[]) => ticks.map(({ value }) => value);
const labels = (ticks: readonly { label: string }[]) => ticks.map(({ label }) => label);

describe("smoothing", () => {
  test("starts at the first value and is exact for a constant, as W&B's", () => {
    expect(smooth([5, 5, 5], 0.9)).toEqual([expect.closeTo(5), expect.closeTo(5), expect.closeTo(5)]);
    expect(smooth([10, 0], 0.5)).toEqual([10, expect.closeTo(10 / 3)]);
    expect(smooth([1, 2, 3], 0)).toEqual([1, 2, 3]);
  });
  test("keeps gaps and does not count them", () => {
    expect(smooth([10, NaN, 0], 0.5)).toEqual([10, NaN, expect.closeTo(10 / 3)]);
  });
});

describe("ticks", () => {
  test("are round, inside the range, and as many digits as tell them apart", () => {
    expect(values(linearTicks([0, 1], 5))).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(labels(linearTicks([0.50001, 0.50003], 2))).toEqual(["0.50001", "0.50002", "0.50003"]);
    expect(labels(linearTicks([0, 3e7], 3))).toEqual(["0", "1e7", "2e7", "3e7"]);
    expect(values(linearTicks([-0.3, 0.3], 3))).toEqual([-0.2, 0, 0.2]);
  });
  test("of steps are whole", () => {
    expect(values(xTicks([0, 2], 10, { kind: "step" }, false))).toEqual([0, 1, 2]);
  });
  test("of a log axis are powers of ten, with 2 and 5 where there is room, and something within one decade", () => {
    expect(values(logTicks([1, 1000], 3))).toEqual([1, 10, 100, 1000]);
    expect(values(logTicks([1, 100], 8))).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(values(logTicks([1e-9, 1e9], 4)).length).toBeLessThanOrEqual(5);
    expect(values(logTicks([2, 3], 4)).length).toBeGreaterThan(2);
  });
  test("of time stand on minutes and hours", () => {
    expect(values(timeTicks([0, 600_000], 5, "relative"))).toEqual([0, 120_000, 240_000, 360_000, 480_000, 600_000]);
    expect(labels(timeTicks([0, 600_000], 2, "relative"))[1]).toBe("5m");
  });
  test("never pile up, whatever the range", () => {
    for (const range of [
      [0, 1e-300],
      [-1e300, 1e300],
      [1e15, 1e15 + 1],
      [5, 5.000000001],
    ] as const)
      // prettier-ignore
      expect(linearTicks(range, 5).length).toBeLessThan(20);
  });
});

describe("scales", () => {
  test("an outlier on each side falls away of a hundred, none of a few", () => {
    expect(withoutOutliers([...Array.from({ length: 200 }, (_u, i) => i % 10), 1e9, -1e9], false)).toEqual([0, 9]);
    expect(withoutOutliers([1, 2, 100], false)).toEqual([1, 100]);
    expect(withoutOutliers([NaN, -1], true)).toBeUndefined();
  });
  test("one value gets room around it", () => {
    expect(padded([5, 5], false, 0.1)).toEqual([4.75, 5.25]);
    expect(padded([0, 0], false, 0.1)).toEqual([-1, 1]);
    expect(padded([4, 4], true, 0.1)).toEqual([2, 8]);
  });
});

describe("looks of lines", () => {
  test("64 lines differ pairwise, and neighbours do without colour", () => {
    const looks = Array.from({ length: 64 }, (_unused, i) => styleOf(i));
    expect(new Set(looks.map((look) => JSON.stringify(look))).size).toBe(64);
    for (let i = 0; i + 8 <= 64; i += 8)
      expect(new Set(looks.slice(i, i + 8).map(({ marker }) => marker)).size).toBe(8);
  });
  test("every marker has a shape of its own", () => {
    expect(new Set(MARKERS.map((marker) => markerPath(marker))).size).toBe(MARKERS.length);
  });
});

describe("sections", () => {
  const keyed = (...keys: string[]) => keys.map((key) => ({ key }));

  test("group by what stands before the last slash, those without first; few charts stand together", () => {
    const charts = keyed("b/x", "b/y", "a/1", "a/2", "a/10", "loss", "a/b/c");
    expect(toSections(charts, {}).map(({ name, charts: of }) => [name, of.map(({ key }) => key)])).toEqual([
      ["", ["loss"]],
      ["a", ["a/1", "a/2", "a/10"]],
      ["a/b", ["a/b/c"]],
      ["b", ["b/x", "b/y"]],
    ]);
    expect(toSections(keyed("a/x", "b/y", "c"), {})).toHaveLength(1);
  });
  test("an order that somebody gave comes before names", () => {
    expect(ordered(keyed("a", "b", "c"), ["c", "gone", "a"]).map(({ key }) => key)).toEqual(["c", "a", "b"]);
    expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b"], "a", -1)).toEqual(["a", "b"]);
  });
  test.each([
    ["", "anything", true],
    ["LOSS train", "train/loss", true],
    ["loss val", "train/loss", false],
    ["/^train.*s$/", "Train/loss", true],
    ["/^val/", "train/val", false],
    ["/", "a/b", true], // a pattern still being typed is a word
  ])("the search %j finds %j: %s", (text, key, found) => {
    const search = parseSearch(text);
    expect("matches" in search && search.matches(key)).toBe(found);
  });
  test("a pattern that is none says why", () => {
    expect(parseSearch("/(/")).toHaveProperty("problem");
  });
});

test("system metrics have units by their endings and stand by device", () => {
  expect(unitOf("system/gpu_0_memory_usage_megabytes")?.format(1500)).toBe("1.5 GB");
  expect(unitOf("system/cpu_utilization_percentage")?.format(12.5)).toBe("12.5%");
  expect(unitOf("system/gpu_1_power_usage_watts")?.format(80)).toBe("80 W");
  expect(unitOf("gpu_percentage")).toBeUndefined();
  expect(["gpu_0_utilization_percentage", "system_memory_usage_megabytes", "cpu_utilization_percentage", "node_1/gpu_2_power_usage_watts", "network_receive_megabytes"].map((name) => deviceOf(`system/${name}`))).toEqual(["gpu_0", "memory", "cpu", "node_1/gpu_2", "network"]); // prettier-ignore
});

test("an arrangement is read whatever wrote it", () => {
  const usual = { density: "m", pinned: [], closed: [], sizes: {}, order: {} };
  for (const text of [null, "", "no json", "7", "[]", '{"density":"xl","pinned":7,"sizes":{"a":{"columns":"2"}}}'])
    expect(parseArrangement(text)).toEqual(usual);
  expect(parseArrangement('{"density":"l","pinned":["a",1],"sizes":{"a":{"columns":99,"height":5}}}')).toEqual({
    ...usual,
    density: "l",
    pinned: ["a"],
    sizes: { a: { columns: 4, height: 80 } },
  });
});
