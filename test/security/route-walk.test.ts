/**
 * A04, H15, C10: no route escapes the gate. The table is the running host's own, so a route that somebody adds tomorrow,
 * in any way, is walked as well.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request, verdict, type RawRequest } from "../helpers/raw-http.ts";
import { startHost, type RouteEntry, type RunningHost } from "./start-host.ts";

const DENIED = [403, "PERMISSION_DENIED"];
const UNAUTHENTICATED = [401, "UNAUTHENTICATED"];

/** A path that the route matches. */
const pathOf = ({ url }: RouteEntry): string => url.replace(/:\w+/g, "1").replaceAll("*", "x/y.txt");

/** Beside the table: what no route is declared for, and what a router answers by itself. */
const strays: readonly RouteEntry[] = [
  { method: "GET", url: "/no/such/path" },
  { method: "POST", url: "/no/such/path" },
  { method: "DELETE", url: "/api/2.0/mlflow/runs/create" },
  { method: "GET", url: "/%" },
  { method: "GET", url: "/%ff" },
  { method: "GET", url: "//" },
  { method: "GET", url: "/api/2.0/mlflow/runs/../runs/get" },
  { method: "GET", url: `/${"a".repeat(9000)}` },
  { method: "POST", url: "/graphql" },
  { method: "POST", url: "/v1/traces" },
];

let open: RunningHost;
let closed: RunningHost;
beforeAll(async () => {
  open = await startHost();
  closed = await startHost({ require_token: true });
});
afterAll(() => Promise.all([open.close(), closed.close()]));

const walk = async (
  host: RunningHost,
  headers: (port: number) => NonNullable<RawRequest["headers"]>,
): Promise<Map<string, string[]>> => {
  const byVerdict = new Map<string, string[]>();
  for (const route of [...host.routes, ...strays]) {
    const wanted = { method: route.method, path: pathOf(route), headers: headers(host.port), body: "{}" };
    const answer = await request(host.port, wanted);
    // HEAD answers have no body to read a code from.
    const seen = JSON.stringify(route.method === "HEAD" ? [answer.status] : verdict(answer));
    byVerdict.set(seen, [...(byVerdict.get(seen) ?? []), `${route.method} ${route.url}`]);
  }
  return byVerdict;
};

const only = (wanted: readonly unknown[]): string[] => [JSON.stringify(wanted), JSON.stringify([wanted[0]])].sort();
const JSON_TYPE = ["Content-Type", "application/json"] as const;

describe("every route of the running host, and every path without one", () => {
  test("the table is whole: it holds routes of every surface", () => {
    const urls = open.routes.map(({ url }) => url);
    for (const known of [
      "/api/2.0/mlflow/runs/create",
      "/ajax-api/2.0/mlflow/runs/create",
      "/api/2.0/mlflow/model-versions/create",
      "/api/2.0/mlflow-artifacts/artifacts/*",
      "/api/outpost/v1/events",
      "/api/outpost/v1/admin/token-create",
      "/get-artifact",
      "/health",
      "/version",
      "/",
    ])
      expect(urls).toContain(known);
    expect(open.routes.length).toBeGreaterThan(150);
    expect(closed.routes).toEqual(open.routes);
  });

  test("H15 an evil Host is 403", async () => {
    const seen = await walk(open, () => [["Host", "evil.example"], JSON_TYPE]);
    expect([...seen.keys()].sort()).toEqual(only(DENIED));
  });

  test("C02 C10 a foreign Origin is 403", async () => {
    const seen = await walk(open, () => [["Origin", "http://localhost:3000"], JSON_TYPE]);
    expect([...seen.keys()].sort()).toEqual(only(DENIED));
  });

  test("C08 another site's page is 403", async () => {
    const seen = await walk(open, () => [["Sec-Fetch-Site", "cross-site"], JSON_TYPE]);
    expect([...seen.keys()].sort()).toEqual(only(DENIED));
  });

  test("A04 without a token, where one is required, it is 401", async () => {
    const seen = await walk(closed, () => [JSON_TYPE]);
    expect([...seen.keys()].sort()).toEqual(only(UNAUTHENTICATED));
  });

  test("A04 with a wrong token it is 401, then 429, and never anything else", async () => {
    const seen = await walk(closed, () => [["Authorization", "Bearer wrong"], JSON_TYPE]);
    expect([...seen.keys()].every((key) => /^\[(401|429)[,\]]/.test(key))).toBe(true);
  });
});

test("the owner passes where no token is required: the walk above is not refused for another reason", async () => {
  expect((await request(open.port, { path: "/health" })).status).toBe(200);
  expect((await request(open.port, { path: "/version" })).status).toBe(200);
});

test("both loopback addresses lead through the same gate", async () => {
  for (const address of ["127.0.0.1", "::1"]) {
    const ask = (host: string) =>
      request(open.port, { path: "/version", headers: [["Host", host]] }, { host: address });
    expect(verdict(await ask("evil.example"))).toEqual(DENIED);
    expect([address, (await ask(`localhost:${String(open.port)}`)).status]).toEqual([address, 200]);
    expect((await request(closed.port, { path: "/version" }, { host: address })).status).toBe(401);
  }
});
