import { expect, test } from "vitest";
import { withRegistration } from "../../../../electron/domain/registry/registrations.ts";

test("the list is written as Python's json.dumps writes it", () => {
  expect(withRegistration(undefined, 'é"m', 1)).toBe('[{"name": "\\u00e9\\"m", "version": 1}]');
});

test("a version is appended once", () => {
  const one = withRegistration(undefined, "m", 1);
  const two = withRegistration(one, "m", 2);
  expect(JSON.parse(two)).toEqual([
    { name: "m", version: 1 },
    { name: "m", version: 2 },
  ]);
  expect(withRegistration(two, "m", 1)).toBe(two);
});

test("what somebody else wrote into the list stays", () => {
  expect(withRegistration('[{"name": "x", "version": "7", "by": null}]', "m", 1)).toBe(
    '[{"name": "x", "version": "7", "by": null}, {"name": "m", "version": 1}]',
  );
});

test.each(["no json", '{"name": "m"}', "1"])("a tag that is no list is named and kept: %s", (tag) => {
  expect(() => withRegistration(tag, "m", 1)).toThrow(/mlflow\.modelVersions/);
});
