/** Through proxies: a tunnel for TLS, whole addresses for plain HTTP, and what a proxy refuses has a name. */
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpTarget } from "../../../../electron/remote/http/client.ts";
import { makeCertificate } from "./certificates.ts";
import { CANARY, closedPort, raw, serve, serveRaw, serveTls, setupClient, troubleOf } from "./setup.ts";
import { password } from "../../../helpers/canary.ts";

const authority = makeCertificate({ name: "Acme Test Root" });
const identity = makeCertificate({ name: "git.acme.test", issuer: authority, hosts: ["127.0.0.1"] });
const ca = [authority.cert];

/** A proxy that notes what it is asked and passes all on, or refuses with a status. */
const setupProxy = async (refuse = 0) => {
  const asked: { line: string; authorization: string | undefined; token: string | undefined }[] = [];
  const note = ({ method = "", url = "", headers }: IncomingMessage): void => {
    const token = headers.authorization;
    asked.push({ line: `${method} ${url}`, authorization: headers["proxy-authorization"], token });
  };
  const proxy = createServer((request: IncomingMessage, response: ServerResponse) => {
    note(request);
    if (refuse !== 0) return void response.writeHead(refuse).end();
    const { "proxy-authorization": _own, ...headers } = request.headers;
    const onward = httpRequest(request.url ?? "", { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  const open = new Set<Socket>();
  proxy.on("connect", (request: IncomingMessage, client: Socket) => {
    note(request);
    open.add(client);
    client.on("error", () => {});
    if (refuse !== 0) return void client.end(`HTTP/1.1 ${refuse} No\r\nContent-Length: 2\r\n\r\nno`);
    const [host = "", port] = (request.url ?? "").split(":");
    const target = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(client).pipe(target);
    });
    open.add(target);
    target.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.close();
    proxy.closeAllConnections();
    open.forEach((socket) => socket.destroy());
  });
  return { port: (proxy.address() as AddressInfo).port, asked };
};

const ok = (_request: IncomingMessage, response: ServerResponse): void => {
  response.setHeader("content-type", "application/json");
  response.end('{"ok":true}');
};

describe.each(["http", "https"] as const)("%s through a proxy", (scheme) => {
  const setup = async (more: Partial<HttpTarget> = {}, refuse = 0) => {
    const proxy = await setupProxy(refuse);
    const port = scheme === "https" ? await serveTls(identity, ok) : await serve(ok);
    const baseUrl = `${scheme}://127.0.0.1:${port}/api`;
    const settings = { proxy: `http://me:${password("proxy-")}@127.0.0.1:${proxy.port}`, ca, ...more };
    return { ...setupClient({ baseUrl, ...settings }), asked: proxy.asked, port };
  };

  test("arrives, and the proxy learns of its own password only", async () => {
    const { get, post, asked, port } = await setup();
    expect((await get("/a")).value).toEqual({ ok: true });
    expect((await post("/b")).value).toEqual({ ok: true });
    const basic = `Basic ${Buffer.from(`me:${password("proxy-")}`).toString("base64")}`;
    const lines =
      scheme === "https"
        ? [`CONNECT 127.0.0.1:${port}`] // once, and used again
        : [`GET http://127.0.0.1:${port}/api/a`, `POST http://127.0.0.1:${port}/api/b`];
    expect(asked.map(({ line }) => line)).toEqual(lines);
    expect(asked.every(({ authorization }) => authorization === basic)).toBe(true);
    if (scheme === "https") expect(JSON.stringify(asked)).not.toContain(CANARY);
  });

  test("goes straight where NO_PROXY says so", async () => {
    const { get, asked } = await setup({ noProxy: "127.0.0.0/8" });
    expect((await get()).value).toEqual({ ok: true });
    expect(asked).toEqual([]);
  });

  test("a proxy that wants a password is named, without what it was told", async () => {
    const { get, post } = await setup({}, 407);
    for (const error of [await troubleOf(get()), await troubleOf(post())]) {
      expect(error).toMatchObject({ trouble: "captive", maybeDone: false, status: 407 });
      expect(error.message).toMatch(/proxy.*password \(407\)/);
      expect(error.message).not.toContain(password(""));
    }
  });

  test("a proxy that does not answer is offline", async () => {
    const { post } = await setup({ proxy: `http://127.0.0.1:${await closedPort()}` });
    expect(await troubleOf(post())).toMatchObject({ trouble: "offline", maybeDone: false });
  });
});

test("a proxy that makes no tunnel is named, and nothing was sent", async () => {
  const { port } = await setupProxy(503);
  const { post } = setupClient({ baseUrl: "https://git.acme.test", proxy: `http://127.0.0.1:${port}` });
  expect(await troubleOf(post())).toMatchObject({
    trouble: "offline",
    maybeDone: false,
    message: /proxy 127\.0\.0\.1:\d+ does not connect to git\.acme\.test: it answered 503/,
  });
});

test("a connection to a proxy that makes no tunnel does not stay behind", async () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const port = await serveRaw((socket) => {
    socket.on("close", () => resolve());
    socket.write("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"); // and it would stay open for more
  });
  const { post } = setupClient({ baseUrl: "https://git.acme.test", proxy: `127.0.0.1:${port}` });
  expect(await troubleOf(post())).toMatchObject({ trouble: "offline" });
  await ended;
});

test("a proxy that speaks no HTTP, or nothing at all", async () => {
  const nonsense = await serveRaw((socket) => socket.end("SSH-2.0\r\n"));
  const baseUrl = "https://git.acme.test";
  const { post } = setupClient({ baseUrl, proxy: `127.0.0.1:${nonsense}` });
  expect(await troubleOf(post())).toMatchObject({ trouble: "offline", maybeDone: false });
  const silent = await serveRaw(() => {});
  const { post: wait } = setupClient({ baseUrl, proxy: `127.0.0.1:${silent}`, timeouts: { connectMs: 50 } });
  expect(await troubleOf(wait())).toMatchObject({ trouble: "offline", message: /git\.acme\.test within/ });
});

test("a proxy that opens TLS by a certificate of its own is named", async () => {
  const spy = makeCertificate({ name: "Corporate Inspection CA" });
  const forged = makeCertificate({ name: "git.acme.test", issuer: spy, hosts: ["127.0.0.1"] });
  const proxy = await setupProxy();
  const port = await serveTls(forged, ok);
  const baseUrl = `https://127.0.0.1:${port}`;
  const { post } = setupClient({ baseUrl, proxy: `127.0.0.1:${proxy.port}`, ca });
  expect(await troubleOf(post())).toMatchObject({
    trouble: "insecure",
    maybeDone: false,
    message: /Corporate Inspection CA/,
  });
  const { get } = setupClient({ baseUrl, proxy: `127.0.0.1:${proxy.port}`, ca: [spy.cert] });
  expect((await get()).value).toEqual({ ok: true });
});

test("the way to the proxy itself may be TLS", async () => {
  const lines: string[] = [];
  const port = await serveTls(identity, (request, response) => {
    lines.push(request.url ?? "");
    ok(request, response);
  });
  const { get } = setupClient({ baseUrl: "http://git.acme.test/api", proxy: `https://127.0.0.1:${port}`, ca });
  expect((await get("/a")).value).toEqual({ ok: true });
  expect(lines).toEqual(["http://git.acme.test/api/a"]);
});

test("the environment's proxy is used, but not for this machine itself", async () => {
  const seen: string[] = [];
  const proxy = await serveRaw((socket, first) => {
    seen.push(first.toString().split("\r\n")[0] ?? "");
    socket.end(raw(200, '{"by":"proxy"}'));
  });
  const env = { http_proxy: `http://127.0.0.1:${proxy}` };
  const { get } = setupClient({ baseUrl: "http://git.acme.test" }, env);
  expect((await get("/a")).value).toEqual({ by: "proxy" });
  expect(seen).toEqual(["GET http://git.acme.test/a HTTP/1.1"]);
  const { get: local } = setupClient({ baseUrl: `http://127.0.0.1:${await serve(ok)}` }, env);
  expect((await local()).value).toEqual({ ok: true });
});
