/** The checks that come before every handler of the MLflow API, in GitLab's order. */
import { type Feature, anyAccessToken, authenticate, findProject, requireFeature, requireMlWrite } from "./auth.ts";
import type { Answer } from "./http.ts";
import { type Param, type Params, declared } from "./params.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Project, State, Token } from "./state.ts";

/** A call that may go on: who asks, where, with which checked parameters. */
export interface MlCall {
  readonly call: Call;
  readonly state: State;
  readonly project: Project;
  readonly token: Token;
  readonly params: Params;
}

export const ML = "/api/v4/projects/:id/ml/mlflow/api/2.0/mlflow";

interface Declaration {
  readonly feature: Feature;
  /** Refuses who may only read; every other method than GET, unless said otherwise. */
  readonly writes?: boolean;
  readonly params?: readonly Param[];
}

/** A route of the MLflow API: token and scope, project, ability to read, to write, parameters, and then the object. */
export const mlRoute = (
  method: string,
  path: string,
  operation: string,
  { feature, writes = method !== "GET", params = [] }: Declaration,
  handle: (ml: MlCall) => Answer,
): Route =>
  route(method, path, operation, (call) => {
    const { state } = call;
    const isRead = call.method === "GET" || call.method === "HEAD";
    const token = authenticate(state, call, anyAccessToken, isRead ? ["api", "read_api"] : ["api"]);
    const project = findProject(state, call.path["id"] ?? "", token);
    requireFeature(project, feature);
    if (writes) requireMlWrite(project, token);
    return handle({ call, state, project, token, params: declared(params, call.params) });
  });
