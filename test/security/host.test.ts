/** Class H: a request must be addressed to us by an exact name, so that no other site's name can be pointed at us. */
import { describe, expect, test } from "vitest";
import { bytesOf, request, sendRaw, verdict } from "../helpers/raw-http.ts";
import { setupGate } from "./setup-gate.ts";

const DENIED = [403, "PERMISSION_DENIED"];
const INVALID = [400, "INVALID_PARAMETER_VALUE"];
const at = async (host: (port: number) => string, path = "/whoami") => {
  const { port } = await setupGate();
  return verdict(await request(port, { path, headers: [["Host", host(port)]] }));
};

describe("foreign names are refused", () => {
  test.each([
    ["H01", "evil.example.com"],
    ["H01", "127.0.0.1.nip.io"],
    ["H01", "127.1"],
    ["H01", "2130706433"],
    ["H02", "10.evil.example"],
    ["H03", "192.168.evil.example"],
    ["H07", "0.0.0.0"],
    ["H07", "[::]"],
    ["H01", "localhost."],
    ["H01", "127.0.0.2"],
    ["H01", "0x7f.0.0.1"],
  ])("%s Host %s, with our port and without", async (_id, name) => {
    expect(await at((port) => `${name}:${String(port)}`)).toEqual(DENIED);
    expect(await at(() => name)).toEqual(DENIED);
  });

  test("H03 Host 192.168.evil.example:80", async () =>
    expect(await at(() => "192.168.evil.example:80")).toEqual(DENIED));

  test("H01 our name with another port, or none", async () => {
    expect(await at((port) => `127.0.0.1:${String(port + 1)}`)).toEqual(DENIED);
    expect(await at(() => "localhost")).toEqual(DENIED);
    expect(await at(() => "localhost:")).toEqual(DENIED);
  });

  test("H05 a Host that is no host and port is malformed", async () => {
    expect(await at((port) => `localhost:${String(port)}.evil.example`)).toEqual(INVALID);
    expect(await at((port) => `user@localhost:${String(port)}`)).toEqual(INVALID);
    expect(await at((port) => `localhost:${String(port)}/x`)).toEqual(INVALID);
    expect(await at((port) => `localhost:${String(port)}, localhost:${String(port)}`)).toEqual(INVALID);
  });
});

describe("our own names pass", () => {
  test.each([
    ["H08", "LOCALHOST"],
    ["H09", "[::1]"],
    ["H08", "127.0.0.1"],
    ["H08", "LocalHost"],
  ])("%s Host %s", async (_id, name) => expect((await at((port) => `${name}:${String(port)}`))[0]).toBe(200));

  test("H08 a configured name passes exactly, with its port", async () => {
    const { port } = await setupGate({ allowedHosts: ["Tunnel.Example:8443"] });
    const status = async (host: string) => (await request(port, { path: "/whoami", headers: [["Host", host]] })).status;
    expect(await status("tunnel.example:8443")).toBe(200);
    expect(await status("tunnel.example")).toBe(403);
    expect(await status(`tunnel.example:${String(port)}`)).toBe(403);
    expect(await status("x.tunnel.example:8443")).toBe(403);
  });
});

test.each(["1.1", "1.0"])("H10 no Host in HTTP/%s", async (version) => {
  const { port } = await setupGate();
  expect(verdict(await request(port, { path: "/whoami", noHost: true, version }))).toEqual(INVALID);
});

test("H11 two Host headers, in either order", async () => {
  const { port } = await setupGate();
  const own = ["Host", `127.0.0.1:${String(port)}`] as const;
  const evil = ["hOST", "evil.example"] as const;
  for (const headers of [
    [own, evil],
    [evil, own],
    [own, own],
  ])
    expect(verdict(await request(port, { path: "/whoami", headers }))).toEqual(INVALID);
});

test("H12 an empty Host", async () => expect(await at(() => "")).toEqual(DENIED));

test("H13 an absolute-form target, foreign or our own", async () => {
  const { port } = await setupGate();
  const own = `http://127.0.0.1:${String(port)}/whoami`;
  for (const path of ["http://evil.example/whoami", own, "evil.example/whoami"])
    expect(verdict(await request(port, { path }))[0]).toBe(400);
});

test("H14 forwarding headers change nothing", async () => {
  const { port } = await setupGate();
  const forwarded = ["X-Forwarded-Host", "X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Original-URL"];
  const headers = forwarded.map((name) => [name, "evil.example"] as const);
  const plain = await request(port, { path: "/whoami" });
  expect(await request(port, { path: "/whoami", headers })).toMatchObject({ status: 200, body: plain.body });
  const evil = [
    ["Host", "evil.example"],
    ["X-Forwarded-Host", `127.0.0.1:${String(port)}`],
  ] as const;
  expect((await request(port, { path: "/whoami", headers: evil })).status).toBe(403);
});

test.each(["/health", "/version", "/", "/no/such/path", "/%", "/%zz"])(
  "H15 %s tells a foreign Host nothing",
  async (path) => {
    expect(await at(() => "evil.example", path)).toEqual(DENIED);
  },
);

test("H11 a second Host after many headers is seen", async () => {
  const { port } = await setupGate();
  const filler = Array.from({ length: 90 }, (_x, i) => [`X-${String(i)}`, "y"] as const);
  const headers = [["Host", `127.0.0.1:${String(port)}`] as const, ...filler, ["Host", "evil.example"] as const];
  expect(verdict(await request(port, { path: "/whoami", headers }))).toEqual(INVALID);
});

test("H13 a refused request does not carry the next one on its connection past the gate", async () => {
  const { port } = await setupGate();
  const evil = bytesOf(port, {
    method: "POST",
    path: "/whoami",
    headers: [["Host", "evil.example"]],
    body: "GET /whoami HTTP/1.1\r\n\r\n",
  });
  const both = Buffer.concat([
    evil,
    bytesOf(port, {
      path: "/whoami",
      headers: [
        ["Host", "evil.example"],
        ["Connection", "close"],
      ],
    }),
  ]);
  const answer = await sendRaw(port, both, { untilClosed: true });
  expect(answer.status).toBe(403);
  expect(answer.body.match(/HTTP\/1\.1 403/g)).toHaveLength(1); // the second answer follows the first
  expect(answer.body).not.toContain("actor");
});
