/** Class A: who is at the other end, and what he may do. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { postJson, request, verdict } from "../helpers/raw-http.ts";
import { setupGate } from "./setup-gate.ts";

const UNAUTHENTICATED = [401, "UNAUTHENTICATED"];
const DENIED = [403, "PERMISSION_DENIED"];
const THROTTLED = [429, "REQUEST_LIMIT_EXCEEDED"];
const CREATE = "/api/2.0/mlflow/runs/create";

const bearer = (token: string) => ["Authorization", `Bearer ${token}`] as const;
const basic = (user: string, password: string) =>
  ["Authorization", `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`] as const;
const whoami = async (port: number, headers: readonly (readonly [string, string])[] = [], host = "127.0.0.1") =>
  request(port, { path: "/whoami", headers }, { host });

const linux = process.platform === "linux";
const root = process.getuid?.() === 0;

test("the owner needs no token, and is named by uid where the system proves it", async () => {
  const { port } = await setupGate();
  const owner = linux
    ? { actor: `uid:${String(process.getuid?.())}`, role: "admin" }
    : { actor: "local user, unproven", role: "editor" };
  expect(JSON.parse((await whoami(port)).body)).toEqual({ ...owner, surface: "mlflow" });
});

test("where the system cannot prove a peer he is a local user, unproven, and may log", async () => {
  const { port } = await setupGate({ peerUid: undefined });
  const answer = await postJson(port, CREATE, {});
  expect(JSON.parse(answer.body)).toEqual({ actor: "local user, unproven", role: "editor", surface: "mlflow" });
  expect(verdict(await postJson(port, "/api/outpost/v1/admin/token-create", {}))).toEqual(DENIED);
});

test("A01 the policy require-token asks the owner too", async () => {
  const { port } = await setupGate({ requireToken: true });
  const answer = await whoami(port);
  expect(verdict(answer)).toEqual(UNAUTHENTICATED);
  expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /);
  expect(answer.body).toContain("MLFLOW_TRACKING_TOKEN");
});

test("A01 another uid needs a token, and so does a peer that could be proven and was not", async () => {
  for (const uid of [4242, 0, undefined]) {
    const { port, token } = await setupGate({ peerUid: () => Promise.resolve(uid), ownerUid: 1000 });
    expect(verdict(await whoami(port))).toEqual(UNAUTHENTICATED);
    expect(JSON.parse((await whoami(port, [bearer(await token("ci", "editor"))])).body)).toMatchObject({
      actor: "token:ci",
    });
  }
});

test("A01 a lookup that fails means a token is needed, and the log says so", async () => {
  const { port, warnings } = await setupGate({ peerUid: () => Promise.reject(new Error("EMFILE")) });
  expect(verdict(await whoami(port))).toEqual(UNAUTHENTICATED);
  expect(warnings).toEqual([expect.stringContaining("could not be looked up")]);
});

/** Asks as another OS user, through a client of that user's own. */
const askAs = async (uid: number, port: number, host: string): Promise<string> => {
  const client = `
    const socket = require("node:net").connect(${String(port)}, ${JSON.stringify(host)});
    socket.write("GET /whoami HTTP/1.1\\r\\nHost: 127.0.0.1:${String(port)}\\r\\nConnection: close\\r\\n\\r\\n");
    socket.on("data", (data) => process.stdout.write(data));`;
  const args = [`--reuid=${String(uid)}`, "--clear-groups", process.execPath, "-e", client];
  return (await promisify(execFile)("setpriv", args, { timeout: 20_000 })).stdout;
};

test.runIf(linux && root)("A01 a real other OS user is seen, over IPv4, mapped IPv4 and IPv6", async () => {
  const { port } = await setupGate();
  for (const host of ["127.0.0.1", "::ffff:127.0.0.1"]) expect(await askAs(65534, port, host)).toContain(" 401 ");
  expect(await askAs(0, port, "127.0.0.1")).toContain('"uid:0"');
  const six = await setupGate({ listen: "::1" });
  expect(await askAs(65534, six.port, "::1")).toContain(" 401 ");
  expect(await askAs(0, six.port, "::1")).toContain('"uid:0"');
});

test.runIf(linux)("A01 the owner over IPv4, mapped IPv4, another loopback address and IPv6", async () => {
  const owner = `uid:${String(process.getuid?.())}`;
  const { port } = await setupGate();
  for (const host of ["127.0.0.1", "::ffff:127.0.0.1"])
    expect(JSON.parse((await whoami(port, [], host)).body)).toMatchObject({ actor: owner });
  const far = await request(port, { path: "/whoami" }, { localAddress: "127.8.9.10" });
  expect(JSON.parse(far.body)).toMatchObject({ actor: owner });
  const six = await setupGate({ listen: "::1" });
  expect(JSON.parse((await whoami(six.port, [], "::1")).body)).toMatchObject({ actor: owner });
});

test("A02 a right token as Bearer and as Basic password, with any user name", async () => {
  const { port, token } = await setupGate({ requireToken: true });
  const secret = await token("ci", "editor");
  for (const header of [
    bearer(secret),
    basic("", secret),
    basic("anybody", secret),
    ["authorization", `bearer ${secret}`] as const,
  ])
    expect(JSON.parse((await whoami(port, [header])).body)).toEqual({
      actor: "token:ci",
      role: "editor",
      surface: "mlflow",
    });
});

test("A02 wrong tokens in every form are 401", async () => {
  const { port, token } = await setupGate({ requireToken: true });
  const secret = await token("ci", "editor");
  const wrong = [
    bearer("nonsense"),
    bearer(secret.slice(0, -1)),
    bearer(`${secret}x`),
    basic("ci", "nonsense"),
    basic(secret, ""),
    ["Authorization", secret] as const,
    ["Authorization", `Digest ${secret}`] as const,
    ["X-Api-Key", secret] as const,
    ["Cookie", `token=${secret}`] as const,
  ];
  for (const header of wrong) expect(verdict(await whoami(port, [header]))).toEqual(UNAUTHENTICATED);
  expect((await whoami(port, [bearer(secret), bearer(secret)])).status).toBe(400);
});

test("A02 a token in the query is not read", async () => {
  const { port, token } = await setupGate({ requireToken: true });
  const secret = await token("ci", "admin");
  for (const name of ["token", "access_token", "private_token", "authorization"])
    expect(verdict(await request(port, { path: `/whoami?${name}=${secret}` }))).toEqual(UNAUTHENTICATED);
});

test("A02 the eleventh wrong token within a minute is 429, a right one never, and after the minute it is 401 again", async () => {
  let now = 1_000_000;
  const { port, token } = await setupGate({ requireToken: true, now: () => now });
  const secret = await token("ci", "editor");
  for (let i = 0; i < 10; i++)
    expect(verdict(await whoami(port, [bearer(`wrong${String(i)}`)]))).toEqual(UNAUTHENTICATED);
  expect(verdict(await whoami(port, [bearer("wrong")]))).toEqual(THROTTLED);
  expect((await whoami(port, [bearer(secret)])).status).toBe(200);
  expect(verdict(await whoami(port))).toEqual(UNAUTHENTICATED); // no token at all is no guess
  now += 60_001;
  expect(verdict(await whoami(port, [bearer("wrong")]))).toEqual(UNAUTHENTICATED);
});

test("A02 the wrong tokens of one uid do not lock another one out", async () => {
  let uid = 1;
  const { port } = await setupGate({ peerUid: () => Promise.resolve(uid), ownerUid: 1000 });
  for (let i = 0; i < 11; i++) await whoami(port, [bearer("wrong")]);
  expect(verdict(await whoami(port, [bearer("wrong")]))).toEqual(THROTTLED);
  uid = 2;
  expect(verdict(await whoami(port, [bearer("wrong")]))).toEqual(UNAUTHENTICATED);
});

test("A02 a revoked token is refused at once, on an open connection too", async () => {
  const { port, token, access, writer } = await setupGate({ requireToken: true });
  const header = bearer(await token("ci", "editor"));
  expect((await whoami(port, [header])).status).toBe(200);
  await writer.write({ actor: "test", surface: "test" }, () => access.revoke("ci"));
  expect(verdict(await whoami(port, [header]))).toEqual(UNAUTHENTICATED);
});

test("the owner's script may carry a token for another server", async () => {
  const { port } = await setupGate({ peerUid: () => Promise.resolve(1000), ownerUid: 1000 });
  expect(JSON.parse((await whoami(port, [bearer("glpat-of-somewhere-else")])).body)).toMatchObject({
    actor: "uid:1000",
  });
});

test("a viewer reads and searches; what changes anything is denied, naming the role", async () => {
  const { port, token } = await setupGate({ requireToken: true });
  const header = bearer(await token("eyes", "viewer"));
  expect((await whoami(port, [header])).status).toBe(200);
  expect((await postJson(port, "/api/2.0/mlflow/runs/search", {}, [header])).status).toBe(200);
  const denied = await postJson(port, CREATE, {}, [header]);
  expect(verdict(denied)).toEqual(DENIED);
  expect(denied.body).toContain("'viewer'");
  for (const path of [`${CREATE}?x=/runs/search`, `${CREATE}/../search`, `${CREATE}%3f/search`, `${CREATE};/search`])
    expect(verdict(await postJson(port, path, {}, [header]))).toEqual(DENIED);
  for (const method of ["PUT", "PATCH", "DELETE"])
    expect(verdict(await request(port, { method, path: "/whoami", headers: [header] }))).toEqual(DENIED);
});

test("only an admin, the owner among them, may manage tokens", async () => {
  const { port, token } = await setupGate({ requireToken: true });
  const ask = async (role: "viewer" | "editor" | "approver" | "admin") =>
    (await postJson(port, "/api/outpost/v1/admin/token-create", {}, [bearer(await token(role, role))])).status;
  expect([await ask("viewer"), await ask("editor"), await ask("approver"), await ask("admin")]).toEqual([
    403, 403, 403, 200,
  ]);
});
