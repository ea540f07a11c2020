import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deviations } from "../../../../shared/api/mlflow/deviations.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

test("every endpoint is documented with its request and its answer", async () => {
  const { app, services } = setupApi();
  const document = (await app.inject("/api/outpost/docs/openapi.json")).json<{
    paths: Record<string, Record<string, { summary: string; parameters: { name: string }[] }>>;
  }>();
  for (const { endpoint } of services.routes) {
    const operation = document.paths[endpoint.path.replace(/:(\w+)/g, "{$1}")]?.[endpoint.method.toLowerCase()];
    expect(operation?.summary, endpoint.path).toBe(endpoint.summary);
  }
  expect(document.paths["/api/2.0/mlflow/logged-models/{model_id}"]?.["get"]?.parameters.map((p) => p.name)).toEqual([
    "model_id",
    "allow_deleted",
  ]);
});

test("the page lists endpoints and deviations, and runs no script", async () => {
  const { app } = setupApi();
  const page = await app.inject("/api/outpost/docs");
  expect(page.body).toContain("/api/2.0/mlflow/runs/log-batch");
  expect(page.body).toContain("works up to 200 clauses");
  expect(page.body).not.toContain("<script");
});

test("the README shows the same deviations", () => {
  const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8");
  for (const d of deviations) expect(readme).toContain(`| ${d.case} | ${d.mlflow} | ${d.outpost} |`);
});
