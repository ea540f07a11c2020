import { expect, test } from "vitest";
import { asNameSearch } from "../../../renderer/filter/plain-words.ts";
import { mistakeIn } from "../../../renderer/filter/mistake.ts";

test.each([
  ["resnet", "attributes.run_name ILIKE '%resnet%'"],
  ["  resnet  50 ", "attributes.run_name ILIKE '%resnet%' AND attributes.run_name ILIKE '%50%'"],
  ["고객 이탈", "attributes.run_name ILIKE '%고객%' AND attributes.run_name ILIKE '%이탈%'"],
  ["v1.2-final", "attributes.run_name ILIKE '%v1.2-final%'"],
  ["", undefined],
  ["metrics.", undefined],
  ["metrics.loss", undefined],
  ["tags.team IS NULL", undefined],
  ["a = b", undefined],
  ["it's", undefined],
  ["(a", undefined],
])("%s is read as %s", (text, filter) => {
  expect(asNameSearch(text)).toBe(filter);
  if (filter !== undefined) expect(mistakeIn(filter)).toBeUndefined();
});
