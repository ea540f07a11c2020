/** Runs of MLflow's file store: one folder each, with a meta.yaml and one file per param, tag and metric. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dataset, RunStatus } from "../../../shared/api/mlflow/entities.ts";
import type { SourceRun, TrackingSource } from "../../store/mlflow-source.ts";
import type { Meta } from "./meta-yaml.ts";
import type { Mlruns } from "./mlruns.ts";
import { foldersIn, readMeta, readValues } from "./store-files.ts";

/** Folders beside the runs of an experiment, and beside the experiments, that are neither. */
export const RESERVED: ReadonlySet<string> = new Set(["models", "tags", "datasets", "traces", "assessments", ".trash"]);

/** Source: RunStatus in mlflow/protos/service.proto. */
const STATUS: Readonly<Record<string, RunStatus>> = {
  "1": "RUNNING",
  "2": "SCHEDULED",
  "3": "FINISHED",
  "4": "FAILED",
  "5": "KILLED",
};

const toDataset = (meta: Meta): Dataset => {
  const [schema, profile] = [meta.text("schema"), meta.text("profile")];
  return {
    name: meta.text("name") ?? "",
    digest: meta.text("digest") ?? "",
    source_type: meta.text("source_type") ?? "",
    source: meta.text("source") ?? "",
    ...(schema === null ? {} : { schema }),
    ...(profile === null ? {} : { profile }),
  };
};

/** What a run read and made. */
const readLinks = (
  { folderOf, attempt }: Mlruns,
  experimentId: string,
  runId: string,
): Pick<SourceRun, "datasets" | "models"> => {
  const experiment = folderOf(experimentId);
  const datasets: SourceRun["datasets"][number][] = [];
  const models: SourceRun["models"][number][] = [];
  for (const direction of ["input", "output"] as const)
    for (const id of foldersIn(join(experiment, runId, `${direction}s`))) {
      const what = `${direction} ${id} of run ${runId}`;
      attempt(what, () => {
        const meta = readMeta(join(experiment, runId, `${direction}s`, id));
        if (meta.text("source_type") === "DATASET") {
          const dataset = toDataset(readMeta(join(experiment, "datasets", meta.text("source_id") ?? id)));
          datasets.push({ dataset, tags: [...meta.map("tags")].map(([key, value]) => ({ key, value })) });
        } else models.push({ model_id: meta.text("destination_id") ?? id, direction, step: meta.integer("step") ?? 0 });
      });
    }
  return { datasets, models };
};

export const createMlrunsRuns = (store: Mlruns): Pick<TrackingSource, "runIds" | "run"> => {
  const { folderOf, tell, attempt } = store;

  const read = (experimentId: string, runId: string): SourceRun => {
    const folder = join(folderOf(experimentId), runId);
    const meta = readMeta(folder);
    const unreadable =
      (kind: string) =>
      (key: string, error: unknown): void =>
        tell(`${kind} '${key}' of run ${runId}`, error);
    const tags = readValues(join(folder, "tags"), unreadable("tag"));
    const id = meta.text("run_id") ?? meta.text("run_uuid") ?? runId;
    if (id !== runId) throw new Error(`its meta.yaml is of run '${id}'`);
    const status = meta.text("status") ?? "1";
    return {
      run_id: runId,
      name:
        meta.text("run_name") || meta.text("name") || (tags.find((tag) => tag.key === "mlflow.runName")?.value ?? ""),
      user_id: meta.text("user_id") ?? "",
      status: STATUS[status] ?? "RUNNING",
      start_time: meta.integer("start_time"),
      end_time: meta.integer("end_time"),
      lifecycle_stage: meta.text("lifecycle_stage") === "deleted" ? "deleted" : "active",
      deleted_time: meta.integer("deleted_time"),
      // A store that was moved keeps the old place in its files; the folder itself is right unless a place was chosen.
      artifact_uri: existsSync(join(folder, "artifacts"))
        ? pathToFileURL(join(folder, "artifacts")).href
        : (meta.text("artifact_uri") ?? ""),
      params: readValues(join(folder, "params"), unreadable("param")),
      tags,
      ...readLinks(store, experimentId, runId),
    };
  };

  return {
    runIds: (experimentId) =>
      foldersIn(folderOf(experimentId)).filter(
        (name) => !RESERVED.has(name) && existsSync(join(folderOf(experimentId), name, "meta.yaml")),
      ),
    run: (experimentId, runId) => attempt(`run ${runId}`, () => read(experimentId, runId)),
  };
};
