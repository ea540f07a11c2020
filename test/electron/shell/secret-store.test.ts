import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { createSecrets, type SecretsDeps } from "../../../electron/shell/secret-store.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { CANARY, gitlabToken, password } from "../../helpers/canary.ts";

type Keychain = SecretsDeps["safeStorage"];
const TOKEN = gitlabToken("shell");
const PASSPHRASE = password("correct horse ");

/** A keychain that turns bytes over: enough to see that nothing is kept in clear. */
const fakeKeychain = (changes: Partial<Keychain> = {}): Keychain => ({
  isAsyncEncryptionAvailable: () => Promise.resolve(true),
  encryptStringAsync: (text) => Promise.resolve(Buffer.from(`sealed:${text}`).map((byte) => byte ^ 0xff) as Buffer),
  decryptStringAsync: (bytes) => {
    const text = Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString("utf8");
    if (!text.startsWith("sealed:")) return Promise.reject(new Error("Error while decrypting the ciphertext"));
    return Promise.resolve({ result: text.slice("sealed:".length), shouldReEncrypt: false });
  },
  getSelectedStorageBackend: () => "gnome_libsecret",
  ...changes,
});
const basic = (): Keychain =>
  fakeKeychain({
    getSelectedStorageBackend: () => "basic_text",
    encryptStringAsync: () => Promise.reject(new Error("basic_text must never be used")),
  });

const setup = (safeStorage = fakeKeychain(), platform: NodeJS.Platform = "linux") => {
  const path = join(temporaryFolder(), "secrets.json");
  const open = (keychain = safeStorage) => createSecrets({ path, safeStorage: keychain, platform });
  return { path, open, secrets: open() };
};

test("a secret goes to the keychain, and comes back after a start; the file is closed to others", async () => {
  const { path, open, secrets } = setup();
  await secrets.set("gitlab/token", TOKEN);
  expect(await open().get("gitlab/token")).toBe(TOKEN);
  expect(await open().has("gitlab/token")).toBe(true);
  expect(await open().state()).toEqual({ place: "keychain", locked: false, names: ["gitlab/token"] });
  expect(readFileSync(path, "utf8")).not.toContain(CANARY);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("removing one leaves the others", async () => {
  const { open, secrets } = setup();
  await secrets.set("a", "1");
  await secrets.set("b", "2");
  await secrets.remove("a");
  await secrets.remove("never there");
  expect((await open().state()).names).toEqual(["b"]);
  expect(await open().get("a")).toBeUndefined();
});

test("secrets set at the same moment are all kept", async () => {
  const { open, secrets } = setup();
  await Promise.all(["a", "b", "c", "d"].map((name) => secrets.set(name, name)));
  expect((await open().state()).names).toEqual(["a", "b", "c", "d"]);
});

test("a value whose key was rotated is encrypted anew", async () => {
  const rotated = fakeKeychain();
  const { path, open, secrets } = setup();
  await secrets.set("a", "1");
  const encrypt = vi.fn(rotated.encryptStringAsync);
  const later = open({
    ...rotated,
    encryptStringAsync: encrypt,
    decryptStringAsync: async (bytes) => ({ ...(await rotated.decryptStringAsync(bytes)), shouldReEncrypt: true }),
  });
  expect(await later.get("a")).toBe("1");
  expect(encrypt).toHaveBeenCalledExactlyOnceWith("1");
  expect(existsSync(path)).toBe(true);
});

test("a Linux that offers only basic_text gets no file: secrets end with the session", async () => {
  const { path, open, secrets } = setup(basic());
  await secrets.set("a", TOKEN);
  expect(await secrets.get("a")).toBe(TOKEN);
  expect(await secrets.state()).toEqual({ place: "session", locked: false, names: ["a"] });
  expect(existsSync(path)).toBe(false);
  expect(await open().has("a")).toBe(false);
});

test("before a backend is known none is trusted", async () => {
  const { secrets } = setup(fakeKeychain({ getSelectedStorageBackend: () => "unknown" }));
  expect((await secrets.state()).place).toBe("session");
});

test("Windows and macOS are not asked for a Linux backend", async () => {
  const backend = vi.fn<Keychain["getSelectedStorageBackend"]>();
  for (const platform of ["win32", "darwin"] as const) {
    const { secrets } = setup(fakeKeychain({ getSelectedStorageBackend: backend }), platform);
    expect((await secrets.state()).place).toBe("keychain");
  }
  expect(backend).not.toHaveBeenCalled();
});

test("under a passphrase they outlive the session, locked until it is given", async () => {
  const { path, open, secrets } = setup(basic());
  await secrets.set("a", TOKEN);
  await secrets.protect(PASSPHRASE);
  expect(readFileSync(path, "utf8")).not.toContain(CANARY);

  const later = open();
  expect(await later.state()).toEqual({ place: "passphrase", locked: true, names: [] });
  await expect(later.get("a")).rejects.toMatchObject({ kind: "denied" });
  await expect(later.set("b", "2")).rejects.toMatchObject({ kind: "denied" });
  await expect(later.unlock("wrong horse battery")).rejects.toThrow("That is not the passphrase");
  expect((await later.state()).locked).toBe(true);
  await later.unlock(PASSPHRASE);
  expect(await later.get("a")).toBe(TOKEN);
  await later.set("b", "2");
  await later.protect("another long passphrase");

  const last = open();
  await expect(last.unlock(PASSPHRASE)).rejects.toMatchObject({ kind: "denied" });
  await last.unlock("another long passphrase");
  expect((await last.state()).names).toEqual(["a", "b"]);
}, 120_000);

test.each([
  ["cut off", (text: string) => text.slice(0, -20)],
  ["empty", () => ""],
  ["of another version", (text: string) => text.replace(`"version": 1`, `"version": 2`)],
  ["no file of secrets", () => "[]"],
])("a file that is %s says so, is not overwritten, and can be given up", async (_name, damage) => {
  const { path, open, secrets } = setup();
  await secrets.set("a", "1");
  const damaged = damage(readFileSync(path, "utf8"));
  writeFileSync(path, damaged);
  const later = open();
  expect((await later.state()).place).toBe("damaged");
  await expect(later.set("b", "2")).rejects.toMatchObject({ kind: "corrupt" });
  await expect(later.get("a")).rejects.toMatchObject({ kind: "corrupt" });
  expect(readFileSync(path, "utf8")).toBe(damaged);
  await later.forget();
  await later.set("b", "2");
  expect(await open().get("b")).toBe("2");
});

test("what a keychain of another session holds is named and not lost", async () => {
  const { path, open, secrets } = setup();
  await secrets.set("a", "1");
  const before = readFileSync(path, "utf8");
  const later = open(basic());
  expect(await later.state()).toEqual({ place: "keychain_gone", locked: false, names: ["a"] });
  await expect(later.get("a")).rejects.toMatchObject({ kind: "unavailable" });
  await expect(later.set("b", "2")).rejects.toMatchObject({ kind: "unavailable" });
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("what the keychain cannot read is an error that names it, without what lies in the file", async () => {
  const { path, open, secrets } = setup();
  await secrets.set("a", TOKEN);
  writeFileSync(path, JSON.stringify({ version: 1, kind: "keychain", entries: { a: "AAAA" } }));
  await expect(open().get("a")).rejects.toThrow(/cannot read the secret 'a'/);
});

test.each(["", "../x", "a b", "a\0b", "x".repeat(200), "__proto__"])("the name %j is refused", async (name) => {
  await expect(setup().secrets.set(name, "1")).rejects.toMatchObject({ kind: "invalid" });
});

test.each(["", "a\0b", TOKEN.repeat(5000)])("an odd value is refused without being shown", async (value) => {
  const failure = setup().secrets.set("a", value);
  await expect(failure).rejects.toMatchObject({ kind: "invalid" });
  await expect(failure).rejects.not.toThrow(CANARY);
});
