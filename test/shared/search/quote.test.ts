import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFilter } from "../../../shared/search/parse-filter.ts";
import { likeAnywhere, quoteKey, quoteText } from "../../../shared/search/quote.ts";

test.each([
  ["loss", "loss"],
  ["val/loss", "`val/loss`"],
  ["1st", "`1st`"],
  ["in", "`in`"],
  ["a`b", '"a`b"'],
  ["학습률", "`학습률`"],
])("the key %s is written %s", (key, quoted) => expect(quoteKey(key)).toBe(quoted));

/** Keys as MLflow allows them. */
const key = fc.stringMatching(/^[\w.\- :/]{1,20}$/).filter((text) => text.trim() === text && text !== "");

test("a quoted key is read back as it was", () => {
  fc.assert(
    fc.property(key, (name) => {
      expect(parseFilter("runs", `params.${quoteKey(name)} = 'x'`)).toMatchObject({
        field: { kind: "param", key: name },
      });
    }),
  );
});

test("a quoted text is read back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (text) => {
      const quoted = quoteText(text);
      fc.pre(quoted !== undefined && !text.includes("\\") && !text.includes("\0"));
      expect(parseFilter("runs", `params.a = ${quoted}`)).toMatchObject({ value: text });
    }),
  );
});

test("what the grammar cannot say is not said wrongly", () => {
  expect(quoteText("it's")).toBe(`"it's"`);
  expect(quoteText(`'"`)).toBeUndefined();
  expect(quoteText("end\\")).toBeUndefined();
  expect(likeAnywhere("it's")).toBe("%it_s%");
});
