import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSigningKey, fingerprint, publicKeyLine } from "../../../../electron/remote/bundle/sshsig.ts";
import { createBundleKeys } from "../../../../electron/sync/bundle/keys.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

test("the own key is made once and nobody else may read it", () => {
  const folder = temporaryFolder();
  const own = createBundleKeys(folder).own();
  expect(fingerprint(createBundleKeys(folder).own())).toBe(fingerprint(own));
  expect(statSync(join(folder, "secrets", "bundle-key.pem")).mode & 0o777).toBe(0o600);
});

test("keys are trusted once, listed and forgotten; the file is one that ssh-keygen reads", () => {
  const folder = temporaryFolder();
  const keys = createBundleKeys(folder);
  const key = createSigningKey();
  const mark = fingerprint(key);
  expect(keys.isTrusted(mark)).toBe(false);
  expect(keys.trust(publicKeyLine(key), "lab\n@ws3")).toMatchObject({ fingerprint: mark, name: "lab @ws3" });
  keys.trust(publicKeyLine(key), "again");
  expect(keys.list()).toHaveLength(1);
  expect(keys.isTrusted(mark)).toBe(true);
  expect(readFileSync(join(folder, "trusted-bundle-keys"), "utf8")).toBe(`${publicKeyLine(key)} lab @ws3\n`);
  keys.forget(mark);
  expect(keys.list()).toEqual([]);
  expect(() => keys.forget(mark)).toThrow("is trusted here");
});

test("a file of trusted keys that cannot be read is said, not passed over", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "trusted-bundle-keys"), "# a remark\n\nno key\n");
  expect(() => createBundleKeys(folder).list()).toThrow("trusted-bundle-keys");
});
