/** Where a model version's files come from: what a source may name, and where that is below the artifact root. */
import { DomainError } from "../../../shared/errors.ts";
import type { ModelVersionRow, ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelStore } from "../../store/registered-models.ts";
import type { RunStore } from "../../store/runs.ts";
import { loggedModelRoot, type LoggedModels } from "../tracking/logged-models.ts";
import { runRoot } from "../tracking/runs.ts";
import type { Lookup } from "./lookup.ts";
import { isPromptTag, PROMPT_TAG } from "./names.ts";
import {
  artifactPath,
  assertSafeSource,
  foreignSource,
  parseModelUri,
  parseRunsUri,
  parseUri,
  pathParts,
  type ModelUri,
  type Uri,
} from "./source-uri.ts";

export interface SourceDeps {
  readonly lookup: Lookup;
  readonly models: RegisteredModelStore;
  readonly versions: ModelVersionStore;
  readonly runs: Pick<RunStore, "byRunId">;
  readonly loggedModels: Pick<LoggedModels, "get">;
}

export interface SourceInput {
  readonly source: string;
  readonly run_id?: string;
  readonly model_id?: string;
}

/** A checked source with what follows from it. */
export interface Source {
  readonly source: string; // a `models:/` URI by alias or stage has become one by number
  readonly run_id: string | null;
  readonly model_id: string | null;
  readonly location: string | undefined; // where the files are, if `source` names a model that may be renamed
  readonly root: string | undefined; // path below the artifact root; undefined for files elsewhere
}

type LoggedModelRef = Pick<ReturnType<LoggedModels["get"]>, "model_id" | "home" | "source_run_id">;

/** Values that stand for a source where a version is a prompt. Source: mlflow/prompt/constants.py */
const PROMPT_SOURCES = new Set(["dummy-source", "prompt-template"]);

/** @throws DomainError `invalid` for a source that a prompt's version cannot have. */
export const toPromptSource = ({ source, run_id, model_id }: SourceInput): Source => {
  if (!PROMPT_SOURCES.has(source))
    throw new DomainError(
      "invalid",
      `Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`,
    );
  return { source, run_id: run_id ?? "", model_id: model_id || null, location: undefined, root: undefined };
};

export type Sources = ReturnType<typeof createSources>;

export const createSources = ({ lookup, models, versions, runs, loggedModels }: SourceDeps) => {
  /** Where a version's files are, as clients are told. */
  const locationOf = (row: Pick<ModelVersionRow, "id" | "source">): string => versions.location(row.id) ?? row.source;

  const rootOfRun = (runId: string): string | undefined => {
    const run = runs.byRunId(runId);
    return run && runRoot(run);
  };

  /** The path below the artifact root of a location; undefined for one that is not ours. */
  const rootOf = (location: string): string | undefined => {
    const uri = parseUri(location);
    if (uri.scheme === "mlflow-artifacts") return artifactPath(uri);
    if (uri.scheme !== "runs") return undefined;
    const { run_id, path } = parseRunsUri(uri);
    const root = rootOfRun(run_id);
    return root === undefined || path === "" ? root : `${root}/${path}`;
  };

  const activeModel = (modelId: string, source: string): LoggedModelRef => {
    try {
      return loggedModels.get(modelId);
    } catch (error) {
      if (error instanceof DomainError && error.kind === "not_found") throw foreignSource(source, "model_id");
      throw error;
    }
  };

  const assertWithin = (uri: Uri, root: string | undefined, refusal: DomainError): void => {
    const [parts, wanted] = [pathParts(uri.path), root?.split("/") ?? []];
    if (wanted.length === 0 || wanted.some((part, i) => parts[i] !== part)) throw refusal;
  };

  /** @throws DomainError `invalid` unless the source is part of the run or the logged model that is given with it. */
  const assertOwned = (source: string, run_id: string, model_id: string): void => {
    const uri = parseUri(source);
    const refusal = foreignSource(source, model_id ? "model_id" : "run_id");
    if (uri.scheme === "runs") {
      if (model_id || uri.authority || !run_id || parseRunsUri(uri).run_id !== run_id) throw refusal;
    } else if (uri.scheme === "models") {
      const named = parseModelUri(uri);
      if (uri.authority || !named) throw foreignSource(source, "model_id");
      if (named.type === "logged_model" && named.model_id !== model_id) throw foreignSource(source, "model_id");
      if (named.type === "logged_model") activeModel(model_id, source);
    } else if (uri.scheme === "mlflow-artifacts") {
      assertWithin(uri, model_id ? loggedModelRoot(activeModel(model_id, source)) : rootOfRun(run_id), refusal);
    }
  };

  const named = (uri: Exclude<ModelUri, { type: "logged_model" }>, source: string): ModelVersionRow => {
    const model = lookup.modelOf(uri.name);
    if (isPromptTag(models.tag(model.id, PROMPT_TAG)))
      throw new DomainError(
        "invalid",
        `Invalid model version source: '${source}'. Prompt versions cannot be used as model version sources.`,
      );
    if (uri.type === "version") return lookup.versionOf(uri.name, uri.version);
    return uri.type === "alias"
      ? lookup.byAlias(uri.name, uri.alias)
      : lookup.newest(uri.name, uri.stage === undefined ? [] : [uri.stage]);
  };

  /** Follows a source that is another registered version: its run and files become the new one's. */
  const fromVersion = (uri: Exclude<ModelUri, { type: "logged_model" }>, input: SourceInput): Source => {
    const row = named(uri, input.source);
    if ((input.run_id !== undefined && input.run_id !== (row.run_id ?? "")) || input.model_id)
      throw new DomainError(
        "invalid",
        `Invalid model version source: '${input.source}'. The run_id and model_id request parameters must match the referenced model version.`,
      );
    const location = locationOf(row);
    const source = `models:/${row.name}/${row.version}`;
    assertSafeSource(source);
    return { source, run_id: row.run_id, model_id: row.model_id, location, root: rootOf(location) };
  };

  /**
   * Checks a source and follows it.
   * @throws DomainError `invalid` for one that is unsafe or foreign, `not_found` for a model that does not exist.
   */
  const resolve = (input: SourceInput): Source => {
    const { source, run_id = "", model_id = "" } = input;
    const uri = parseUri(source);
    const of = uri.scheme === "models" && uri.authority === "" ? parseModelUri(uri) : undefined;
    if (of && of.type !== "logged_model") return fromVersion(of, input);
    assertSafeSource(source);
    assertOwned(source, run_id, model_id);
    const model = model_id ? loggedModels.get(model_id) : undefined;
    const location = of && model ? `mlflow-artifacts:/${loggedModelRoot(model)}` : undefined;
    return {
      source,
      run_id: run_id || (model ? model.source_run_id : ""),
      model_id: model_id || null,
      location,
      root: rootOf(location ?? source),
    };
  };

  return { resolve, rootOf, locationOf };
};
