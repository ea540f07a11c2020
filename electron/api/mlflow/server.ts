import type { FastifyInstance } from "fastify";
import { mlflowVersion, serverInfo } from "../../../shared/api/mlflow/server.ts";
import { reads, type Route } from "../route.ts";

/** What the Python client asks before it uses newer calls. */
export const serverRoutes = (): Route[] => [
  reads(serverInfo, () => ({
    store_type: "SqlStore",
    workspaces_enabled: false,
    trace_archival_enabled: false,
    multipart_uploads_enabled: false,
    multipart_downloads_enabled: false,
    presigned_upload_run_id_supported: false,
    presigned_upload_model_id_supported: false,
    features_enabled: { gateway: false },
  })),
];

/** /health and /version, plain text as MLflow answers them. */
export const mountServer = (app: FastifyInstance): void => {
  app.get("/health", (_request, reply) => reply.type("text/plain; charset=utf-8").send("OK"));
  app.get("/version", (_request, reply) => reply.type("text/plain; charset=utf-8").send(mlflowVersion));
};
