/**
 * The sample project: made here, offline, through the same domains as a script's logging; marked by a tag and taken away
 * whole. Both are jobs; one that was cut off leaves nothing that the next one does not clear first.
 */
import { Type } from "typebox";
import { DomainError } from "../../../shared/errors.ts";
import type { SampleStore, SampleThing } from "../../store/sample.ts";
import type { TrashRow } from "../../store/trash.ts";
import type { Artifacts } from "../artifacts/artifacts.ts";
import { defineJob, type JobContext, type JobKind } from "../jobs/job.ts";
import type { Registry } from "../registry/registry.ts";
import type { Experiments } from "../tracking/experiments.ts";
import { loggedModelRoot, type LoggedModels } from "../tracking/logged-models.ts";
import type { Logging } from "../tracking/logging.ts";
import { runRoot, type Runs } from "../tracking/runs.ts";
import { modelFiles, runFiles, type SampleFile } from "./files.ts";
import { samplePlan, type SampleExperiment, type SampleRun } from "./plan.ts";

export const SAMPLE_TAG = "outpost.sample";
const MODEL = "sample-digits";
const NOTE = "mlflow.note.content";
const READY = 2;
const MINUTE_MS = 60_000;
const POINTS_AT_ONCE = 900;

export interface SampleDeps {
  readonly store: SampleStore;
  readonly experiments: Pick<Experiments, "create" | "trash">;
  readonly nameIsTaken: (name: string) => boolean;
  readonly modelIsTaken: (name: string) => boolean;
  readonly runs: Pick<Runs, "create" | "update">;
  readonly logging: Logging;
  readonly loggedModels: Pick<LoggedModels, "create" | "finalize" | "find">;
  readonly registry: Pick<Registry, "models" | "versions">;
  readonly artifacts: Pick<Artifacts, "receive" | "put">;
  /** A thing in the trash. */
  readonly findTrashed: (trashId: string) => TrashRow;
  readonly purge: (row: TrashRow, context: Pick<JobContext, "write">) => Promise<void>;
  readonly now: () => number;
}

export interface SampleState {
  readonly loaded: boolean;
  readonly experiments: readonly { readonly experiment_id: string; readonly name: string }[];
  readonly models: readonly string[];
  readonly runs: number;
}

interface Made {
  readonly runId: string;
  readonly modelId: string | undefined;
}

const firstFree = (name: string, isTaken: (name: string) => boolean): string => {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}-${i}`;
    if (!isTaken(candidate)) return candidate;
  }
};

const bodyOf = async function* (content: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
};

export const createSample = (deps: SampleDeps) => {
  const { store, experiments, runs, logging, loggedModels, registry, artifacts, now } = deps;

  const state = (): SampleState => {
    const own = store.experiments().filter(({ trashed }) => trashed === 0);
    const models = store.models().filter(({ trashed }) => trashed === 0);
    return {
      loaded: own.length > 0 || models.length > 0,
      experiments: own.map(({ id, name }) => ({ experiment_id: String(id), name })),
      models: models.map(({ name }) => name),
      runs: store.countRuns(own.map(({ id }) => id)),
    };
  };

  const putFiles = async (root: string, files: readonly SampleFile[], { write }: JobContext): Promise<void> => {
    for (const { path, content } of files) {
      const blob = await artifacts.receive(bodyOf(content), { size: content.length });
      try {
        await write(() => artifacts.put(`${root}/${path}`, blob));
      } finally {
        blob.release();
      }
    }
  };

  const logPoints = async (runId: string, run: SampleRun, start: number, { write }: JobContext): Promise<void> => {
    const points = Object.entries(run.metrics).flatMap(([key, values]) =>
      values.map((value, step) => ({
        key,
        value,
        step,
        timestamp: Math.round(start + ((run.minutes * MINUTE_MS) / values.length) * step),
      })),
    );
    for (let i = 0; i < points.length; i += POINTS_AT_ONCE)
      await write(() => logging.logBatch({ run_id: runId, metrics: points.slice(i, i + POINTS_AT_ONCE) }));
  };

  const makeModel = async (
    experimentId: string,
    experiment: SampleExperiment,
    run: SampleRun,
    runId: string,
    context: JobContext,
  ): Promise<string> => {
    const id = await context.write(
      () =>
        loggedModels.create({
          experiment_id: experimentId,
          name: "model",
          model_type: experiment.dataset.name.startsWith("digits") ? "classifier" : "regressor",
          source_run_id: runId,
          params: Object.entries(run.params).map(([key, value]) => ({ key, value })),
          tags: [{ key: SAMPLE_TAG, value: "true" }],
        }).model_id,
    );
    const root = loggedModelRoot({ home: Number(experimentId), model_id: id });
    const time = new Date(now()).toISOString();
    await putFiles(root, modelFiles(run, experiment, { modelId: id, runId }, time), context);
    await context.write(() => {
      loggedModels.finalize(id, READY);
      logging.logOutputs(runId, [{ model_id: id, step: 0 }]);
    });
    return id;
  };

  const makeRun = async (
    experimentId: string,
    experiment: SampleExperiment,
    run: SampleRun,
    parent: string | undefined,
    context: JobContext,
  ): Promise<Made> => {
    const start = now() - run.startedMinutesAgo * MINUTE_MS;
    const { dataset } = experiment;
    const tags = { [SAMPLE_TAG]: "true", ...run.tags, ...(run.note !== undefined && { [NOTE]: run.note }) };
    const runId = await context.write(() => {
      const { run_id } = runs.create({
        experiment_id: experimentId,
        user_id: "sample",
        run_name: run.name,
        start_time: start,
        tags: [
          ...Object.entries(tags).map(([key, value]) => ({ key, value })),
          ...(parent === undefined ? [] : [{ key: "mlflow.parentRunId", value: parent }]),
        ],
      });
      logging.logBatch({ run_id, params: Object.entries(run.params).map(([key, value]) => ({ key, value })) });
      const { name, digest, rows, schema } = dataset;
      logging.logInputs(
        run_id,
        [
          {
            dataset: {
              name,
              digest,
              source_type: "local",
              source: JSON.stringify({ uri: `sample://${name}` }),
              schema,
              profile: JSON.stringify({ num_rows: rows }),
            },
            tags: [{ key: "mlflow.data.context", value: "training" }],
          },
        ],
        [],
      );
      return run_id;
    });
    await logPoints(runId, run, start, context);
    await putFiles(runRoot({ home: Number(experimentId), run_id: runId }), runFiles(run, experiment), context);
    const modelId = run.model ? await makeModel(experimentId, experiment, run, runId, context) : undefined;
    await context.write(() => runs.update(runId, { status: run.status, end_time: start + run.minutes * MINUTE_MS }));
    return { runId, modelId };
  };

  const makeRegisteredModel = async (made: ReadonlyMap<string, Made>, { write }: JobContext): Promise<void> => {
    const name = firstFree(MODEL, deps.modelIsTaken);
    const description =
      "# Digits, 8 × 8\n\nReads one digit. Part of Outpost's **sample project**.\n\n- trained on `digits-8x8` (1,797 pictures)\n- limits: centred digits only";
    const chosen = ["mlp-lr0.03-d2", "mlp-lr0.1-d4", "mlp-lr0.1-d6"].flatMap((run) => made.get(run) ?? []);
    await write(() => registry.models.create({ name, description, tags: [{ key: SAMPLE_TAG, value: "true" }] }));
    for (const [i, { runId, modelId }] of chosen.entries()) {
      if (modelId === undefined) continue;
      await write(() =>
        registry.versions.create({
          name,
          source: `models:/${modelId}`,
          run_id: runId,
          model_id: modelId,
          description: ["First try.", "Deeper, better.", "The best of the sweep."][i] ?? "",
          tags: [{ key: "task", value: "classification" }],
        }),
      );
    }
    await write(() => {
      registry.models.setAlias(name, "champion", "3");
      registry.models.setAlias(name, "previous", "2");
    });
  };

  const removeOne = async (
    kind: "experiment" | "registered_model",
    thing: SampleThing,
    context: JobContext,
  ): Promise<void> => {
    if (thing.trashed === 0)
      await context.write(() =>
        kind === "experiment" ? experiments.trash(String(thing.id)) : registry.models.trash(thing.name),
      );
    await deps.purge(deps.findTrashed(`${kind}:${thing.uid}`), context);
    context.log(`${thing.name} is gone`);
  };

  /** Models first: their versions need the runs. */
  const clear = async (context: JobContext): Promise<number> => {
    const work = [
      ...store.models().map((thing) => ({ kind: "registered_model" as const, thing })),
      ...store.experiments().map((thing) => ({ kind: "experiment" as const, thing })),
    ];
    for (const [i, { kind, thing }] of work.entries()) {
      await context.turn();
      context.progress(i, work.length);
      await removeOne(kind, thing, context);
    }
    return work.length;
  };

  const make = async (context: JobContext): Promise<{ runs: number }> => {
    const plan = samplePlan();
    const total = plan.reduce((sum, { runs: list }) => sum + list.length, 0) + 1;
    const made = new Map<string, Made>();
    let done = 0;
    for (const experiment of plan) {
      const name = firstFree(experiment.name, deps.nameIsTaken);
      const { id } = await context.write(() =>
        experiments.create(name, undefined, [
          { key: SAMPLE_TAG, value: "true" },
          { key: NOTE, value: experiment.note },
        ]),
      );
      for (const run of experiment.runs) {
        await context.turn();
        const parent = run.parent === undefined ? undefined : made.get(run.parent)?.runId;
        made.set(run.name, await makeRun(String(id), experiment, run, parent, context));
        context.log(`${name}: ${run.name}`);
        context.progress(++done, total);
      }
    }
    await makeRegisteredModel(made, context);
    context.progress(total, total);
    return { runs: made.size };
  };

  const load: JobKind = defineJob({
    kind: "sample",
    input: Type.Object({}),
    title: () => "Make the sample project",
    run: async (context) => {
      await clear(context); // of one that was cut off
      const { runs: count } = await make(context);
      return { facts: { runs_made: count }, href: "#/experiments" };
    },
  });

  const remove: JobKind = defineJob({
    kind: "sample-remove",
    input: Type.Object({}),
    title: () => "Remove the sample project",
    run: async (context) => ({ facts: { purged: await clear(context) }, href: "#/" }),
  });

  return {
    state,
    jobs: [load, remove] as const,
    /** @throws DomainError `conflict` when it is there already, whole or in part. */
    assertAbsent: (): void => {
      if (state().models.length > 0)
        throw new DomainError("conflict", "The sample project is loaded already: remove it first to load it anew");
    },
  };
};

export type Sample = ReturnType<typeof createSample>;
