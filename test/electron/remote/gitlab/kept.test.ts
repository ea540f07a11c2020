import { expect, test } from "vitest";
import { createKept } from "../../../../electron/remote/gitlab/kept.ts";

interface Facts {
  readonly eid: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

test("what was kept comes back with the time at which it was set", () => {
  const kept = createKept<Facts>();
  kept.set("7", { eid: "e7", tags: { stage: "prod" } }, 1234.9);
  kept.set("8", { eid: undefined, tags: {} }, 5);
  expect(kept.get("7")).toEqual({ value: { eid: "e7", tags: { stage: "prod" } }, at: 1234 });
  expect(kept.get("8")).toEqual({ value: { tags: {} }, at: 5 });
  expect(kept.get("9")).toBeUndefined();
});

test("the last of two values counts, and what was deleted is not there", () => {
  const kept = createKept<Facts>();
  kept.set("7", { eid: "a", tags: {} }, 1);
  kept.set("7", { eid: "b", tags: {} }, 2);
  expect(kept.get("7")).toEqual({ value: { eid: "b", tags: {} }, at: 2 });
  kept.delete("7");
  expect(kept.get("7")).toBeUndefined();
});

test("never holds more than it may: with one more it begins anew, and setting one again is not one more", () => {
  const kept = createKept<Facts>(2);
  kept.set("1", { eid: "a", tags: {} }, 1);
  kept.set("2", { eid: "b", tags: {} }, 1);
  kept.set("2", { eid: "c", tags: {} }, 2);
  expect(kept.get("1")?.value.eid).toBe("a");
  kept.set("3", { eid: "d", tags: {} }, 3);
  expect(kept.get("1")).toBeUndefined();
  expect(kept.get("3")?.value.eid).toBe("d");
});

test("what is given out is a copy: changing it changes nothing that is kept", () => {
  const kept = createKept<{ tags: Record<string, string> }>();
  kept.set("7", { tags: {} }, 1);
  kept.set("8", { tags: {} }, 1); // the same text
  const given = kept.get("7")?.value;
  if (given) given.tags["a"] = "b";
  expect(kept.get("7")?.value).toEqual({ tags: {} });
  expect(kept.get("8")?.value).toEqual({ tags: {} });
});
