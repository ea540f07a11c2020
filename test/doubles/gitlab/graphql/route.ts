/** `POST /api/graphql`: 200 with `errors` for what is wrong with a query, 401 for a bad token. */
import { anyAccessToken, authenticate } from "../auth.ts";
import { isRecord } from "../body.ts";
import { Refusal, type Answer, json } from "../http.ts";
import { type Call, type Route, route } from "../routes.ts";
import type { Token } from "../state.ts";
import { execute } from "./execute.ts";
import { mutationTypes } from "./mutations.ts";
import { QueryError, parse } from "./parse.ts";
import { type Context, type Fields, type Types, leaf, needed, object } from "./schema.ts";
import { fromGid, objectTypes, readable, readableById } from "./types.ts";

const query: Fields = {
  project: object<unknown>(
    "Project",
    (_source, args, context) => readable(context, (each) => each.path === args["fullPath"]),
    {
      fullPath: needed("ID"),
    },
  ),
  currentUser: object<unknown>(
    "UserCore",
    (_source, _args, { state, token }) => state.users.find((each) => each.id === token?.userId) ?? null,
  ),
  echo: { ...leaf<unknown>((_source, args) => String(args["text"])), args: { text: needed("String") } },
};

const byId = (kind: "Ml::Model" | "Ml::Experiment", type: string) =>
  object<unknown>(
    type,
    (_source, args, context) => {
      const { models, experiments } = context.state;
      const found = (kind === "Ml::Model" ? models : experiments).get(fromGid(kind, args["id"]));
      return found && readableById(context, found.projectId) ? found : null;
    },
    { id: needed("ID") },
  );

/** Older releases know neither the roots by id nor a project's experiments. */
const typesFor = (hasRoots: boolean): Types => {
  const { mlExperiments: _newer, ...older } = objectTypes["Project"] ?? {};
  const all = { ...objectTypes, ...mutationTypes };
  if (!hasRoots) return { ...all, Query: query, Project: older };
  return {
    ...all,
    Query: { ...query, mlModel: byId("Ml::Model", "MlModel"), mlExperiment: byId("Ml::Experiment", "MlExperiment") },
  };
};
const types = { newer: typesFor(true), older: typesFor(false) };

/** Nobody without a token; undefined for a token that is none. */
const tokenOf = (call: Call): Token | null | undefined => {
  const { headers } = call;
  if (headers.authorization === undefined && headers["private-token"] === undefined) return null;
  try {
    return authenticate(call.state, call, anyAccessToken, ["api", "read_api"]);
  } catch (cause) {
    if (cause instanceof Refusal) return undefined;
    throw cause;
  }
};

const answer = (call: Call): Answer => {
  const token = tokenOf(call);
  if (token === undefined) return json({ errors: [{ message: "Invalid token" }] }, 401);
  const context: Context = { state: call.state, token, canMutate: token?.scopes.includes("api") ?? false };
  const { query: source, variables, operationName } = call.params;
  if (typeof source !== "string" || source === "") return json({ errors: [{ message: "Unexpected end of document" }] });
  try {
    const asked = {
      operationName: typeof operationName === "string" ? operationName : undefined,
      variables: isRecord(variables) ? variables : {},
    };
    return json(execute(parse(source), call.state.options.graphqlRoots ? types.newer : types.older, context, asked));
  } catch (cause) {
    if (cause instanceof QueryError) return json({ errors: [{ message: cause.message }] });
    throw cause;
  }
};

export const graphqlRoutes: readonly Route[] = [route("POST", "/api/graphql", "graphql", answer)];
