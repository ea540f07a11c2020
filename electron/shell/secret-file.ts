/** The file of secrets as it lies on the disk: either values that the system's keychain encrypted one by one, or one envelope. */
import type { Envelope } from "./secret-envelope.ts";

export interface KeychainFile {
  readonly version: 1;
  readonly kind: "keychain";
  /** Name → what the keychain made of the value, in base64. */
  readonly entries: Readonly<Record<string, string>>;
}

export type SecretFile = KeychainFile | Envelope;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((one) => typeof one === "string");

const isKeychainFile = (value: unknown): value is KeychainFile =>
  isObject(value) && value["version"] === 1 && value["kind"] === "keychain" && isTexts(value["entries"]);

const isEnvelope = (value: unknown): value is Envelope =>
  isObject(value) &&
  value["version"] === 1 &&
  value["kind"] === "passphrase" &&
  ["salt", "check", "nonce", "tag", "data"].every((name) => typeof value[name] === "string");

/** Reads the file's text; `undefined` for what is no such file, or one of a version to come. */
export const readSecretFile = (text: string): SecretFile | undefined => {
  try {
    const parsed: unknown = JSON.parse(text);
    return isKeychainFile(parsed) || isEnvelope(parsed) ? parsed : undefined;
  } catch {
    return undefined; // cut off or never ours: the caller says so
  }
};

/** The values inside an envelope. */
export const readValues = (text: string): Map<string, string> | undefined => {
  const parsed: unknown = JSON.parse(text);
  return isTexts(parsed) ? new Map(Object.entries(parsed)) : undefined;
};
