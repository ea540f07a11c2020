/** This workstation's signing key, and the keys of those whose bundles are known here. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DomainError } from "../../../shared/errors.ts";
import {
  createRecipientKey,
  loadRecipientKey,
  recipientKeyToPem,
  type RecipientKey,
} from "../../remote/bundle/recipient.ts";
import {
  createSigningKey,
  fingerprint,
  loadSigningKey,
  parsePublicKeyLine,
  signingKeyToPem,
  type SigningKey,
} from "../../remote/bundle/sshsig.ts";

export interface TrustedKey {
  readonly fingerprint: string;
  /** As ssh-keygen writes it, with the name that it was trusted under. */
  readonly line: string;
  readonly name: string;
}

export type BundleKeys = ReturnType<typeof createBundleKeys>;

const OWN = join("secrets", "bundle-key.pem");
const RECIPIENT = join("secrets", "bundle-recipient-key.pem");
const TRUSTED = "trusted-bundle-keys";

/** Whole or not at all. */
const replace = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
};

const readTrusted = (line: string): TrustedKey | undefined => {
  const trimmed = line.trim();
  if (trimmed === "" || trimmed.startsWith("#")) return undefined;
  const name = trimmed.split(" ").slice(2).join(" ");
  return { fingerprint: fingerprint(parsePublicKeyLine(trimmed)), line: trimmed, name };
};

const plain = (name: string): string =>
  name
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 100);

export const createBundleKeys = (dataFolder: string) => {
  const [ownPath, trustedPath] = [join(dataFolder, OWN), join(dataFolder, TRUSTED)];
  const recipientPath = join(dataFolder, RECIPIENT);

  /** @throws BundleError `key` naming the file when one of its lines is no key */
  const list = (): readonly TrustedKey[] => {
    if (!existsSync(trustedPath)) return [];
    return readFileSync(trustedPath, "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return readTrusted(line) ?? [];
        } catch (cause) {
          throw new DomainError("invalid", `${trustedPath} has a line that is no public key: correct or remove it`, {
            cause,
          });
        }
      });
  };
  const write = (keys: readonly TrustedKey[]): void =>
    replace(trustedPath, keys.map(({ line }) => `${line}\n`).join(""));

  return {
    /** Made when it is first asked for. */
    own: (): SigningKey => {
      if (existsSync(ownPath)) return loadSigningKey(readFileSync(ownPath, "utf8"));
      const key = createSigningKey();
      replace(ownPath, signingKeyToPem(key));
      return key;
    },
    /** What bundles for this machine are sealed with; made when it is first asked for. */
    recipient: (): RecipientKey => {
      if (existsSync(recipientPath)) return loadRecipientKey(readFileSync(recipientPath, "utf8"));
      const key = createRecipientKey();
      replace(recipientPath, recipientKeyToPem(key));
      return key;
    },
    list,
    isTrusted: (wanted: string): boolean => list().some((key) => key.fingerprint === wanted),
    trust: (publicKey: string, name: string): TrustedKey => {
      const [type = "", body = ""] = publicKey.trim().split(" ");
      const key = readTrusted(`${type} ${body} ${plain(name)}`.trim());
      if (!key) throw new DomainError("invalid", "That is no public key: it begins with 'ssh-ed25519'");
      if (!list().some((one) => one.fingerprint === key.fingerprint)) write([...list(), key]);
      return key;
    },
    /** @throws DomainError `not_found` */
    forget: (wanted: string): void => {
      const keys = list();
      const rest = keys.filter((key) => key.fingerprint !== wanted);
      if (rest.length === keys.length)
        throw new DomainError("not_found", `No key ${wanted.slice(0, 80)} is trusted here`);
      write(rest);
    },
  };
};
