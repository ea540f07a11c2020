/** Class X: what a browser does with our answers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { pageHeaders } from "../../electron/api/gate/headers.ts";
import { request, verdict } from "../helpers/raw-http.ts";
import { startHost, type RunningHost } from "./start-host.ts";

let host: RunningHost;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host.close());

const directives = (policy: string | undefined): Map<string, string> =>
  new Map(
    (policy ?? "").split(";").map((part) => {
      const [name = "", ...values] = part.trim().split(" ");
      return [name, values.join(" ")];
    }),
  );

test("X02 the page: a policy that lets nothing in but its own files, no frame around it, no referrer", async () => {
  const { headers } = await request(host.port, { path: "/" });
  const policy = directives(headers.get("content-security-policy"));
  expect(policy.get("default-src")).toBe("'none'");
  expect(policy.get("script-src")).toBe("'self'");
  expect(policy.get("style-src")).toBe("'self'");
  expect(policy.get("connect-src")).toBe("'self'");
  expect(policy.get("frame-ancestors")).toBe("'none'");
  expect(policy.get("base-uri")).toBe("'none'");
  expect(policy.get("form-action")).toBe("'none'");
  expect([...policy.values()].join(" ")).not.toMatch(/unsafe|\*|https?:/);
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
  expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
});

test("X02 everything that the page is made of carries the same headers", async () => {
  const files = host.routes.filter(({ method, url }) => method === "GET" && /^\/(assets\/.*|[\w.-]+\.\w+)$/.test(url));
  for (const { url } of files) {
    const { headers } = await request(host.port, { path: url });
    for (const [name, value] of Object.entries(pageHeaders))
      expect([url, name, headers.get(name)]).toEqual([url, name, value]);
  }
});

test.each([
  "/no/such/path",
  "/<script>alert(1)</script>",
  "/%3Cscript%3E",
  "/api/2.0/mlflow/nothing",
  "/graphql",
  "/v1/traces",
  "/gateway/x",
  "/%",
])("X04 %s is answered in JSON, whatever stands in it", async (path) => {
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"]) {
    const answer = await request(host.port, {
      method,
      path,
      headers: [
        ["Content-Type", "application/json"],
        ["Accept", "text/html"],
      ],
      body: "{}",
    });
    expect(verdict(answer)).toEqual(path === "/%" ? [400, "INVALID_PARAMETER_VALUE"] : [404, "ENDPOINT_NOT_FOUND"]);
    expect(answer.headers.get("content-type")).toMatch(/^application\/json/);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(JSON.parse(answer.body)).toMatchObject({ sqlstate: null, error_class: null });
  }
});

test("X04 every answer of the API is nosniff, kept by nobody, and names no server software", async () => {
  for (const path of [
    "/api/2.0/mlflow/experiments/get?experiment_id=0",
    "/health",
    "/version",
    "/api/2.0/mlflow/experiments/get?experiment_id=99",
  ]) {
    const { headers } = await request(host.port, { path });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("server") ?? headers.get("x-powered-by")).toBeUndefined();
    expect([...headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  }
});
