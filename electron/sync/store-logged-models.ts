/** Logged models that come with the run that made them. */
import { DomainError } from "../../shared/errors.ts";
import type { RunRow } from "../store/runs.ts";
import { loggedModelText, parseInt64, parseValue, type LoggedModelPart } from "../store/sync/parts.ts";
import type { StoreLocalDeps } from "./store-parts.ts";

const MODEL_ID = /^m-[0-9a-f]{32}$/;

export const createLoggedModelWriter = ({ stores, apply, journal, now }: StoreLocalDeps) => {
  const { loggedModels } = stores;

  const open = (run: RunRow, modelId: string, part: LoggedModelPart) => {
    if (!MODEL_ID.test(modelId))
      throw new DomainError("invalid", `'${modelId.slice(0, 60)}' is no id of a logged model`);
    const known = apply.loggedModel(modelId);
    if (known && known.source_run_id !== run.run_id)
      throw new DomainError(
        "already_exists",
        `The logged model ${modelId} belongs to run ${known.source_run_id ?? ""} here`,
      );
    if (known?.lifecycle_stage === "active")
      apply.updateLoggedModel(known.id, part.status, part.status_message ?? null, now());
    return (
      known ??
      apply.addLoggedModel({
        model_id: modelId,
        experiment: run.experiment,
        name: part.name,
        model_type: part.model_type ?? "",
        source_run_id: run.run_id,
        status: part.status,
        status_message: part.status_message ?? null,
        created: part.created,
      })
    );
  };

  const fill = (run: RunRow, id: number, field: string, part: LoggedModelPart): void => {
    for (const [key, value] of Object.entries(part.params)) loggedModels.addParam(id, key, value);
    for (const { key } of loggedModels.tagsOf([id]).get(id) ?? [])
      if (!Object.hasOwn(part.tags, key)) loggedModels.deleteTag(id, key);
    for (const [key, value] of Object.entries(part.tags)) loggedModels.setTag(id, key, value);
    for (const metric of part.metrics)
      loggedModels.addMetric(id, {
        key: metric.key,
        value: parseValue(field, metric.value),
        timestamp: parseInt64(field, metric.timestamp),
        step: parseInt64(field, metric.step),
        run_id: metric.run === "" ? run.run_id : metric.run,
        dataset_name: metric.dataset_name ?? null,
        dataset_digest: metric.dataset_digest ?? null,
      });
  };

  /** Makes it, or brings it up to what it is there; without a part it goes to the trash. */
  return (run: RunRow, modelId: string, part: LoggedModelPart | null): void => {
    const field = `logged_model/${modelId}`;
    apply.dropLink("run", run.uid, field);
    if (part === null) {
      const known = apply.loggedModel(modelId);
      if (known?.source_run_id !== run.run_id) return;
      loggedModels.trash(known.id, now());
      return journal.mark("logged_model", known.uid);
    }
    const model = open(run, modelId, part);
    // What is in the trash here stays there, and is what it is on the far side.
    if (model.lifecycle_stage === "deleted") return apply.putLink("run", run.uid, field, loggedModelText(part));
    fill(run, model.id, field, part);
    journal.mark("logged_model", model.uid);
  };
};
