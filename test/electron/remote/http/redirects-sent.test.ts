/** Redirects over real connections: who gets to see the token, and what becomes of writes. */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { makeCertificate } from "./certificates.ts";
import { CANARY, readBody, serve, serveTls, setupClient, troubleOf } from "./setup.ts";

interface Seen {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers with a redirect for each address in the table, and with JSON for all others. */
const setupServer = async (redirects: Record<string, readonly [number, string]> = {}) => {
  const seen: Seen[] = [];
  const port = await serve((request, response) => {
    void readBody(request).then((body) => {
      const { method = "", url = "", headers } = request;
      seen.push({ line: `${method} ${url}`, headers, body: body.toString() });
      const [status, location] = redirects[url] ?? [];
      if (status !== undefined) return response.writeHead(status, { location }).end();
      return response.writeHead(200, { "content-type": "application/json" }).end('{"end":true}');
    });
  });
  const base = `http://127.0.0.1:${port}`;
  return { base, seen, ...setupClient({ baseUrl: base }) };
};

test("within the same origin a read follows, with its token", async () => {
  const { get, seen, ledger } = await setupServer({ "/x": [301, "/y"], "/y": [308, "z"] });
  expect((await get()).value).toEqual({ end: true });
  expect(seen.map(({ line }) => line)).toEqual(["GET /x", "GET /y", "GET /z"]);
  expect(seen.every(({ headers }) => headers.authorization === `Bearer ${CANARY}`)).toBe(true);
  expect(ledger.map(({ status }) => status)).toEqual([301, 308, 200]);
});

test("a write follows only what asks to send it again, with its body", async () => {
  const { post, client, seen } = await setupServer({ "/x": [307, "/y"], "/moved": [302, "/y"] });
  expect((await post()).value).toEqual({ end: true });
  expect(seen.at(-1)).toMatchObject({ line: "POST /y", body: '{"a":1}' });
  expect(await troubleOf(post("/moved"))).toMatchObject({ trouble: "garbled", maybeDone: true });
  expect(seen).toHaveLength(3);
  const put = { method: "PUT", path: "/x", length: 4 } as const;
  await client.upload({ ...put, body: () => Readable.from([Buffer.from("file")]) });
  expect(seen.at(-1)).toMatchObject({ line: "PUT /y", body: "file" });
  const spent = client.upload({ ...put, body: Readable.from([Buffer.from("file")]) });
  expect(await troubleOf(spent)).toMatchObject({ trouble: "garbled", message: /a second time/ });
});

test("an API call never goes to another host, nor does its token", async () => {
  const other = await setupServer();
  const { get, post, client, seen } = await setupServer({
    "/x": [302, `${other.base}/steal`],
    "/t": [307, `${other.base}/steal`],
  });
  expect(await troubleOf(get())).toMatchObject({ trouble: "insecure", maybeDone: false });
  expect(await troubleOf(post("/t"))).toMatchObject({ trouble: "insecure", maybeDone: false });
  const upload = client.upload({ method: "PUT", path: "/t", body: Buffer.from("a"), length: 1 });
  const error = await troubleOf(upload);
  expect(error).toMatchObject({ trouble: "insecure" });
  expect(error.message).toContain(`redirects to ${other.base}`);
  expect(seen).toHaveLength(3);
  expect(other.seen).toEqual([]);
});

test("a file may lie on another host, which sees no token, not even after a way back", async () => {
  const table: Record<string, readonly [number, string]> = {};
  const storage = await setupServer(table);
  const home = await setupServer({
    "/file": [302, `${storage.base}/bucket?X-Amz-Signature=abc`],
    "/round": [302, `${storage.base}/back`],
  });
  table["/back"] = [302, `${home.base}/end`];
  const { body } = await home.client.download({ path: "/file", from: 0 });
  expect(await text(body)).toBe('{"end":true}');
  expect(storage.seen[0]?.line).toBe("GET /bucket?X-Amz-Signature=abc");
  expect(storage.seen[0]?.headers).not.toHaveProperty("authorization");
  expect(home.ledger.at(-1)?.url).toBe(`${storage.base}/bucket`); // what is signed is not written down
  await text((await home.client.download({ path: "/round" })).body);
  expect(home.seen.at(-1)?.line).toBe("GET /end");
  expect(home.seen.at(-1)?.headers).not.toHaveProperty("authorization");
});

test("from TLS to plain nothing goes, files neither", async () => {
  const other = await setupServer();
  const authority = makeCertificate({ name: "Root" });
  const identity = makeCertificate({ name: "a", issuer: authority, hosts: ["127.0.0.1"] });
  const port = await serveTls(identity, (_request, response) => {
    response.writeHead(302, { location: `${other.base}/plain` }).end();
  });
  const { client, get } = setupClient({ baseUrl: `https://127.0.0.1:${port}`, ca: [authority.cert] });
  expect(await troubleOf(client.download({ path: "/f" }))).toMatchObject({ trouble: "insecure" });
  expect(await troubleOf(get())).toMatchObject({ trouble: "insecure" });
  expect(other.seen).toEqual([]);
});

test("five hops are enough", async () => {
  const round = await setupServer({ "/x": [302, "/x"] });
  expect(await troubleOf(round.client.download({ path: "/x" }))).toMatchObject({ trouble: "garbled" });
  const chain = Object.fromEntries([0, 1, 2, 3, 4].map((nth) => [`/${nth}`, [302, `/${nth + 1}`] as const]));
  const five = await setupServer(chain);
  expect((await five.get("/0")).value).toEqual({ end: true });
});
