import { describe, expect, test } from "vitest";
import type { Series } from "../../../shared/api/outpost/series.ts";
import { ChartSource, type Part, type SeriesReader, type Wish } from "../../../renderer/charts/source.svelte.ts";

const STEP = { kind: "step" } as const;

/** A run in memory: step i has the value i. */
const setupSource = ({ points = 100, keysAtOnce = 50, appends = true } = {}) => {
  const asked: { keys: readonly string[]; part: Part }[] = [];
  const state = { logged: points, fails: false, notFinite: 0 };
  const seriesOf = (key: string, { window, after = -1, points: most }: Part): Series => {
    const [low, high] = window ?? [after + 1, Infinity];
    const all = Array.from({ length: state.logged }, (_unused, i) => i).filter((i) => i >= low && i <= high);
    const every = Math.max(1, Math.ceil(all.length / most));
    const kept = all.filter((_i, at) => at % every === 0 || at === all.length - 1);
    return {
      key,
      total: all.length,
      origin: 0,
      steps: kept,
      timestamps: kept,
      values: kept,
      marks: [],
      not_finite: state.notFinite,
    };
  };
  const reader: SeriesReader = {
    keysAtOnce,
    appends,
    read: async (keys, part) => {
      await Promise.resolve();
      if (state.fails) throw new Error("no answer");
      asked.push({ keys, part });
      return new Map(keys.map((key) => [key, [{ id: "r", label: "run", style: 0, series: seriesOf(key, part) }]]));
    },
    csv: (keys) => keys.join(","),
  };
  const source = new ChartSource(reader);
  const wish = (key: string, rest: Partial<Wish> = {}): Wish => ({ key, axis: STEP, points: 50, ...rest });
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  return { source, asked, state, wish, settled };
};

test("charts in view are asked for together, once", async () => {
  const { source, asked, wish, settled } = setupSource();
  const wishes = ["a", "b", "c"].map((key) => wish(key));
  for (const one of wishes) source.want(one);
  await settled();
  expect(asked.map(({ keys }) => keys)).toEqual([["a", "b", "c"]]);
  expect(source.lines(wish("a"))?.[0]?.xs).toHaveLength(51);
  expect(source.lines(wish("a"))?.[0]?.total).toBe(100);
  expect(source.lines(wish("never"))).toBeUndefined();
});

test("of many runs each metric is a request of its own", async () => {
  const { source, asked, wish, settled } = setupSource({ keysAtOnce: 1 });
  source.want(wish("a"));
  source.want(wish("b"));
  await settled();
  expect(asked.map(({ keys }) => keys)).toEqual([["a"], ["b"]]);
});

describe("a zoom", () => {
  test("asks for its part of a thinned line, and says nothing of the total until it is there", async () => {
    const { source, asked, wish, settled } = setupSource({ points: 1000 });
    source.want(wish("a"));
    await settled();
    const zoomed = wish("a", { window: [100, 139] });
    expect(source.lines(zoomed)?.[0]?.total).toBeUndefined();
    const done = source.want(zoomed);
    await settled();
    expect(asked.at(-1)?.part.window).toEqual([100, 139]);
    const [line] = source.lines(zoomed) ?? [];
    expect(line?.total).toBe(40);
    expect(line?.xs.filter((x) => x >= 100 && x <= 139)).toHaveLength(40);
    expect(line?.xs[0]).toBe(0); // the line goes on outside
    const further = source.lines(wish("a", { window: [110, 129] }))?.[0]; // zoomed on: what is known is shown, not counted
    expect(further?.xs.filter((x) => x >= 110 && x <= 129)).toHaveLength(20);
    expect(further?.total).toBeUndefined();
    done();
    await settled();
    expect(source.lines(zoomed)?.[0]?.total).toBeUndefined(); // kept no longer than looked at
  });

  test("of a line that has every point asks for nothing", async () => {
    const { source, asked, wish, settled } = setupSource({ points: 40 });
    const zoomed = wish("a", { window: [10, 19] });
    source.want(zoomed);
    await settled();
    expect(asked).toHaveLength(1);
    expect(source.lines(zoomed)?.[0]?.total).toBe(10);
  });
});

describe("live", () => {
  test("only what came after the newest step is asked for", async () => {
    const { source, asked, state, wish, settled } = setupSource({ points: 10 });
    source.want(wish("a"));
    await settled();
    state.logged = 12;
    source.follow();
    await settled();
    expect(asked.at(-1)?.part.after).toBe(9);
    expect(source.lines(wish("a"))?.[0]).toMatchObject({ total: 12, xs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
  });

  test("a line that has grown long is thinned anew: memory stays flat", async () => {
    const { source, state, wish, settled } = setupSource({ points: 10 });
    source.want(wish("a"));
    await settled();
    let longest = 0;
    for (let i = 0; i < 40; i += 1) {
      state.logged += 20;
      source.follow();
      await settled();
      longest = Math.max(longest, source.lines(wish("a"))?.[0]?.xs.length ?? 0);
    }
    expect(source.lines(wish("a"))?.[0]?.total).toBe(810);
    expect(longest).toBeLessThanOrEqual(2 * 50 + 20);
  });

  test("a line whose marks do not all fit is read in whole: its newest step is not known", async () => {
    const { source, asked, state, wish, settled } = setupSource({ points: 10 });
    state.notFinite = 5;
    source.want(wish("a"));
    await settled();
    source.follow();
    await settled();
    expect(asked.map(({ part }) => part.after)).toEqual([undefined, undefined]);
  });

  test("a reader that cannot append reads in whole", async () => {
    const { source, asked, state, wish, settled } = setupSource({ points: 10, appends: false });
    source.want(wish("a"));
    await settled();
    state.logged = 12;
    source.follow();
    await settled();
    expect(asked.at(-1)?.part.after).toBeUndefined();
    expect(source.lines(wish("a"))?.[0]?.total).toBe(12);
  });

  test("what was read once and left the view is forgotten when there is too much", async () => {
    const { source, wish, settled } = setupSource({ points: 3 });
    for (let i = 0; i < 300; i += 1) {
      const done = source.want(wish(`k${i}`));
      if (i % 50 === 49) await settled();
      queueMicrotask(done);
    }
    const kept = wish("last");
    source.want(kept);
    await settled();
    const known = Array.from({ length: 300 }, (_unused, i) => source.lines(wish(`k${i}`))).filter(Boolean);
    expect(known.length).toBeLessThanOrEqual(200);
    expect(source.lines(kept)).toBeDefined();
  });
});

test("an error is told, and the next answer takes it away; what is shown stays", async () => {
  const { source, state, wish, settled } = setupSource({ points: 10 });
  source.want(wish("a"));
  await settled();
  state.fails = true;
  source.follow();
  await settled();
  expect(source.error?.message).toBe("no answer");
  expect(source.lines(wish("a"))?.[0]?.total).toBe(10);
  state.fails = false;
  source.reload();
  expect(source.lines(wish("a"))?.[0]?.total).toBe(10);
  await settled();
  expect(source.error).toBeUndefined();
});
