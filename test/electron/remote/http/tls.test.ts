/** Nothing is trusted by accident, and what is not trusted has a name. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeCertificate } from "./certificates.ts";
import { serve, serveTls, setupClient, troubleOf } from "./setup.ts";

const authority = makeCertificate({ name: "Acme Test Root" });
const here = { issuer: authority, hosts: ["localhost", "127.0.0.1"] };
const good = makeCertificate({ name: "git.acme.test", ...here });

const setup = async (identity = good, ca: readonly string[] = [authority.cert], host = "127.0.0.1") => {
  let calls = 0;
  const port = await serveTls(identity, (_request, response) => {
    calls += 1;
    response.setHeader("content-type", "application/json");
    response.end('{"ok":true}');
  });
  return { ...setupClient({ baseUrl: `https://${host}:${port}`, ca }), calls: () => calls };
};

test.each(["127.0.0.1", "localhost"])("a certificate of a given authority is trusted, for %s", async (host) => {
  const { get, post } = await setup(good, [authority.cert], host);
  expect((await get()).value).toEqual({ ok: true });
  expect((await post()).value).toEqual({ ok: true });
});

test("a PEM file may hold several certificates, and text between them", async () => {
  const other = makeCertificate({ name: "Other Root" });
  const { get } = await setup(good, [`# ours\n${other.cert}\nsubject=x\n${authority.cert}`]);
  expect((await get()).value).toEqual({ ok: true });
});

describe("not trusted", () => {
  const selfSigned = makeCertificate({ name: "self.acme.test", hosts: ["127.0.0.1"] });
  const expired = makeCertificate({ name: "old.acme.test", ...here, validUntil: -3 });
  const elsewhere = makeCertificate({ name: "else.acme.test", issuer: authority, hosts: ["else.acme.test"] });
  test.each([
    [
      "an unknown issuer",
      good,
      [],
      [/subject "git\.acme\.test", "Acme"/, /issuer "Acme Test Root"/, /add the certificate of/, /PEM/],
    ],
    ["signed by itself", selfSigned, [authority.cert], [/SELF_SIGNED/, /self\.acme\.test/, /PEM/]],
    ["expired", expired, [authority.cert], [/CERT_HAS_EXPIRED/, /old\.acme\.test/, /valid until .*GMT/, /renew/]],
    ["for another name", elsewhere, [authority.cert], [/ALTNAME/, /DNS:else\.acme\.test, not for 127\.0\.0\.1/]],
  ] as const)("%s: named, and nothing is sent", async (_name, identity, ca, says) => {
    const { get, post, calls, waits } = await setup(identity, ca);
    const error = await troubleOf(post());
    expect(error).toMatchObject({ trouble: "insecure", maybeDone: false });
    for (const pattern of says) expect(error.message).toMatch(pattern);
    expect(await troubleOf(get())).toMatchObject({ trouble: "insecure" });
    expect({ calls: calls(), waits }).toEqual({ calls: 0, waits: [] });
  });

  test("not even where the environment asks for it", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { get, calls } = await setup(good, []);
    expect(await troubleOf(get())).toMatchObject({ trouble: "insecure" });
    expect(calls()).toBe(0);
  });

  test("a service without TLS", async () => {
    const port = await serve((_request, response) => response.end("{}"));
    const { get } = setupClient({ baseUrl: `https://127.0.0.1:${port}` });
    expect(await troubleOf(get())).toMatchObject({ trouble: "insecure", maybeDone: false, message: /http:\/\// });
  });
});

test.each(["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])(
  "%j is no certificate: said so, instead of being passed over",
  async (pem) => {
    const { get } = await setup(good, [authority.cert, pem]);
    expect(await troubleOf(get())).toMatchObject({ trouble: "invalid", maybeDone: false, message: /PEM/ });
  },
);
