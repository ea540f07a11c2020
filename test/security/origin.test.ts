/** Class C: no other web page can use the browser of the person at the keyboard, to write or to read. */
import { expect, test } from "vitest";
import { request, verdict, type RawAnswer } from "../helpers/raw-http.ts";
import { setupGate } from "./setup-gate.ts";

const DENIED = [403, "PERMISSION_DENIED"];
const JSON_TYPE = ["Content-Type", "application/json"] as const;
const CREATE = "/api/2.0/mlflow/runs/create";

/** No header that a browser would take as leave to show the answer to another page. */
const hasNoCors = ({ headers }: RawAnswer): boolean =>
  [...headers.keys()].every((name) => !name.startsWith("access-control-"));

const post = (port: number, headers: readonly (readonly [string, string])[], path = CREATE) =>
  request(port, { method: "POST", path, headers: [JSON_TYPE, ...headers], body: "{}" });

test.each([
  "https://evil.com",
  "null",
  "file://",
  "http://localhost.evil.com",
  "http://127.0.0.1@evil.com",
  "chrome-extension://abcdefghijklmnop",
  "",
  "*",
])("C01 POST with Origin '%s'", async (origin) => {
  const { port } = await setupGate();
  const answer = await post(port, [["Origin", origin]]);
  expect(verdict(answer)).toEqual(DENIED);
  expect(hasNoCors(answer)).toBe(true);
});

test.each([3000, 80, 1])("C02 POST of JSON from another local app, http://localhost:%d", async (other) => {
  const { port } = await setupGate();
  for (const host of ["localhost", "127.0.0.1", "[::1]"])
    expect(verdict(await post(port, [["Origin", `http://${host}:${String(other)}`]]))).toEqual(DENIED);
});

test("C02 our own Origin passes; another name of ours, https, or two of them do not", async () => {
  const { port } = await setupGate();
  const own = `127.0.0.1:${String(port)}`;
  expect((await post(port, [["Origin", `http://${own}`]])).status).toBe(200);
  expect(
    (
      await post(port, [
        ["Host", `LOCALHOST:${String(port)}`],
        ["Origin", `http://localhost:${String(port)}`],
      ])
    ).status,
  ).toBe(200);
  expect(verdict(await post(port, [["Origin", `http://localhost:${String(port)}`]]))).toEqual(DENIED);
  expect(verdict(await post(port, [["Origin", `https://${own}`]]))).toEqual(DENIED);
  expect(
    verdict(
      await post(port, [
        ["Origin", `http://${own}`],
        ["Origin", "http://evil.com"],
      ]),
    ),
  ).toEqual(DENIED);
  expect(
    verdict(
      await post(port, [
        ["Origin", "http://evil.com"],
        ["Origin", `http://${own}`],
      ]),
    ),
  ).toEqual(DENIED);
});

test.each(["http://evil.com", "http://localhost:1234"])(
  "C05 C06 a preflight from %s, private-network too",
  async (origin) => {
    const { port } = await setupGate();
    const ask = [
      ["Origin", origin],
      ["Access-Control-Request-Method", "POST"],
      ["Access-Control-Request-Headers", "content-type"],
    ] as const;
    for (const headers of [ask, [...ask, ["Access-Control-Request-Private-Network", "true"] as const]])
      for (const path of [CREATE, "/", "/no/such/path", "/api/2.0/mlflow-artifacts/artifacts/a.txt"]) {
        const answer = await request(port, { method: "OPTIONS", path, headers });
        expect(verdict(answer)).toEqual(DENIED);
        expect(hasNoCors(answer)).toBe(true);
      }
  },
);

test("C05 a preflight without an Origin, or with our own, is refused as well: our page never needs one", async () => {
  const { port } = await setupGate();
  const ask = ["Access-Control-Request-Method", "POST"] as const;
  expect(verdict(await request(port, { method: "OPTIONS", path: CREATE, headers: [ask] }))).toEqual(DENIED);
  const own = ["Origin", `http://127.0.0.1:${String(port)}`] as const;
  expect(verdict(await request(port, { method: "OPTIONS", path: CREATE, headers: [own, ask] }))).toEqual(DENIED);
});

test("C07 GET with a foreign Origin, and no answer that names an origin", async () => {
  const { port } = await setupGate();
  const answer = await request(port, { path: "/whoami", headers: [["Origin", "http://localhost:1"]] });
  expect(verdict(answer)).toEqual(DENIED);
  expect(hasNoCors(answer)).toBe(true);
  const own = await request(port, { path: "/whoami", headers: [["Origin", `http://127.0.0.1:${String(port)}`]] });
  expect([own.status, hasNoCors(own)]).toEqual([200, true]);
});

test.each(["cross-site", "same-site", "anything"])("C08 Sec-Fetch-Site: %s", async (site) => {
  const { port } = await setupGate();
  for (const path of ["/whoami", "/", "/no/such/path"])
    expect(verdict(await request(port, { path, headers: [["Sec-Fetch-Site", site]] }))).toEqual(DENIED);
});

test("C08 a link to the page opens from a notebook on another port; a link to data, a frame or a POST does not", async () => {
  const { port } = await setupGate();
  const visit = [
    ["Sec-Fetch-Site", "cross-site"],
    ["Sec-Fetch-Mode", "navigate"],
    ["Sec-Fetch-Dest", "document"],
  ] as const;
  expect((await request(port, { path: "/", headers: visit })).status).toBe(200);
  expect((await request(port, { path: "/?from=notebook", headers: visit })).status).toBe(200);
  expect(verdict(await request(port, { path: "/whoami", headers: visit }))).toEqual(DENIED);
  expect(verdict(await request(port, { path: "/", method: "POST", headers: visit }))).toEqual(DENIED);
  const frame = [visit[0], visit[1], ["Sec-Fetch-Dest", "iframe"]] as const;
  expect(verdict(await request(port, { path: "/", headers: frame }))).toEqual(DENIED);
  const fetched = [visit[0], ["Sec-Fetch-Mode", "cors"], visit[2]] as const;
  expect(verdict(await request(port, { path: "/", headers: fetched }))).toEqual(DENIED);
});

test.each(["same-origin", "none"])("C08 Sec-Fetch-Site: %s passes", async (site) => {
  const { port } = await setupGate();
  expect((await request(port, { path: "/whoami", headers: [["Sec-Fetch-Site", site]] })).status).toBe(200);
});

test.each(["/graphql", "/v1/traces", "/gateway/x", "/signup", "/ajax-api/2.0/mlflow/runs/create"])(
  "C10 C11 POST %s with a foreign Origin: the path makes no difference",
  async (path) => {
    const { port } = await setupGate();
    expect(verdict(await post(port, [["Origin", "http://evil.com"]], path))).toEqual(DENIED);
  },
);

test("C12 a method in a header or in the query is ignored", async () => {
  const { port } = await setupGate();
  const headers = [
    ["X-HTTP-Method-Override", "DELETE"],
    ["X-HTTP-Method", "DELETE"],
    ["X-Method-Override", "DELETE"],
  ] as const;
  const plain = await request(port, { path: "/whoami" });
  expect(await request(port, { path: "/whoami?_method=DELETE", headers })).toMatchObject({
    status: 200,
    body: plain.body,
  });
});
