import { expect, test } from "vitest";
import { freeBytes, giveAway } from "../../shared/bytes.ts";

test("bytes that were given away are freed, and may be once more", () => {
  const bytes = giveAway(Buffer.allocUnsafeSlow(1000));
  freeBytes(bytes);
  expect(bytes.byteLength).toBe(0);
  freeBytes(bytes);
  expect(bytes.byteLength).toBe(0);
});

test("bytes that somebody else may need are left alone, a part of what was given away among them", () => {
  const kept = Buffer.alloc(1000, 1);
  freeBytes(kept);
  expect(kept.byteLength).toBe(1000);
  const part = giveAway(Buffer.allocUnsafeSlow(1000)).subarray(0, 10);
  freeBytes(part);
  expect(part.byteLength).toBe(10);
});
