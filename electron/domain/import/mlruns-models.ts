/** Logged models and registered models of MLflow's file store. Source: mlflow/store/model_registry/file_store.py */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SourceLoggedModel, SourceModel, SourceVersion, TrackingSource } from "../../store/mlflow-source.ts";
import type { Meta } from "./meta-yaml.ts";
import type { Mlruns } from "./mlruns.ts";
import { foldersIn, keysBelow, parsePoint, readMeta, readSmall, readValues } from "./store-files.ts";

const DELETED_STAGE = "Deleted_Internal";

/** A logged model's metric names the run and, where there is one, the dataset behind each point. */
const readMetrics = (folder: string, tell: (key: string, error: unknown) => void): SourceLoggedModel["metrics"] =>
  keysBelow(folder).flatMap((key) =>
    readSmall(join(folder, key))
      .split("\n")
      .flatMap((line) => {
        if (line.trim() === "") return [];
        const [, , , run_id = "", dataset_name = null, dataset_digest = null] = line.trim().split(" ");
        const point = parsePoint(key, line);
        if (point && run_id !== "") return [{ ...point, run_id, dataset_name, dataset_digest }];
        tell(key, new Error("a line is not 'timestamp value step run_id'"));
        return [];
      }),
  );

const readLoggedModel = ({ tell }: Mlruns, folder: string, id: string): SourceLoggedModel => {
  const meta = readMeta(folder);
  const unreadable =
    (kind: string) =>
    (key: string, error: unknown): void =>
      tell(`${kind} '${key}' of logged model ${id}`, error);
  const artifacts = join(folder, "artifacts");
  return {
    model_id: id,
    name: meta.text("name") ?? id,
    artifact_location: existsSync(artifacts) ? pathToFileURL(artifacts).href : (meta.text("artifact_location") ?? ""),
    creation_timestamp_ms: meta.integer("creation_timestamp") ?? 0,
    last_updated_timestamp_ms: meta.integer("last_updated_timestamp") ?? 0,
    status: meta.integer("status") ?? 0,
    lifecycle_stage: meta.text("lifecycle_stage") === "deleted" ? "deleted" : "active",
    model_type: meta.text("model_type"),
    source_run_id: meta.text("source_run_id"),
    status_message: meta.text("status_message"),
    params: readValues(join(folder, "params"), unreadable("param")),
    tags: readValues(join(folder, "tags"), unreadable("tag")),
    metrics: readMetrics(join(folder, "metrics"), unreadable("metric")),
  };
};

const toVersion = (meta: Meta, number: number, tags: SourceVersion["tags"]): SourceVersion => ({
  version: number,
  description: meta.text("description"),
  user_id: meta.text("user_id"),
  current_stage: meta.text("current_stage") ?? "None",
  source: meta.text("source") ?? "",
  storage_location: meta.text("storage_location"),
  run_id: meta.text("run_id"),
  run_link: meta.text("run_link"),
  model_id: meta.text("model_id"),
  status: meta.text("status") ?? "READY",
  status_message: meta.text("status_message"),
  creation_timestamp: meta.integer("creation_timestamp") ?? 0,
  last_updated_timestamp: meta.integer("last_updated_timestamp") ?? 0,
  tags,
});

const readModel = ({ tell, attempt }: Mlruns, folder: string, fallbackName: string): SourceModel => {
  const meta = readMeta(folder);
  const name = meta.text("name") ?? fallbackName;
  const tagsOf = (at: string, what: string) =>
    readValues(join(at, "tags"), (key, error) => tell(`tag '${key}' of ${what}`, error));
  const versions = foldersIn(folder).flatMap((entry) => {
    const number = /^version-(\d+)$/.exec(entry)?.[1];
    if (number === undefined) return [];
    const what = `version ${number} of model '${name}'`;
    const version = attempt(what, () =>
      toVersion(readMeta(join(folder, entry)), Number(number), tagsOf(join(folder, entry), what)),
    );
    return version && version.current_stage !== DELETED_STAGE ? [version] : [];
  });
  return {
    name,
    description: meta.text("description"),
    creation_timestamp: meta.integer("creation_timestamp") ?? 0,
    last_updated_timestamp: meta.integer("last_updated_timestamp") ?? 0,
    tags: tagsOf(folder, `model '${name}'`),
    aliases: readValues(join(folder, "aliases"), (alias, error) =>
      tell(`alias '${alias}' of model '${name}'`, error),
    ).map(({ key, value }) => ({
      alias: key,
      version: Number(value),
    })),
    versions: versions.sort((a, b) => a.version - b.version),
  };
};

export const createMlrunsModels = (store: Mlruns): Pick<TrackingSource, "loggedModels" | "models"> => {
  const { root, folderOf, attempt } = store;
  const named = (folder: string): string[] =>
    foldersIn(folder).filter((name) => existsSync(join(folder, name, "meta.yaml")));
  return {
    loggedModels: (experimentId) => {
      const folder = join(folderOf(experimentId), "models");
      return named(folder).flatMap(
        (id) => attempt(`logged model ${id}`, () => readLoggedModel(store, join(folder, id), id)) ?? [],
      );
    },
    models: () => {
      const folder = join(root, "models");
      return named(folder).flatMap(
        (name) => attempt(`model '${name}'`, () => readModel(store, join(folder, name), name)) ?? [],
      );
    },
  };
};
