import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Str } from "../wire.ts";

/** The release of MLflow whose surface this is. Clients read it from /version. */
export const mlflowVersion = "3.17.2";

export const serverInfo = endpoint({
  method: "GET",
  path: "/api/3.0/mlflow/server-info",
  summary: "What this server can do, as the Python client asks before it uses newer calls",
  request: Type.Object({}),
  response: Type.Object({
    store_type: Str(),
    workspaces_enabled: Bool(),
    trace_archival_enabled: Bool(),
    multipart_uploads_enabled: Bool(),
    multipart_downloads_enabled: Bool(),
    presigned_upload_run_id_supported: Bool(),
    presigned_upload_model_id_supported: Bool(),
    features_enabled: Type.Object({ gateway: Bool() }),
  }),
});
