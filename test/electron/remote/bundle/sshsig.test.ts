import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  allowedSignersLine,
  createSigningKey,
  fingerprint,
  loadSigningKey,
  parsePublicKeyLine,
  publicKeyLine,
  sign,
  signingKeyToPem,
  verify,
} from "../../../../electron/remote/bundle/sshsig.ts";
import { lacking, runTool } from "../../../helpers/setup-bundle.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const message = Buffer.from("what is signed\n");

test("a signature names its key, and belongs to these bytes only", () => {
  const key = createSigningKey();
  const signature = sign(message, key);
  expect(verify(message, signature)).toEqual({ fingerprint: fingerprint(key), publicKey: publicKeyLine(key) });
  expect(() => verify(Buffer.from("what is signed"), signature)).toThrow("does not belong to");
});

test("a key comes back from its PEM form, and only an Ed25519 key does", () => {
  const key = createSigningKey();
  expect(fingerprint(loadSigningKey(signingKeyToPem(key)))).toBe(fingerprint(key));
  const other = generateKeyPairSync("x25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  for (const wrong of ["", "no key", other]) expect(() => loadSigningKey(wrong)).toThrow("not an Ed25519 private key");
});

test("a public key is read from its line, with or without a comment, and from no other", () => {
  const key = createSigningKey();
  expect(parsePublicKeyLine(publicKeyLine(key)).publicKey).toEqual(key.publicKey);
  expect(fingerprint(parsePublicKeyLine(publicKeyLine(key, "lab@ws3")))).toBe(fingerprint(key));
  for (const wrong of ["", "ssh-rsa AAAA", publicKeyLine(key).slice(0, -8), `x${publicKeyLine(key)}`]) {
    expect(() => parsePublicKeyLine(wrong)).toThrow("not an OpenSSH public key");
  }
});

test("every changed character of a signature is refused", () => {
  const signature = sign(message, createSigningKey());
  for (let at = 0; at < signature.length; at += 1) {
    const changed = signature.slice(0, at) + (signature[at] === "A" ? "B" : "A") + signature.slice(at + 1);
    expect(() => verify(message, changed), `at ${at}`).toThrow();
  }
  for (const changed of [
    `${signature}\n`,
    ` ${signature}`,
    signature.replaceAll("\n", "\r\n"),
    signature.trimEnd(),
    "",
  ]) {
    expect(() => verify(message, changed)).toThrow("not an Ed25519 signature");
  }
});

test("a signer's name that an allowed_signers line would read as something else is refused", () => {
  for (const wrong of ["", "*", "a b", "a,b", 'a"b', "#x"]) {
    expect(() => allowedSignersLine(createSigningKey(), wrong)).toThrow("cannot be a signer's name");
  }
});

const missing = lacking("ssh-keygen");
describe.skipIf(missing)(`OpenSSH's own tool${missing ? ` (skipped: no ${missing} here)` : ""}`, () => {
  const setup = () => {
    const folder = temporaryFolder();
    const key = createSigningKey();
    const paths = {
      key: join(folder, "key.pub"),
      allowed: join(folder, "allowed"),
      signature: join(folder, "s.sshsig"),
    };
    writeFileSync(paths.key, publicKeyLine(key, "lab@ws3"));
    writeFileSync(paths.allowed, `${allowedSignersLine(key, "lab@ws3")}\n`);
    writeFileSync(paths.signature, sign(message, key));
    const verifyWith = (identity: string, input: Buffer, namespace = "outpost-bundle") =>
      runTool(
        "ssh-keygen",
        ["-Y", "verify", "-f", paths.allowed, "-I", identity, "-n", namespace, "-s", paths.signature],
        { input },
      );
    return { key, paths, verifyWith };
  };

  test("accepts our signature, for our purpose and bytes only", () => {
    const { verifyWith } = setup();
    expect(verifyWith("lab@ws3", message)).toMatchObject({ status: 0, output: expect.stringContaining("Good") });
    expect(verifyWith("lab@ws3", Buffer.from("other")).status).not.toBe(0);
    expect(verifyWith("someone", message).status).not.toBe(0);
    expect(verifyWith("lab@ws3", message, "file").status).not.toBe(0);
  });

  test("prints the fingerprint that we print", () => {
    const { key, paths } = setup();
    expect(runTool("ssh-keygen", ["-l", "-f", paths.key]).output).toContain(` ${fingerprint(key)} `);
  });

  test.each(["sha512", "sha256"])("makes signatures that we accept (%s)", (hash) => {
    const folder = temporaryFolder();
    const keyFile = join(folder, "id.by-hand");
    expect(runTool("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", keyFile]).status).toBe(0);
    const input = message;
    const signed = runTool(
      "ssh-keygen",
      ["-Y", "sign", "-f", keyFile, "-n", "outpost-bundle", "-O", `hashalg=${hash}`],
      { input },
    );
    const signature = signed.output.slice(
      signed.output.indexOf("-----BEGIN"),
      signed.output.indexOf("-----END SSH SIGNATURE-----") + 28,
    );
    const { output } = runTool("ssh-keygen", ["-l", "-f", keyFile]);
    expect(output).toContain(verify(message, signature).fingerprint);
  });
});
