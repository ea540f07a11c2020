import { describe, expect, test } from "vitest";
import { MAX_ROWS, orderBy, parseTable, statsOf } from "../../../renderer/artifacts/csv.ts";
import {
  dataRows,
  findInData,
  openAtFirst,
  parseJson,
  PORTION,
  valueText,
} from "../../../renderer/artifacts/data-tree.ts";
import { parseNotebook } from "../../../renderer/artifacts/notebook.ts";
import { parseYaml } from "../../../renderer/artifacts/yaml.ts";

describe("a table of text", () => {
  test("has its columns and rows; a line that may be cut in half is left out", () => {
    expect(parseTable("a,b\n1,2\n3,", true)).toEqual({ columns: ["a", "b"], rows: [["1", "2"]], whole: false });
    expect(parseTable('a;b\n"x;y";2\n', false)).toEqual({ columns: ["a", "b"], rows: [["x;y", "2"]], whole: true });
  });
  test("has no more than its first rows, and says whether these are all", () => {
    const text = (rows: number): string => `a\n${Array.from({ length: rows }, (_u, i) => String(i)).join("\n")}\n`;
    expect(parseTable(text(MAX_ROWS), false)).toMatchObject({ whole: true });
    const long = parseTable(text(MAX_ROWS + 500), false);
    expect([long.rows.length, long.whole, long.rows.at(-1)]).toEqual([MAX_ROWS, false, [String(MAX_ROWS - 1)]]);
  });
  test("tells of a column what it is", () => {
    expect(statsOf(["1", "3", "", "NaN"])).toEqual({ kind: "number", min: 1, max: 3, mean: 2, missing: 2 });
    expect(statsOf(["x", "y", "x", null])).toEqual({ kind: "text", distinct: 2, missing: 1 });
    expect(statsOf([])).toEqual({ kind: "text", distinct: 0, missing: 0 });
  });
  test("is ordered as numbers or as people count, what is missing last either way", () => {
    expect(orderBy(["10", "9", "", "-1"], false)).toEqual([3, 1, 0, 2]);
    expect(orderBy(["10", "9", "", "-1"], true)).toEqual([0, 1, 3, 2]);
    expect(orderBy(["b2", "b10", "a"], false)).toEqual([2, 0, 1]);
  });
});

describe("data as a tree", () => {
  test("keeps the digits of large integers, and keys that only look dangerous", () => {
    const value = parseJson('{"id": 9007199254740993, "n": 1.5, "__proto__": {"x": 1}}');
    expect(dataRows(value, new Set(), new Map()).map((row) => [row.label, valueText(row.value)])).toEqual([
      ["id", "9007199254740993"],
      ["n", "1.5"],
      ["__proto__", ""],
    ]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
  test("shows what is open, in portions", () => {
    const value = { list: Array.from({ length: PORTION + 5 }, (_u, i) => i), o: { a: 1 } };
    const rows = dataRows(value, new Set(["/list", "/o"]), new Map());
    expect(rows).toHaveLength(1 + PORTION + 1 + 1 + 1);
    expect(rows[PORTION + 1]).toMatchObject({ more: 5 });
    expect(rows.at(-1)).toMatchObject({ path: "/o/a", level: 2 });
  });
  test("finds keys and values, and says when there are more", () => {
    const value = { model: { act: "relu", "relu/x": [1, { act: 2 }] } };
    expect(findInData(value, "RELU").found.map(({ path }) => path)).toEqual(["model.act", "model.relu/x"]);
    expect(findInData(value, "act").found.map(({ path }) => path)).toEqual(["model.act", "model.relu/x[1].act"]);
    expect(findInData(value, "a", 1)).toMatchObject({ more: true });
  });
  test("opens what is short at first", () => {
    expect(openAtFirst({ a: { b: 1 }, long: Array.from({ length: 50 }, () => 0), n: 1 })).toEqual(["/a"]);
  });
  test("of YAML reads several documents, and names the place of a mistake", () => {
    expect(parseYaml("a: 1\n---\nb: [x]\n")).toEqual([{ a: 1 }, { b: ["x"] }]);
    expect(() => parseYaml("a: [1")).toThrow(/line 1/);
    const bomb = `a: &a [x,x]\n${"bcdefghijklmnop"
      .split("")
      .map((c, i) => `${c}: &${c} [${`*${"abcdefghijklmno"[i]},`.repeat(9)}]`)
      .join("\n")}`;
    expect(() => parseYaml(bomb)).toThrow(/alias/i);
  });
});

describe("a notebook", () => {
  test("has cells with the richest output that can be shown; what is no cell is left out", () => {
    const book = parseNotebook(
      JSON.stringify({
        nbformat: 4,
        metadata: { kernelspec: { language: "R" } },
        cells: [
          7,
          { cell_type: "dance" },
          {
            cell_type: "code",
            source: ["a\n", "b"],
            execution_count: 2,
            outputs: [
              { output_type: "stream", name: "stdout", text: "x" },
              { output_type: "stream", name: "stdout", text: ["\u001b[31my\u001b[0m"] },
              { output_type: "display_data", data: { "image/png": "AA\nAA", "text/plain": "p" } },
              { output_type: "display_data", data: { "application/vnd.x": {} } },
            ],
          },
        ],
      }),
    );
    expect(book).toEqual({
      language: "R",
      cells: [
        {
          kind: "code",
          source: "a\nb",
          count: 2,
          outputs: [
            { kind: "text", text: "xy", isError: false },
            { kind: "image", type: "image/png", base64: "AAAA" },
            { kind: "unknown", types: ["application/vnd.x"] },
          ],
        },
      ],
    });
  });
  test("of another shape is refused", () => {
    for (const text of ["{}", "[]", '{"nbformat": 3, "worksheets": []}', "null"])
      expect(() => parseNotebook(text)).toThrow();
  });
});
