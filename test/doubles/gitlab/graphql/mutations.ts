/** What GraphQL can change: models and versions, nothing else. */
import { canRead, isAtLeast } from "../auth.ts";
import { Refused, checkDescription, createModel, createVersion, modelByName, versionBySemver } from "../registry.ts";
import { deleteModel, deleteVersion } from "../remove.ts";
import type { Model, Project, Version } from "../state.ts";
import { QueryError } from "./parse.ts";
import {
  type Args,
  type Context,
  type FieldDef,
  type Types,
  type Values,
  leaf,
  needed,
  object,
  optional,
} from "./schema.ts";
import { fromGid } from "./types.ts";

const NO_ACCESS =
  "The resource that you are attempting to access does not exist or you don't have permission to perform this action";

/** @throws QueryError the same for what is not there and what may not be written */
const writable = (context: Context, find: (project: Project) => boolean): Project => {
  const { state, token, canMutate } = context;
  const project = state.projects.find(find);
  if (!project || !token || !canMutate || !project.registryOn || !canRead(project, token.userId))
    throw new QueryError(NO_ACCESS);
  if (project.archived || !isAtLeast(project, token.userId, "developer")) throw new QueryError(NO_ACCESS);
  return project;
};
const byPath = (context: Context, input: Values): Project =>
  writable(context, (each) => each.path === input["projectPath"]);

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const modelIn = ({ state }: Context, project: Project, id: number): Model => {
  const model = state.models.get(id);
  if (model?.projectId !== project.id) throw new QueryError(NO_ACCESS);
  return model;
};

type Payload = Readonly<Record<string, unknown>>;

/** A mutation: its input checked, its refusals in `errors`. */
const mutation = (payload: string, input: Args, run: (input: Values, context: Context) => Payload): FieldDef =>
  object<unknown>(
    payload,
    (_source, args, context) => {
      const given = args["input"] as Values; // checked against the declaration just before
      const common = { clientMutationId: given["clientMutationId"] ?? null, errors: [] };
      try {
        return { ...common, ...run(given, context) };
      } catch (cause) {
        if (cause instanceof Refused) return { ...common, errors: cause.reasons };
        throw cause;
      }
    },
    { input: needed({ ...input, clientMutationId: optional.string }) },
  );

const createModelMutation = mutation(
  "MlModelCreatePayload",
  { projectPath: needed("ID"), name: needed("String"), description: optional.string },
  (input, context) => {
    const project = byPath(context, input);
    const given = { name: String(input["name"]), description: textOf(input["description"]), tags: [] };
    return { model: createModel(context.state, project, { ...given, userId: context.token?.userId ?? 0 }) };
  },
);

const editModel = mutation(
  "MlModelEditPayload",
  { projectPath: needed("ID"), modelId: optional.int, name: needed("String"), description: optional.string },
  (input, context) => {
    const project = byPath(context, input);
    // The resolver asks for both keywords; without one of them it fails.
    if (!("modelId" in input) || !("description" in input)) throw new QueryError("Internal server error");
    const model = modelIn(context, project, Number(input["modelId"]));
    const name = String(input["name"]);
    const other = modelByName(context.state, project, name);
    if (other && other !== model) throw new Refused(["Name has already been taken"]);
    const description = textOf(input["description"]);
    checkDescription(description);
    Object.assign(model, { name, description, updatedAt: context.state.now() });
    return { model };
  },
);

const removeModel = (payload: string, extra: Payload): FieldDef =>
  mutation(payload, { projectPath: needed("ID"), id: needed("ID") }, (input, context) => {
    const project = byPath(context, input);
    const model = modelIn(context, project, fromGid("Ml::Model", input["id"]));
    deleteModel(context.state, model);
    return { model, ...extra };
  });

const createVersionMutation = mutation(
  "MlModelVersionCreatePayload",
  {
    projectPath: needed("ID"),
    modelId: needed("ID"),
    version: optional.string,
    description: optional.string,
    candidateId: optional.id,
  },
  (input, context) => {
    const { state } = context;
    const project = byPath(context, input);
    const model = modelIn(context, project, fromGid("Ml::Model", input["modelId"]));
    const candidateId = textOf(input["candidateId"]);
    const modelVersion = createVersion(state, project, model, {
      version: textOf(input["version"]) ?? undefined,
      description: textOf(input["description"]),
      tags: [],
      run: candidateId === null ? undefined : (state.candidates.get(fromGid("Ml::Candidate", candidateId)) ?? null),
    });
    return { modelVersion };
  },
);

const editVersion = mutation(
  "MlModelVersionEditPayload",
  { projectPath: needed("ID"), modelId: needed("ID"), version: needed("String"), description: needed("String") },
  (input, context) => {
    const model = modelIn(context, byPath(context, input), fromGid("Ml::Model", input["modelId"]));
    const modelVersion = versionBySemver(model, String(input["version"]));
    if (!modelVersion) throw new Refused(["Model version not found"]);
    const description = String(input["description"]);
    checkDescription(description);
    modelVersion.description = description;
    modelVersion.updatedAt = context.state.now();
    return { modelVersion };
  },
);

const removeVersion = mutation("MlModelVersionDeletePayload", { id: needed("ID") }, (input, context) => {
  const found = context.state.versions.get(fromGid("Ml::ModelVersion", input["id"]));
  writable(context, (each) => each.id === found?.projectId);
  if (found) deleteVersion(context.state, found);
  return { modelVersion: found };
});

const common = {
  clientMutationId: leaf<Payload>((each) => each["clientMutationId"]),
  errors: leaf<Payload>((each) => each["errors"]),
};
const withModel = { ...common, model: object<{ model?: Model }>("MlModel", ({ model }) => model) };
const withVersion = {
  ...common,
  modelVersion: object<{ modelVersion?: Version }>("MlModelVersion", ({ modelVersion }) => modelVersion),
};

export const mutationTypes: Types = {
  Mutation: {
    mlModelCreate: createModelMutation,
    mlModelEdit: editModel,
    mlModelDelete: removeModel("MlModelDeletePayload", {}),
    mlModelDestroy: removeModel("MlModelDestroyPayload", { message: "Model was successfully deleted" }),
    mlModelVersionCreate: createVersionMutation,
    mlModelVersionEdit: editVersion,
    mlModelVersionDelete: removeVersion,
  },
  MlModelCreatePayload: withModel,
  MlModelEditPayload: withModel,
  MlModelDeletePayload: withModel,
  MlModelDestroyPayload: { ...common, message: leaf<Payload>((each) => each["message"]) },
  MlModelVersionCreatePayload: withVersion,
  MlModelVersionEditPayload: withVersion,
  MlModelVersionDeletePayload: withVersion,
};
