/** The API's documentation, made from the endpoints' declarations: OpenAPI as JSON, and a page that needs no script. */
import type { FastifyInstance } from "fastify";
import type { Endpoint } from "../../../shared/api/endpoint.ts";
import { deviations } from "../../../shared/api/mlflow/deviations.ts";
import type { Route } from "../route.ts";
import { pageHeaders } from "../gate/headers.ts";

const PATH = "/api/outpost/docs";
const ERROR = {
  type: "object",
  required: ["error_code", "message"],
  properties: { error_code: { type: "string" }, message: { type: "string" } },
};

const inPath = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
const json = (schema: object) => ({ content: { "application/json": { schema } } });

const parametersOf = ({ method, path, request }: Endpoint): object[] => {
  const names = new Set(inPath(path));
  const required = new Set<string>(request.required);
  return Object.entries(request.properties)
    .filter(([name]) => names.has(name) || method === "GET")
    .map(([name, schema]) => ({
      name,
      in: names.has(name) ? "path" : "query",
      required: names.has(name) || required.has(name),
      schema,
    }));
};

const operationOf = (endpoint: Endpoint): object => ({
  summary: endpoint.summary,
  tags: [endpoint.path.split("/").slice(4, 5)[0] ?? "server"],
  parameters: parametersOf(endpoint),
  ...(endpoint.method === "GET" ? {} : { requestBody: json(endpoint.request) }),
  responses: {
    200: { description: "The answer", ...json(endpoint.response) },
    default: { description: "What went wrong, in MLflow's shape", ...json(ERROR) },
  },
});

const describeDeviations = (): string =>
  [
    "| case | MLflow 3.17.2 | Outpost |",
    "|---|---|---|",
    ...deviations.map((d) => `| ${d.case} | ${d.mlflow} | ${d.outpost} |`),
  ].join("\n");

/** An OpenAPI 3.1 document of the routes. Each `/api/…` path of MLflow answers under `/ajax-api/…` too. */
const toOpenApi = (routes: readonly Route[]): object => {
  const paths: Record<string, Record<string, object>> = {};
  for (const { endpoint } of routes) {
    const path = endpoint.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Outpost",
      version: "1",
      description: `MLflow's REST API and Outpost's own. Where it differs from MLflow, on purpose:\n\n${describeDeviations()}`,
    },
    paths,
  };
};

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
const row = (...cells: string[]): string => `<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`;

const toPage = (routes: readonly Route[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Outpost: the API</title></head><body>
<h1>Outpost: the API</h1>
<p>Request and answer of each endpoint: <a href="${PATH}/openapi.json">OpenAPI 3.1</a>. MLflow's paths answer under <code>/ajax-api</code> too.</p>
<h2>Endpoints</h2>
<table><thead><tr><th>method</th><th>path</th><th>what it does</th></tr></thead><tbody>
${routes.map(({ endpoint }) => row(endpoint.method, endpoint.path, endpoint.summary)).join("\n")}
</tbody></table>
<h2>Where it differs from MLflow, on purpose</h2>
<table><thead><tr><th>case</th><th>MLflow 3.17.2</th><th>Outpost</th></tr></thead><tbody>
${deviations.map((d) => row(d.case, d.mlflow, d.outpost)).join("\n")}
</tbody></table>
</body></html>
`;

/** Mounts the page and the OpenAPI document; both are made on the first request, to keep them out of the start. */
export const mountDocs = (app: FastifyInstance, routes: readonly Route[]): void => {
  app.get(PATH, (_request, reply) => reply.headers(pageHeaders).type("text/html; charset=utf-8").send(toPage(routes)));
  app.get(`${PATH}/openapi.json`, (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(JSON.stringify(toOpenApi(routes))),
  );
};
