import { spawnSync } from "node:child_process";
import { generateKeyPairSync, verify } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeSums } from "../../build/package-sums.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outpost-sums-"));
  for (const name of ["b.deb", "a.exe"]) writeFileSync(at(name), name);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = (): string[] => [at("b.deb"), at("a.exe")];

const writeKey = (type: "ed25519" | "x25519") => {
  const pair = type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519");
  writeFileSync(at("key.pem.by-hand"), pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  return pair.publicKey;
};

test.runIf(process.platform === "linux")("sha256sum accepts the list, and refuses a file that was changed", () => {
  writeSums(folder, files());
  const check = () => spawnSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: folder, encoding: "utf8" });
  expect(check()).toMatchObject({ status: 0, stdout: "a.exe: OK\nb.deb: OK\n" });
  writeFileSync(at("a.exe"), "a.exf");
  expect(check().status).not.toBe(0);
});

test("the signature is of the list as it lies there, by the key given", () => {
  const key = writeKey("ed25519");
  writeSums(folder, files(), at("key.pem.by-hand"));
  const [list, signature] = [readFileSync(at("SHA256SUMS")), readFileSync(at("SHA256SUMS.sig"))];
  expect(verify(null, list, key, signature)).toBe(true);
  expect(verify(null, Buffer.concat([list, Buffer.from("x")]), key, signature)).toBe(false);
});

test("without a key nothing is signed, and an older signature does not stay beside a newer list", () => {
  writeKey("ed25519");
  writeSums(folder, files(), at("key.pem.by-hand"));
  writeSums(folder, files());
  expect(existsSync(at("SHA256SUMS.sig"))).toBe(false);
});

test("a key of another kind is refused, and nothing is signed", () => {
  writeKey("x25519");
  expect(() => writeSums(folder, files(), at("key.pem.by-hand"))).toThrow("holds no Ed25519 key");
  expect(existsSync(at("SHA256SUMS.sig"))).toBe(false);
});
