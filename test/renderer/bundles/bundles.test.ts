import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { archivesOf, isSealed, openedBy, plainName } from "../../../renderer/bundles/archives.ts";
import { digitsOf } from "../../../renderer/bundles/fingerprint.ts";
import { bytesIn, emptyForm, missingIn, toCreate } from "../../../renderer/bundles/form.ts";
import type { BundleFile } from "../../../shared/api/outpost/bundles.ts";

test("a bundle of everything asks for nothing else", () => {
  expect(missingIn(emptyForm())).toBeUndefined();
  expect(toCreate(emptyForm())).toEqual({ all: true });
});

test("what is chosen is sent, trimmed, and what was chosen before is not", () => {
  const form = { ...emptyForm(), what: "model" as const, model: " churn ", experiment: "left over" };
  expect(toCreate(form)).toEqual({ models: [{ name: "churn" }] });
  expect(toCreate({ ...form, version: "1.2.0" })).toEqual({ models: [{ name: "churn", version: "1.2.0" }] });
  expect(toCreate({ ...form, what: "experiment", experiment: "a/b" })).toEqual({ experiments: ["a/b"] });
  const sealed = { ...emptyForm(), seal: "recipient" as const, recipient: " outpost-recipient-x ", passphrase: "old" };
  expect(toCreate(sealed)).toEqual({ all: true, recipient: "outpost-recipient-x" });
  expect(toCreate({ ...sealed, seal: "passphrase", passphrase: " with blanks " })).toEqual({
    all: true,
    passphrase: " with blanks ",
  });
  const rest = { to: "lab ", class_max: "official", clear_max: "public", volume: "stick" };
  expect(toCreate({ ...emptyForm(), ...rest })).toEqual({
    all: true,
    to: "lab",
    class_max: "official",
    clear_max: "public",
    volume_bytes: 4_000_000_000,
  });
  expect(toCreate({ ...emptyForm(), volume: "other", other_size: "32 GB" })).toMatchObject({
    volume_bytes: 32_000_000_000,
  });
});

test.each([
  [{ what: "model" }, "model"],
  [{ what: "experiment", experiment: " " }, "experiment"],
  [{ seal: "passphrase", passphrase: "  " }, "passphrase"],
  [{ seal: "recipient" }, "recipient"],
  [{ volume: "other", other_size: "big" }, "size"],
] as const)("%j waits for: %s", (fields, missing) => {
  expect(missingIn({ ...emptyForm(), ...fields })).toBe(missing);
});

test("sizes are read as people write them, and nothing else is one", () => {
  expect(["700 MB", "4g", "1.5 GB", "650000000", "2TB"].map(bytesIn)).toEqual([
    700_000_000, 4_000_000_000, 1_500_000_000, 650_000_000, 2_000_000_000_000,
  ]);
  expect(["", "0", "-4 GB", "4 GiB", "NaN", "1e9", "4 GB 2"].map(bytesIn).every((one) => one === undefined)).toBe(true);
});

const fingerprint = (text: string): string =>
  `SHA256:${createHash("sha256").update(text).digest("base64").replace(/=+$/, "")}`;

test("a fingerprint is six groups of five digits, the same each time, others for another key", () => {
  expect(digitsOf(fingerprint("a"))).toBe("12362 13282 20892 20120 61881 63918");
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      expect(digitsOf(fingerprint(one))).toMatch(/^\d{5}( \d{5}){5}$/);
      expect(digitsOf(fingerprint(one)) === digitsOf(fingerprint(other))).toBe(one === other);
    }),
  );
  expect(digitsOf("SHA256:short")).toBeUndefined();
  expect(digitsOf("MD5:00:11")).toBeUndefined();
});

const file = (name: string, size = 1, place: BundleFile["place"] = "made"): BundleFile => ({
  place,
  name,
  size,
  modified_at: size,
});

test("the volumes of an archive and the list of their digests are one bundle, opened by its first volume", () => {
  const files = [
    file("a.volumes.sha256", 1),
    file("a.tar.sealed.002", 2),
    file("a.tar.sealed.001", 3),
    file("b.tar", 4),
    file("b.tar", 5, "incoming"),
    file("c.tar.002", 6, "incoming"),
  ];
  const shown = archivesOf(files).map(({ place, name, first, size, files: all }) => [
    place,
    name,
    first,
    size,
    all.length,
  ]);
  expect(shown).toEqual([
    ["made", "a.tar.sealed", "a.tar.sealed.001", 6, 3],
    ["made", "b.tar", "b.tar", 4, 1],
    ["incoming", "b.tar", "b.tar", 5, 1],
    ["incoming", "c.tar", undefined, 6, 1],
  ]);
  expect(archivesOf([file("lone.volumes.sha256")])).toMatchObject([{ first: undefined }]);
});

test("of files that are dropped together the first volume is opened, or the one archive", () => {
  expect(openedBy(["a.tar.002", "a.volumes.sha256", "a.tar.001"])).toBe("a.tar.001");
  expect(openedBy(["a.volumes.sha256", "a.tar"])).toBe("a.tar");
  expect(openedBy(["a.tar.002"])).toBeUndefined();
});

test("names are made plain, and a sealed one is known by its name", () => {
  expect(plainName("my bundle (1).tar")).toBe("my_bundle_1_.tar");
  expect(plainName("..hidden")).toBe("_hidden");
  expect(["a.tar.sealed", "a.tar.sealed.001", "a.tar", "sealed.tar"].map(isSealed)).toEqual([true, true, false, false]);
});
