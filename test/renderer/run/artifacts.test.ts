import { expect, test } from "vitest";
import { foldersAbove, imageTypeOf, textOf } from "../../../renderer/run/artifacts.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("text is UTF-8 without NUL; a character cut in half at the end of a part is left out", () => {
  expect(textOf(bytes("schön"), false)).toBe("schön");
  expect(textOf(bytes("schö").subarray(0, 4), true)).toBe("sch");
  expect(textOf(bytes("schö").subarray(0, 4), false)).toBeUndefined();
  expect(textOf(new Uint8Array([80, 75, 0, 4]), false)).toBeUndefined();
  expect(textOf(new Uint8Array([0xff, 0xfe, 65, 66, 67]), true)).toBeUndefined();
});

test("images are known by their ending", () => {
  expect(imageTypeOf("plots/ROC.PNG")).toBe("image/png");
  expect(imageTypeOf("model.pkl")).toBeUndefined();
});

test("the folders above a path", () => expect(foldersAbove("a/b/c.txt")).toEqual(["a", "a/b"]));
