import { expect, test } from "vitest";
import { csvCells, csvLine, csvText, csvValue } from "../../shared/csv.ts";

test.each([
  ["=1+1", "'=1+1"],
  ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
  ["@sum(a1)", "'@sum(a1)"],
  ["\tx", "'\tx"],
  ["\rx", "'\rx"],
  ["-1", "'-1"],
  ["a=b", "a=b"],
  ["", ""],
])("the text %j is written as %j, so that no spreadsheet runs it", (text, written) => {
  expect(csvText(text)).toBe(written);
});

test.each(["-1", "+1", "-1.5e-3", "+.5", "-2.", "7"])("the number %s stays a number", (text) => {
  expect(csvValue(text)).toBe(text);
});

test.each(["-1+2", "--1", "+1e", "-", "-Infinity", "=1", "-1 "])("%j is no number", (text) => {
  expect(csvValue(text)).toBe(`'${text}`);
});

test("cells with commas, quotes or line ends are quoted; a line ends as RFC 4180 has it", () => {
  expect(csvCells(["a", 'b "c"', "d,e", "f\ng", "h\ri", 0.5])).toBe('a,"b ""c""","d,e","f\ng","h\ri",0.5');
  expect(csvLine(["a", -1])).toBe("a,-1\r\n");
});
