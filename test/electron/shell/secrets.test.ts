import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { secrets } from "../../../electron/shell/secrets.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { startFeature } from "./feature.ts";
import { gitlabToken } from "../../helpers/canary.ts";

const TOKEN = gitlabToken("shell");

/** A host that notes what it is asked. */
const setupHost = () => {
  const given: unknown[] = [];
  let tell = (_state: { phase: string }): void => {};
  return {
    given,
    start: () => tell({ phase: "running" }),
    host: {
      state: { phase: "running" },
      onState: (listener: typeof tell) => {
        tell = listener;
        return () => {};
      },
      call: (_endpoint: unknown, input: unknown) => Promise.resolve(given.push(input)),
    },
  };
};

const setup = ({ host } = setupHost()) => {
  const profile = temporaryFolder();
  const electron = {
    safeStorage: {
      isAsyncEncryptionAvailable: () => Promise.resolve(true),
      encryptStringAsync: (text: string) => Promise.resolve(Buffer.from(text).reverse()),
      decryptStringAsync: () => Promise.reject(new Error("the page must have no way to this")),
      getSelectedStorageBackend: () => "kwallet6",
    },
  };
  return { profile, ...startFeature(secrets, { electron, profile, host }) };
};

test("the page sets, looks for and removes a secret, and no answer holds its value", async () => {
  const { ask, profile } = setup();
  const answers: unknown[] = [
    await ask("setSecret", { name: "gitlab/token", value: TOKEN }),
    await ask("hasSecret", "gitlab/token"),
    await ask("secrets", undefined),
  ];
  expect(answers).toEqual([
    { place: "keychain", locked: false, names: ["gitlab/token"] },
    true,
    { place: "keychain", locked: false, names: ["gitlab/token"] },
  ]);
  expect(existsSync(join(profile, "secrets.json"))).toBe(true);
  expect(readFileSync(join(profile, "secrets.json"), "utf8")).not.toContain(TOKEN);
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

test("the token of a remote goes to the host when it is set and whenever a host starts, other secrets stay", async () => {
  const { host, given, start } = setupHost();
  const profile = temporaryFolder();
  const electron = {
    safeStorage: {
      isAsyncEncryptionAvailable: () => Promise.resolve(true),
      encryptStringAsync: (text: string) => Promise.resolve(Buffer.from(text).reverse()),
      decryptStringAsync: (bytes: Buffer) =>
        Promise.resolve({ result: Buffer.from(bytes).reverse().toString(), shouldReEncrypt: false }),
      getSelectedStorageBackend: () => "kwallet6",
    },
  };
  const { ask } = startFeature(secrets, { electron, profile, host });
  await ask("setSecret", { name: "remote/team", value: TOKEN });
  await ask("setSecret", { name: "other", value: "stays" });
  await expect.poll(() => given).toEqual([{ name: "team", token: TOKEN }]);
  start();
  await expect.poll(() => given).toHaveLength(2);
  expect(given[1]).toEqual({ name: "team", token: TOKEN });
});
