import { describe, expect, test } from "vitest";
import { asksFirst, isLog, languageOf, viewsOf } from "../../../renderer/artifacts/kinds.ts";
import { encodePath, fileBeside, foldersAbove } from "../../../renderer/artifacts/paths.ts";
import { tailTextOf, textOf } from "../../../renderer/artifacts/read.ts";
import { previewHref, zipHref } from "../../../renderer/artifacts/source.ts";
import { linesOf } from "../../../renderer/artifacts/pieces.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("text is UTF-8 without NUL; a character cut in half at the end of a part is left out", () => {
  expect(textOf(bytes("schön"), false)).toBe("schön");
  expect(textOf(bytes("schö").subarray(0, 4), true)).toBe("sch");
  expect(textOf(bytes("schö").subarray(0, 4), false)).toBeUndefined();
  expect(textOf(new Uint8Array([80, 75, 0, 4]), false)).toBeUndefined();
  expect(textOf(new Uint8Array([0xff, 0xfe, 65, 66, 67]), true)).toBeUndefined();
});

test("the end of a file begins with its first whole line, wherever a character was cut", () => {
  expect(tailTextOf(bytes("ö one\ntwo\nthree").subarray(1))).toBe("two\nthree");
});

test.each([
  ["plots/ROC.PNG", "image"],
  ["drawing.svg", "image"],
  ["a.tar.gz", "text"],
  ["MLmodel", "tree"],
  ["model/MLmodel", "tree"],
  ["x.html", "page"],
  ["data.csv", "table"],
  ["data.parquet", "parquet"],
  ["look.ipynb", "notebook"],
  ["README.md", "markdown"],
  ["film.webm", "video"],
  ["report.pdf", "pdf"],
  ["unknown.weird", "text"],
  [".html", "text"],
])("%s is first shown as %s", (path, view) => expect(viewsOf(path)[0]).toBe(view));

test("what is read in parts is never asked about, what is read in whole is from 5 MB on", () => {
  expect(asksFirst("image", 5_000_001)).toBe(true);
  expect(asksFirst("image", 5_000_000)).toBe(false);
  for (const view of ["text", "table", "parquet", "video"] as const) expect(asksFirst(view, 1e12)).toBe(false);
});

test("logs and languages are known by their names", () => {
  expect([isLog("a/train.log"), isLog("log"), isLog("x.txt")]).toEqual([true, false, false]);
  expect([languageOf("a.py"), languageOf("MLmodel"), languageOf("a.txt")]).toEqual(["python", "yaml", undefined]);
});

describe("paths", () => {
  test("the folders above one", () => expect(foldersAbove("a/b/c.txt")).toEqual(["a", "a/b"]));
  test("keep their slashes in an address and nothing else", () =>
    expect(encodePath("a b/%2F?#/x")).toBe("a%20b/%252F%3F%23/x"));
  test("the file beside one is never a folder", () => {
    const entry = (path: string, is_dir = false) => ({ path, is_dir, size: 1, files: 1, modified_at: 0, sha256: null });
    const entries = [entry("d", true), entry("a"), entry("b")];
    expect(fileBeside(entries, "a", 1)?.path).toBe("b");
    expect(fileBeside(entries, "a", -1)).toBeUndefined();
    expect(fileBeside(entries, "gone", 1)).toBeUndefined();
  });
  test("make addresses of previews and zips", () => {
    expect(previewHref("1/r/artifacts", "a b.png", "0123456789abcdef01")).toBe(
      "/api/outpost/v1/preview/1/r/artifacts/a%20b.png?v=0123456789abcdef",
    );
    expect(zipHref("1/r/artifacts", ["a&b", "c"], "n")).toBe(
      "/api/outpost/v1/download?root=1%2Fr%2Fartifacts&path=a%26b&path=c&name=n",
    );
  });
});

test("coloured code is pieces of text by line, never HTML", () => {
  const html = `<span class="hljs-keyword">if</span> a &lt; <span class="hljs-string">&quot;x\ny&quot;</span>`;
  expect(linesOf(html)).toEqual([
    [
      { text: "if", scope: "hljs-keyword" },
      { text: " a < ", scope: "" },
      { text: '"x', scope: "hljs-string" },
    ],
    [{ text: 'y"', scope: "hljs-string" }],
  ]);
});
