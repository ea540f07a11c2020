import { expect, test } from "vitest";
import { createProxyChoice, isExempt, isLoopback, proxyAuthorization } from "../../../../electron/remote/http/proxy.ts";
import { CANARY } from "../../../helpers/canary.ts";

test.each([
  ["https://gitlab.example.com", "*", true],
  ["https://gitlab.example.com", "gitlab.example.com", true],
  ["https://GITLAB.example.com", "GitLab.Example.COM", true],
  ["https://gitlab.example.com", "example.com", true],
  ["https://gitlab.example.com", ".example.com", true],
  ["https://gitlab.example.com", "*.example.com", true],
  ["https://gitlab.example.com", "other, example.com", true],
  ["https://gitlab.example.com", "other example.com", true],
  ["https://badexample.com", "example.com", false],
  ["https://example.com.evil.org", "example.com", false],
  ["https://gitlab.example.com", "gitlab.example.com:443", true],
  ["https://gitlab.example.com", "gitlab.example.com:8443", false],
  ["https://gitlab.example.com:8443", "example.com:8443", true],
  ["https://10.1.2.3", "10.0.0.0/8", true],
  ["https://11.1.2.3", "10.0.0.0/8", false],
  ["https://10.1.2.3", "10.0.0.0/99", false],
  ["https://10.1.2.3", "10.0.0.0/x", false],
  ["https://10.1.2.3", "10.1.2.3", true],
  ["https://10.1.2.3", "3", false],
  ["https://[fd00::1]", "fd00::/8", true],
  ["https://[fd00::1]", "fd00::1", true],
  ["https://gitlab.example.com", "", false],
])("%s with NO_PROXY=%j: %s", (url, noProxy, expected) => {
  expect(isExempt(new URL(url), noProxy)).toBe(expected);
});

const outside = new URL("https://gitlab.example.com/");
const env = { HTTPS_PROXY: "http://up:1", HTTP_PROXY: "plain:2", NO_PROXY: "inside.example" };

test.each([
  ["its own setting", { proxy: "http://own:3" }, env, outside, "own:3"],
  ["its own setting, without a scheme", { proxy: "own:3" }, env, outside, "own:3"],
  ["its own exceptions", { proxy: "http://own:3", noProxy: "example.com" }, env, outside, undefined],
  [
    "the environment's exceptions are not for its own proxy",
    { proxy: "http://own:3" },
    { NO_PROXY: "*" },
    outside,
    "own:3",
  ],
  ["the environment's", {}, env, outside, "up:1"],
  ["the environment's for plain HTTP", {}, env, new URL("http://gitlab.example.com"), "plain:2"],
  ["small letters first", {}, { https_proxy: "http://small:4", ...env }, outside, "small:4"],
  ["one for all", {}, { all_proxy: "http://all:5" }, outside, "all:5"],
  ["an exception", {}, env, new URL("https://a.inside.example"), undefined],
  ["this machine itself", {}, env, new URL("http://127.0.0.1:5000"), undefined],
  ["this machine itself, where that is set", { proxy: "http://own:3" }, {}, new URL("http://localhost:5000"), "own:3"],
  ["none at all", { proxy: "" }, {}, outside, undefined],
])("%s", (_name, settings, environment, url, expected) => {
  expect(createProxyChoice(settings, environment)(url)?.host).toBe(expected);
});

test('"" turns the environment\'s proxy off', () => {
  expect(createProxyChoice({ proxy: "" }, env)(outside)).toBeUndefined();
});

test("a proxy that is none is refused without repeating it: it may hold a password", () => {
  const bad = `socks5://me:${CANARY}@proxy`;
  expect(() => createProxyChoice({ proxy: bad }, {})).toThrow(/not an address such as/);
  expect(() => createProxyChoice({ proxy: bad }, {})).not.toThrow(CANARY);
  expect(() => createProxyChoice({}, { HTTPS_PROXY: bad })(outside)).toThrow(/HTTPS_PROXY/);
});

test("name and password of a proxy", () => {
  expect(proxyAuthorization(new URL("http://me:a%40b@proxy"))).toBe(
    `Basic ${Buffer.from("me:a@b").toString("base64")}`,
  );
  expect(proxyAuthorization(new URL("http://proxy"))).toBeUndefined();
  const literal = new URL("http://me:50%@proxy");
  expect(proxyAuthorization(literal)).toBe(`Basic ${Buffer.from("me:50%").toString("base64")}`);
});

test.each([
  ["localhost", true],
  ["a.localhost", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["128.0.0.1", false],
  ["localhost.evil.org", false],
])("%s is this machine: %s", (host, expected) => expect(isLoopback(host)).toBe(expected));
