/** What runs read and made: datasets and logged models. */
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import { KeyValue, type Dataset } from "../../shared/api/mlflow/entities.ts";
import type { Int64 } from "../../shared/api/wire.ts";
import type { Database } from "./database.ts";
import { exact, toInt64 } from "./integers.ts";

const Tags = Type.Array(KeyValue);

export interface DatasetOfRun {
  readonly run: number;
  readonly dataset: Dataset;
  readonly tags: Static<typeof Tags>;
}

export interface ModelOfRun {
  readonly run: number;
  readonly model_id: string;
  readonly direction: "input" | "output";
  readonly step: Int64;
}

interface DatasetRow {
  readonly run: number;
  readonly tags: string;
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
}

export type InputStore = ReturnType<typeof createInputStore>;

export const createInputStore = (db: Database) => {
  const findDataset = db
    .prepare<[number, string, string], number>(
      "SELECT id FROM datasets WHERE experiment = ? AND name = ? AND digest = ?",
    )
    .pluck();
  const addDataset = db
    .prepare<[number, string, string, string, string, string | null, string | null], number>(
      `INSERT INTO datasets (experiment, name, digest, source_type, source, schema, profile) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  const addInput = db.prepare<[number, number, string, string | null]>(
    "INSERT INTO run_datasets (run, dataset, tags, context) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const addModel = db.prepare<[number, string, string, Int64]>(
    "INSERT INTO run_models (run, model_id, direction, step) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const datasetsOf = db.prepare<[string], DatasetRow>(
    `SELECT r.run, r.tags, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
     FROM json_each(?) AS wanted JOIN run_datasets AS r ON r.run = wanted.value JOIN datasets AS d ON d.id = r.dataset`,
  );
  const modelsOf = db.prepare<[string], Omit<ModelOfRun, "step"> & { step: number | string }>(
    `SELECT m.run, m.model_id, m.direction, ${exact("m.step")} AS step
     FROM json_each(?) AS wanted JOIN run_models AS m ON m.run = wanted.value`,
  );

  return {
    /** Notes a dataset of a run. The same name and digest is one dataset; a second time keeps the first tags. */
    addDataset: (run: number, experiment: number, dataset: Dataset, tags: Static<typeof Tags>): void => {
      const { name, digest, source_type, source, schema, profile } = dataset;
      const id =
        findDataset.get(experiment, name, digest) ??
        addDataset.get(experiment, name, digest, source_type, source, schema ?? null, profile ?? null);
      if (id === undefined) throw new Error("INSERT … RETURNING returned nothing");
      addInput.run(run, id, JSON.stringify(tags), tags.find((t) => t.key === "mlflow.data.context")?.value ?? null);
    },
    /** Notes a logged model of a run; false when it was there. */
    addModel: (run: number, modelId: string, direction: "input" | "output", step: Int64): boolean =>
      addModel.run(run, modelId, direction, step).changes > 0,
    datasetsOf: (runs: readonly number[]): Map<number, DatasetOfRun[]> =>
      Map.groupBy(
        datasetsOf.all(JSON.stringify(runs)).map(({ run, tags, schema, profile, ...rest }) => ({
          run,
          tags: Value.Parse(Tags, JSON.parse(tags)),
          dataset: { ...rest, ...(schema === null ? {} : { schema }), ...(profile === null ? {} : { profile }) },
        })),
        (input) => input.run,
      ),
    modelsOf: (runs: readonly number[]): Map<number, ModelOfRun[]> =>
      Map.groupBy(
        modelsOf.all(JSON.stringify(runs)).map((row) => ({ ...row, step: toInt64(row.step) })),
        (model) => model.run,
      ),
  };
};
