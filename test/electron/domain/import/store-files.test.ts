import { expect, test } from "vitest";
import { parseMeta } from "../../../../electron/domain/import/meta-yaml.ts";
import { parseFloatWord, parsePoint } from "../../../../electron/domain/import/store-files.ts";

test("scalars of PyYAML keep their meaning: text stays text, only a plain null is none", () => {
  const meta = parseMeta(
    "name: '1e3'\nyes: 'yes'\nquoted: 'null'\nplain: null\nempty: ''\nend: 1700000000000\ntags: {}\nversions:\n  champion: '2'\nunicode: \"\\uD55C\"\n",
  );
  expect(["name", "quoted", "plain", "empty", "missing", "unicode"].map(meta.text)).toEqual([
    "1e3",
    "null",
    null,
    "",
    null,
    "한",
  ]);
  expect([meta.integer("end"), meta.integer("plain")]).toEqual([1700000000000, null]);
  expect([meta.map("versions"), meta.map("tags")]).toEqual([new Map([["champion", "2"]]), new Map()]);
  expect(() => meta.integer("name")).toThrow("not an integer");
});

test.each(["- a list", "just text", "a: [unclosed", ""])("'%s' is no meta.yaml", (text) => {
  expect(() => parseMeta(text)).toThrow();
});

test.each([
  ["1700000000000 0.5 3", { timestamp: 1700000000000, value: 0.5, step: 3 }],
  ["5 1e-300", { timestamp: 5, value: 1e-300, step: 0 }],
  ["5 -inf -2 train 300830b9", { timestamp: 5, value: -Infinity, step: -2 }],
  ["5 nan 0", { timestamp: 5, value: NaN, step: 0 }],
  ["5 1 9007199254740993", { timestamp: 5, value: 1, step: 9007199254740993n }],
])("'%s' is a point", (line, point) => {
  expect(parsePoint("k", line)).toEqual({ key: "k", ...point });
});

test.each(["", "5", "x 1 0", "5 one 0", "5 1 1.5", "5 0x10 0"])("'%s' is none", (line) => {
  expect(parsePoint("k", line)).toBeUndefined();
});

test("numbers are read as Python writes them", () => {
  expect(["1", "1.", ".5", "1_000", "1E5", "-0.0", "Infinity", "nope"].map(parseFloatWord)).toEqual([
    1,
    1,
    0.5,
    1000,
    1e5,
    -0,
    Infinity,
    undefined,
  ]);
});
