import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { secrets } from "../../../electron/shell/secrets.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { startFeature } from "./feature.ts";

const CANARY = "glpat-canary-0123456789";

const setup = () => {
  const profile = temporaryFolder();
  const electron = {
    safeStorage: {
      isAsyncEncryptionAvailable: () => Promise.resolve(true),
      encryptStringAsync: (text: string) => Promise.resolve(Buffer.from(text).reverse()),
      decryptStringAsync: () => Promise.reject(new Error("the page must have no way to this")),
      getSelectedStorageBackend: () => "kwallet6",
    },
  };
  return { profile, ...startFeature(secrets, { electron, profile }) };
};

test("the page sets, looks for and removes a secret, and no answer holds its value", async () => {
  const { ask, profile } = setup();
  const answers: unknown[] = [
    await ask("setSecret", { name: "gitlab/token", value: CANARY }),
    await ask("hasSecret", "gitlab/token"),
    await ask("secrets", undefined),
  ];
  expect(answers).toEqual([
    { place: "keychain", locked: false, names: ["gitlab/token"] },
    true,
    { place: "keychain", locked: false, names: ["gitlab/token"] },
  ]);
  expect(existsSync(join(profile, "secrets.json"))).toBe(true);
  expect(readFileSync(join(profile, "secrets.json"), "utf8")).not.toContain(CANARY);
  expect(await ask("removeSecret", "gitlab/token")).toMatchObject({ names: [] });
  expect(await ask("hasSecret", "gitlab/token")).toBe(false);
});

test("no verb reads a secret", () => {
  expect(setup().verbs.toSorted()).toEqual([
    "forgetSecrets",
    "hasSecret",
    "protectSecrets",
    "removeSecret",
    "secrets",
    "setSecret",
    "unlockSecrets",
  ]);
});
