/** What one does to experiments, over the MLflow surface and the trash. */
import type { Call } from "../../shared/api/client.ts";
import { createExperiment, deleteExperiment, updateExperiment } from "../../shared/api/mlflow/experiments.ts";
import { removeTag, writeTag } from "../../shared/api/outpost/labels.ts";
import { listTrash, restoreTrash } from "../../shared/api/outpost/trash.ts";

export const NOTE = "mlflow.note.content";

export const createChanges = (call: Call) => ({
  create: async (name: string): Promise<string> => (await call(createExperiment, { name })).experiment_id,
  rename: (experiment_id: string, new_name: string) => call(updateExperiment, { experiment_id, new_name }),
  remove: (experiment_id: string) => call(deleteExperiment, { experiment_id }),
  setTag: (owner_id: string, key: string, value: string) =>
    call(writeTag, { owner_kind: "experiment", owner_id, key, value }),
  removeTag: (owner_id: string, key: string) => call(removeTag, { owner_kind: "experiment", owner_id, key }),
  saveNote: (owner_id: string, value: string) =>
    call(writeTag, { owner_kind: "experiment", owner_id, key: NOTE, value }),

  /** Takes it out of the trash with the runs that went there with it. @throws Error saying why it cannot come back */
  restore: async (experiment_id: string, name: string): Promise<void> => {
    const { items } = await call(listTrash, { kind: "experiment", search: name });
    const item = items.find(({ key }) => key === experiment_id);
    if (!item) throw new Error(`“${name}” is no longer in the trash.`);
    const { failed } = await call(restoreTrash, { trash_ids: [item.trash_id] });
    if (failed[0]) throw new Error(failed[0].message);
  },
});
export type Changes = ReturnType<typeof createChanges>;
