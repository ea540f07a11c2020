/** Carries experiments, runs and logged models over, each so that it can be interrupted and done again. */
import { constants, createReadStream, openSync, type ReadStream } from "node:fs";
import { below, loggedModelRoot, parseFilePath, runRoot } from "../../../shared/artifact-path.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { SourceExperiment, SourceLoggedModel, SourceRun, TrackingSource } from "../../store/mlflow-source.ts";
import type { RunRow } from "../../store/runs.ts";
import { createLocator, walkFiles } from "./locate.ts";
import type { ImporterDeps, Write } from "./import.ts";
import type { ReportBuilder } from "./report.ts";

const RUN_NAME_TAG = "mlflow.runName";
const ENDED: ReadonlySet<string> = new Set(["FINISHED", "FAILED", "KILLED"]);
const READ_BYTES = 1024 * 1024;

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
};

const openStream = (file: string): ReadStream =>
  createReadStream(file, { fd: openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW), highWaterMark: READ_BYTES });

/** One import under way: where from, how to write, what to tell. */
export interface Carriage {
  readonly source: TrackingSource;
  readonly write: Write;
  readonly report: ReportBuilder;
}

const createFiles = ({ artifacts }: ImporterDeps, { source, write, report }: Carriage) => {
  const locate = createLocator(source.artifactFolders);

  const carryFile = async (path: string, file: { file: string; size: number }): Promise<void> => {
    const blob = await artifacts.receive(openStream(file.file), { size: file.size });
    try {
      if (artifacts.digestAt(path) === blob.sha256) return;
      await write(() => artifacts.put(path, blob));
      report.counts.artifacts.files += 1;
      report.counts.artifacts.bytes += blob.size;
    } finally {
      blob.release();
    }
  };

  /**
   * Copies the files of a URI below `root` and says whether that was all of them. A file that cannot be carried is told,
   * and tried again by the next import; a full disk ends this one.
   */
  return async (uri: string, root: string, owner: string): Promise<boolean> => {
    const place = locate(uri);
    if (place === undefined) return true;
    if ("why" in place) {
      report.unreachable(owner, place.why);
      return false;
    }
    let complete = true;
    const leave = (path: string, why: string): void => {
      report.problem(`artifact '${path}' of ${owner}`, why);
      complete = false;
    };
    for (const file of walkFiles(place.folder, leave))
      try {
        await carryFile(parseFilePath(below(root, file.path)), file);
      } catch (error) {
        if (error instanceof DomainError && error.kind !== "invalid") throw error;
        leave(file.path, reasonOf(error));
      }
    return complete;
  };
};

export const createRunCarriage = (deps: ImporterDeps, carriage: Carriage) => {
  const { imports, experiments, runs, metrics, inputs, loggedModels, journal, now } = deps;
  const { source, write, report } = carriage;
  const { identity } = source;
  const carryFiles = createFiles(deps, carriage);

  /** The experiment here that stands for one there: the same as last time, else the one of that name, else a new one. */
  const carryExperiment = (experiment: SourceExperiment): number => {
    const known = imports.find(identity, "experiment", experiment.id);
    const id = known && imports.experimentByUid(known.uid);
    if (id !== undefined) {
      report.counts.experiments.present += 1;
      return id;
    }
    const same = experiments.byName(experiment.name);
    const place = same ?? imports.addExperiment(experiment);
    for (const { key, value } of experiment.tags)
      if (experiments.tag(place.id, key) === undefined) experiments.setTag(place.id, key, value);
    imports.note(identity, "experiment", experiment.id, { uid: place.uid, done: true });
    journal.record({
      action: "experiment.import",
      kind: "experiment",
      uid: place.uid,
      subject: experiment.name,
      after: { from: identity, id: experiment.id },
    });
    report.counts.experiments[same ? "present" : "new"] += 1;
    return place.id;
  };

  const addRun = (experiment: number, run: SourceRun): RunRow => {
    if (!runs.byRunId(run.run_id)) {
      const uid = imports.addRun(experiment, run, now());
      journal.record({
        action: "run.import",
        kind: "run",
        uid,
        subject: run.run_id,
        after: { from: identity, name: run.name, experiment },
      });
    }
    const row = runs.byRunId(run.run_id);
    if (!row) throw new Error(`run ${run.run_id} is not there after its insert`);
    for (const { key, value } of run.params) if (runs.param(row.id, key) === undefined) runs.addParam(row, key, value);
    for (const { key, value } of run.tags) runs.setTag(row, key, value);
    if (run.name !== "" && runs.tag(row.id, RUN_NAME_TAG) === undefined) runs.setTag(row, RUN_NAME_TAG, run.name);
    for (const { dataset, tags } of run.datasets) inputs.addDataset(row.id, row.experiment, dataset, tags);
    for (const { model_id, direction, step } of run.models) inputs.addModel(row.id, model_id, direction, step);
    imports.note(identity, "run", run.run_id, { uid: row.uid, done: false });
    return row;
  };

  /** Brings a run that goes on there up to its state there, and notes one that ended and came whole as done. */
  const finishRun = (row: RunRow, run: SourceRun, complete: boolean): void => {
    if (row.status !== run.status)
      runs.update(row.id, { status: run.status, end_time: run.end_time ?? undefined, name: row.name });
    imports.note(identity, "run", run.run_id, { uid: row.uid, done: complete && ENDED.has(run.status) });
    journal.mark("run", row.uid);
  };

  const carryRun = async (experimentId: string, experiment: number, runId: string): Promise<void> => {
    const known = imports.find(identity, "run", runId);
    const here = runs.byRunId(runId) !== undefined;
    if (known?.done || (here && !known)) return void (report.counts.runs.present += 1);
    const run = source.run(experimentId, runId);
    if (!run) return; // told by the source
    const row = await write(() => addRun(experiment, run));
    for (const page of source.points(experimentId, runId)) {
      await write(() => metrics.log(row.id, row.experiment, page));
      if (!known) report.counts.metric_points += page.length;
    }
    const complete = await carryFiles(run.artifact_uri, runRoot(row.home, runId), `run ${runId}`);
    await write(() => finishRun(row, run, complete));
    report.counts.runs[here ? "present" : "new"] += 1;
  };

  const addLoggedModel = (experiment: number, model: SourceLoggedModel): void => {
    const uid = loggedModels.byModelId(model.model_id)?.uid ?? imports.addLoggedModel(experiment, model);
    const row = loggedModels.byModelId(model.model_id);
    if (!row) throw new Error(`logged model ${model.model_id} is not there after its insert`);
    for (const { key, value } of model.params) loggedModels.addParam(row.id, key, value);
    for (const { key, value } of model.tags) loggedModels.setTag(row.id, key, value);
    for (const metric of model.metrics) loggedModels.addMetric(row.id, metric);
    imports.note(identity, "logged_model", model.model_id, { uid, done: false });
    journal.record({
      action: "logged_model.import",
      kind: "logged_model",
      uid,
      subject: model.model_id,
      after: { from: identity, name: model.name },
    });
  };

  const carryLoggedModel = async (experiment: number, model: SourceLoggedModel): Promise<void> => {
    const known = imports.find(identity, "logged_model", model.model_id);
    const here = loggedModels.byModelId(model.model_id);
    if (known?.done || (here && !known)) return void (report.counts.logged_models.present += 1);
    await write(() => addLoggedModel(experiment, model));
    const complete = await carryFiles(
      model.artifact_location,
      loggedModelRoot(experiment, model.model_id),
      `logged model ${model.model_id}`,
    );
    await write(() => {
      const uid = loggedModels.byModelId(model.model_id)?.uid;
      if (uid !== undefined) imports.note(identity, "logged_model", model.model_id, { uid, done: complete });
    });
    report.counts.logged_models[here ? "present" : "new"] += 1;
  };

  return { carryExperiment, carryRun, carryLoggedModel };
};
