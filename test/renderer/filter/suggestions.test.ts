import { expect, test } from "vitest";
import { contextAt } from "../../../renderer/filter/context.ts";
import { insertItem, suggest, type Source } from "../../../renderer/filter/suggestions.ts";
import { keepFilter, readFilters } from "../../../renderer/filter/recent-filters.ts";

const KEYS = { metric: ["loss", "val/loss"], param: ["lr", "optimizer"], tag: ["team"] };
const asked: string[] = [];
const source: Source = {
  keys: (kind, text) => Promise.resolve(KEYS[kind].filter((key) => key.includes(text))),
  values: (kind, key, text) => {
    asked.push(`${kind}.${key} ${text}`);
    if (key === "status") return Promise.resolve([{ value: "FAILED", runs: 3 }]);
    return Promise.resolve(["adam", "it's", `'"`].filter((v) => v.includes(text)).map((value) => ({ value, runs: 2 })));
  },
};
const NOW = new Date(2026, 10, 21, 15).getTime();

/** The titles offered where `|` stands, and the text after the first of them was taken. */
const offer = async (marked: string, which = 0) => {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  const items = await suggest(contextAt(text, caret), source, NOW);
  const item = items[which];
  const next = item && insertItem(text, item);
  return {
    titles: items.map(({ title }) => title),
    next: next && `${next.text.slice(0, next.caret)}|${next.text.slice(next.caret)}`,
  };
};

test.each([
  ["lo|", "metrics.loss |"],
  ["metrics.v|", "metrics.`val/loss` |"],
  ["metrics.`val/l|", "metrics.`val/loss` |"],
  ["metrics.|oss > 1", "metrics.loss |> 1"],
  ["par|", "params.|"],
  ["metrics.loss < 1 AND opt|", "metrics.loss < 1 AND params.optimizer |"],
  ["metrics.loss |", "metrics.loss > |"],
  ["params.lr LI|", "params.lr LIKE |"],
  ["tags.team IS NO|", "tags.team IS NOT NULL |"],
  ["params.optimizer = |", "params.optimizer = 'adam' |"],
  ["params.optimizer =|", "params.optimizer = |"],
  ["params.optimizer = 'ad|", "params.optimizer = 'adam' |"],
  ["params.optimizer = 'it|", `params.optimizer = "it's" |`],
  ["params.optimizer IN |", "params.optimizer IN ('adam'|"],
  ["params.optimizer IN ('adam' |", "params.optimizer IN ('adam' ) |"],
  ["params.optimizer LIKE 'da|", "params.optimizer LIKE '%da%' |"],
  ["(metrics.loss < 1 |", "(metrics.loss < 1 AND |"],
  ["metrics.loss < 1 O|", "metrics.loss < 1 OR |"],
  ["status = 'FI|", "status = 'FINISHED' |"],
])("%s leads to %s", async (marked, next) => expect((await offer(marked)).next).toBe(next));

test("operators are those that fit the field", async () => {
  expect((await offer("metrics.loss |")).titles).toEqual([">", ">=", "<", "<=", "=", "!="]);
  expect((await offer("params.lr |")).titles).toContain("IS NOT NULL");
  expect((await offer("attributes.run_name |")).titles).toContain("ILIKE");
  expect((await offer("attributes.run_name |")).titles).not.toContain("IS NULL");
  expect((await offer("start_time |")).titles).not.toContain("LIKE");
});

test("values that the grammar cannot say are not offered; a metric's value is typed", async () => {
  expect((await offer("params.optimizer = |")).titles).toEqual(["'adam'", `"it's"`]);
  expect((await offer("metrics.loss > |")).titles).toEqual([]);
});

test("every status is offered, with the runs that have it", async () => {
  expect((await offer("status = |")).titles).toEqual([
    "'RUNNING'",
    "'FINISHED'",
    "'FAILED'",
    "'KILLED'",
    "'SCHEDULED'",
  ]);
});

test("times are offered in words and written in milliseconds", async () => {
  expect((await offer("start_time > |", 1)).next).toBe(`start_time > ${new Date(2026, 10, 21).getTime()} |`);
});

test("a closing parenthesis is offered only where one is open", async () => {
  expect((await offer("(metrics.loss < 1 |")).titles).toEqual(["AND", "OR", ")"]);
  expect((await offer("metrics.loss < 1 |")).titles).toEqual(["AND", "OR"]);
});

test("the server is asked for the text without quotes and wildcards", async () => {
  asked.length = 0;
  await offer("params.optimizer ILIKE '%ada|");
  expect(asked).toEqual(["param.optimizer ada"]);
});

test("filters are remembered once, the newest first, and what is not ours is no trouble", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  for (const filter of ["a", "b", "", "a"]) keepFilter(filter, storage);
  expect(readFilters(storage)).toEqual(["a", "b"]);
  for (let i = 0; i < 20; i += 1) keepFilter(`f${i}`, storage);
  expect(readFilters(storage)).toHaveLength(10);
  expect(readFilters({ getItem: () => "{" })).toEqual([]);
  expect(readFilters({ getItem: () => `["a", 1, null]` })).toEqual(["a"]);
});
