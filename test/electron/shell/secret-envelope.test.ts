import { beforeAll, expect, test } from "vitest";
import {
  makeKeys,
  openEnvelope,
  seal,
  unlock,
  type Envelope,
  type Keys,
} from "../../../electron/shell/secret-envelope.ts";
import { CANARY, gitlabToken, password } from "../../helpers/canary.ts";

const PASSPHRASE = password("correct horse ");
const TEXT = JSON.stringify({ "gitlab/token": gitlabToken("shell") });
let keys: Keys;
let envelope: Envelope;

beforeAll(async () => {
  keys = await makeKeys(PASSPHRASE);
  envelope = seal(keys, TEXT);
}, 60_000);

const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, "base64");
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return bytes.toString("base64");
};

test("what is sealed comes back by the passphrase alone, and shows nothing of itself", async () => {
  const again = await unlock(envelope, PASSPHRASE);
  expect(openEnvelope(again, envelope)).toBe(TEXT);
  const file = JSON.stringify(envelope);
  expect(file).not.toContain(CANARY);
  expect(file).not.toContain("gitlab");
  expect(file).not.toContain("horse");
}, 60_000);

test("a wrong passphrase is told from a damaged file", async () => {
  await expect(unlock(envelope, `${PASSPHRASE}z`)).rejects.toMatchObject({
    kind: "denied",
    message: "That is not the passphrase of the stored secrets",
  });
  await expect(unlock(envelope, "short")).rejects.toMatchObject({ kind: "denied" });
}, 60_000);

test("two seals of one text share nothing but their keys", () => {
  const other = seal(keys, TEXT);
  expect(other.nonce).not.toBe(envelope.nonce);
  expect(other.data).not.toBe(envelope.data);
  expect(other.salt).toBe(envelope.salt);
});

test.each(["data", "tag", "nonce", "salt", "check"] as const)("a changed byte in %s is found", (part) => {
  expect(() => openEnvelope(keys, { ...envelope, [part]: flipped(envelope[part]) })).toThrow(/damaged or was changed/);
});

test.each(["tag", "nonce"] as const)("a cut %s is found, and never taken for a shorter one", (part) => {
  const cut = Buffer.from(envelope[part], "base64").subarray(0, 4).toString("base64");
  expect(() => openEnvelope(keys, { ...envelope, [part]: cut })).toThrow(/damaged or was changed/);
});

test("cut content is found", () => {
  const data = Buffer.from(envelope.data, "base64").subarray(0, -1).toString("base64");
  expect(() => openEnvelope(keys, { ...envelope, data })).toThrow(/damaged or was changed/);
});

test("a cut salt is damage, not a wrong passphrase", async () => {
  await expect(unlock({ ...envelope, salt: "AAAA" }, PASSPHRASE)).rejects.toMatchObject({
    kind: "corrupt",
  });
});

test("a short passphrase is refused before anything is written", async () => {
  await expect(makeKeys("7 chars")).rejects.toThrow("The passphrase must have at least 8 characters");
});
