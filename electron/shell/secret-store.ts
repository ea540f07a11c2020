/**
 * Tokens and keys of this person: in the system's keychain by safeStorage; on a Linux without one under a passphrase, or
 * in memory until the app ends. Never in the database, never in a log. The page may set, look whether one is there and
 * remove; reading one back is for the main process alone.
 */
import { readFile, rm } from "node:fs/promises";
import type { SafeStorage } from "electron";
import { DomainError } from "../../shared/errors.ts";
import type { SecretsState } from "../../shared/shell/secrets.ts";
import { isMissing, keepFile } from "./keep-file.ts";
import { makeKeys, openEnvelope, seal, unlock, type Envelope, type Keys } from "./secret-envelope.ts";
import { readSecretFile, readValues } from "./secret-file.ts";

type Keychain = Pick<
  SafeStorage,
  "isAsyncEncryptionAvailable" | "encryptStringAsync" | "decryptStringAsync" | "getSelectedStorageBackend"
>;

export interface SecretsDeps {
  /** `secrets.json` in the data folder; it need not exist. */
  readonly path: string;
  readonly safeStorage: Keychain;
  readonly platform: NodeJS.Platform;
}

type Vault =
  | { readonly place: "keychain"; readonly entries: ReadonlyMap<string, string> }
  | { readonly place: "keychain_gone"; readonly entries: ReadonlyMap<string, string> }
  | { readonly place: "passphrase"; readonly envelope: Envelope; readonly open: Opened | undefined }
  | { readonly place: "session"; readonly values: ReadonlyMap<string, string> }
  | { readonly place: "damaged" };

interface Opened {
  readonly keys: Keys;
  readonly values: ReadonlyMap<string, string>;
}

export type Secrets = ReturnType<typeof createSecrets>;

const NAME = /^[a-z0-9][a-z0-9._:/-]{0,127}$/i;
const LONGEST = 65_536;

const checkName = (name: string): void => {
  if (!NAME.test(name))
    throw new DomainError(
      "invalid",
      `'${name.slice(0, 40)}' cannot name a secret: use up to 128 letters, digits and . _ : / -`,
    );
};

/** Never shows the value. */
const checkValue = (name: string, value: string): void => {
  if (value === "" || value.length > LONGEST || value.includes("\0"))
    throw new DomainError("invalid", `The secret '${name}' must have 1 to ${LONGEST} characters and no NUL`);
};

const gone = (): DomainError =>
  new DomainError(
    "unavailable",
    "The secrets are in the system's keychain, which is not there in this session: log in with it, or remove the secrets and enter them again",
  );
const damaged = (): DomainError =>
  new DomainError("corrupt", "The file of secrets cannot be read: remove the secrets and enter them again");
const locked = (): DomainError =>
  new DomainError("denied", "The secrets are locked: enter their passphrase in the settings under Desktop");

/** Electron's answer `basic_text` is a key that everybody knows. */
const hasKeychain = async ({ safeStorage, platform }: SecretsDeps): Promise<boolean> => {
  if (platform === "linux" && ["basic_text", "unknown"].includes(safeStorage.getSelectedStorageBackend())) return false;
  return safeStorage.isAsyncEncryptionAvailable();
};

const load = async (deps: SecretsDeps): Promise<Vault> => {
  const keychain = await hasKeychain(deps);
  let text: string;
  try {
    text = await readFile(deps.path, "utf8");
  } catch (error) {
    if (!isMissing(error)) throw error;
    return keychain ? { place: "keychain", entries: new Map() } : { place: "session", values: new Map() };
  }
  const file = readSecretFile(text);
  if (!file) return { place: "damaged" };
  if (file.kind === "passphrase") return { place: "passphrase", envelope: file, open: undefined };
  return { place: keychain ? "keychain" : "keychain_gone", entries: new Map(Object.entries(file.entries)) };
};

const withEntry = (map: ReadonlyMap<string, string>, name: string, value: string): Map<string, string> =>
  new Map(map).set(name, value);
const without = (map: ReadonlyMap<string, string>, name: string): Map<string, string> =>
  new Map([...map].filter(([other]) => other !== name));

/** Opens the secrets on first use, which must come after the app is ready. */
export const createSecrets = (deps: SecretsDeps) => {
  const { path, safeStorage } = deps;
  let vault: Vault | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: each works on what the one before has written. */
  const inTurn = <T>(work: (now: Vault) => Promise<T>): Promise<T> => {
    const result = last.then(async () => work((vault ??= await load(deps))));
    last = result.catch(() => undefined); // told to whoever asked for it
    return result;
  };

  const write = async (next: Vault): Promise<void> => {
    if (next.place === "keychain")
      await keepFile(path, toText({ version: 1, kind: "keychain", entries: Object.fromEntries(next.entries) }));
    if (next.place === "passphrase") await keepFile(path, toText(next.envelope));
    vault = next;
  };

  const sealed = (keys: Keys, values: ReadonlyMap<string, string>): Vault => ({
    place: "passphrase",
    envelope: seal(keys, JSON.stringify(Object.fromEntries(values))),
    open: { keys, values },
  });

  const fromKeychain = async (now: Vault & { place: "keychain" }, name: string): Promise<string | undefined> => {
    const entry = now.entries.get(name);
    if (entry === undefined) return undefined;
    const { result, shouldReEncrypt } = await safeStorage
      .decryptStringAsync(Buffer.from(entry, "base64"))
      .catch((cause: unknown) => {
        throw new DomainError(
          "corrupt",
          `The keychain cannot read the secret '${name}', perhaps because it was stored by another user or machine: enter it again`,
          { cause },
        );
      });
    if (shouldReEncrypt)
      await write({ place: "keychain", entries: withEntry(now.entries, name, await lockUp(result)) });
    return result;
  };

  const lockUp = async (value: string): Promise<string> =>
    (await safeStorage.encryptStringAsync(value)).toString("base64");

  return {
    state: (): Promise<SecretsState> =>
      inTurn((now) =>
        Promise.resolve({
          place: now.place,
          locked: now.place === "passphrase" && now.open === undefined,
          names: [...namesIn(now)].sort(),
        }),
      ),

    has: (name: string): Promise<boolean> => inTurn((now) => Promise.resolve(new Set(namesIn(now)).has(name))),

    /** Keeps a secret, on disk before it resolves (except where there is neither keychain nor passphrase). @throws DomainError */
    set: (name: string, value: string): Promise<void> =>
      inTurn(async (now) => {
        checkName(name);
        checkValue(name, value);
        switch (now.place) {
          case "keychain":
            return write({ place: "keychain", entries: withEntry(now.entries, name, await lockUp(value)) });
          case "session":
            return write({ place: "session", values: withEntry(now.values, name, value) });
          case "passphrase":
            if (!now.open) throw locked();
            return write(sealed(now.open.keys, withEntry(now.open.values, name, value)));
          case "keychain_gone":
            throw gone();
          case "damaged":
            throw damaged();
        }
      }),

    /** Removes a secret; nothing happens where there is none. @throws DomainError while secrets are locked. */
    remove: (name: string): Promise<void> =>
      inTurn(async (now) => {
        switch (now.place) {
          case "keychain":
            return write({ place: "keychain", entries: without(now.entries, name) });
          case "session":
            return write({ place: "session", values: without(now.values, name) });
          case "passphrase":
            if (!now.open) throw locked();
            return write(sealed(now.open.keys, without(now.open.values, name)));
          case "keychain_gone":
            throw gone();
          case "damaged":
            throw damaged();
        }
      }),

    /** For the main process only. @throws DomainError when there may be one and it cannot be read. */
    get: (name: string): Promise<string | undefined> =>
      inTurn(async (now) => {
        switch (now.place) {
          case "keychain":
            return fromKeychain(now, name);
          case "session":
            return now.values.get(name);
          case "passphrase":
            if (!now.open) throw locked();
            return now.open.values.get(name);
          case "keychain_gone":
            throw gone();
          case "damaged":
            throw damaged();
        }
      }),

    /** Opens what a passphrase guards. @throws DomainError `denied` for a wrong one. */
    unlock: (passphrase: string): Promise<void> =>
      inTurn(async (now) => {
        if (now.place !== "passphrase") throw new DomainError("invalid", "The secrets are not under a passphrase");
        const keys = await unlock(now.envelope, passphrase);
        const values = readValues(openEnvelope(keys, now.envelope));
        if (!values) throw damaged();
        vault = { ...now, open: { keys, values } };
      }),

    /** Puts what the session holds under a passphrase, or gives what is open a new one. */
    protect: (passphrase: string): Promise<void> =>
      inTurn(async (now) => {
        const values = now.place === "session" ? now.values : now.place === "passphrase" ? now.open?.values : undefined;
        if (now.place === "passphrase" && !values) throw locked();
        if (!values)
          throw new DomainError("invalid", "The secrets are in the system's keychain and need no passphrase");
        await write(sealed(await makeKeys(passphrase), values));
      }),

    /** Removes all secrets and their file: the way out of a forgotten passphrase. */
    forget: (): Promise<void> =>
      inTurn(async () => {
        await rm(path, { force: true });
        vault = await load(deps);
      }),
  };
};

const toText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const namesIn = (vault: Vault): Iterable<string> => {
  switch (vault.place) {
    case "keychain":
    case "keychain_gone":
      return vault.entries.keys();
    case "passphrase":
      return vault.open?.values.keys() ?? [];
    case "session":
      return vault.values.keys();
    case "damaged":
      return [];
  }
};
