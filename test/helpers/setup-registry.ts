import { createApp } from "../../electron/api/app.ts";
import { modelVersionRoutes } from "../../electron/api/mlflow/model-versions.ts";
import { registeredModelRoutes } from "../../electron/api/mlflow/registered-models.ts";
import { createExperiments } from "../../electron/domain/tracking/experiments.ts";
import { createLoggedModels } from "../../electron/domain/tracking/logged-models.ts";
import { createRegistry } from "../../electron/domain/registry/registry.ts";
import { createExperimentStore } from "../../electron/store/experiments.ts";
import { createLoggedModelStore } from "../../electron/store/logged-models.ts";
import { createModelVersionStore } from "../../electron/store/model-versions.ts";
import { createRegisteredModelStore } from "../../electron/store/registered-models.ts";
import { createRemovals } from "../../electron/domain/trash/removals.ts";
import { createRemovalStore } from "../../electron/store/removals.ts";
import { createRunStore } from "../../electron/store/runs.ts";
import { createModelVersionSearch } from "../../electron/store/search/model-versions.ts";
import { createRegisteredModelSearch } from "../../electron/store/search/registered-models.ts";
import { createVersionFileStore } from "../../electron/store/version-files.ts";
import type { Endpoint, RequestOf } from "../../shared/api/endpoint.ts";
import { createModelVersion } from "../../shared/api/mlflow/model-versions.ts";
import { createRegisteredModel } from "../../shared/api/mlflow/registered-models.ts";
import { caller, setupStore } from "./store.ts";

/** Status and body of an answer. */
export type Answer = readonly [status: number, body: unknown];

const RUN = "a".repeat(32);
export const MODEL_ID = `m-${"b".repeat(32)}`;
const unused = { search: () => ({ ids: [], nextPageToken: undefined }) };

/** The registry over an in-memory store, spoken to as clients do; a run and a logged model of experiment 0 exist. */
export const setupRegistry = () => {
  const clock = { at: 1_700_000_000_000 };
  const now = () => clock.at;
  const { db, journal, keys, writer, run } = setupStore(now);
  const removals = createRemovals({ store: createRemovalStore(db, keys), journal, now });
  run(RUN);
  const loggedModels = createLoggedModels({
    models: createLoggedModelStore(db),
    experiments: createExperiments({
      experiments: createExperimentStore(db),
      runs: createRunStore(db, keys),
      search: unused,
      removals,
      journal,
      now,
    }),
    search: unused,
    removals,
    journal,
    now,
    newModelId: () => MODEL_ID,
    randomName: () => "lm",
  });
  loggedModels.create({ experiment_id: "0", name: "lm", source_run_id: RUN });
  const registry = createRegistry({
    models: createRegisteredModelStore(db),
    versions: createModelVersionStore(db),
    experiments: createExperimentStore(db),
    runs: createRunStore(db, keys),
    versionFiles: createVersionFileStore(db),
    newRunId: () => "c".repeat(32),
    loggedModels,
    modelSearch: createRegisteredModelSearch(db),
    versionSearch: createModelVersionSearch(db),
    removals,
    journal,
    now,
  });
  const app = createApp({
    routes: [...registeredModelRoutes(registry.models), ...modelVersionRoutes(registry.versions)],
    mounts: [],
    write: writer.write,
    callerOf: () => caller,
    onBug: (error) => {
      throw error;
    },
  });

  const call = async <E extends Endpoint>(
    { method, path }: E,
    input: RequestOf<E> | Record<string, unknown>,
  ): Promise<Answer> => {
    const query = Object.fromEntries(
      Object.entries(input).map(([key, value]) => [key, Array.isArray(value) ? value.map(String) : String(value)]),
    );
    const answer = await app.inject(
      method === "GET" ? { method, url: path, query } : { method, url: path, payload: input },
    );
    return [answer.statusCode, answer.json<unknown>()];
  };

  /** Puts a file's name and digest below the artifact root. */
  const putFile = (path: string, sha256: string, size = 1): void => {
    db.prepare("INSERT INTO blobs (sha256, size, created_at) VALUES (?, ?, 0) ON CONFLICT DO NOTHING").run(
      sha256,
      size,
    );
    db.prepare("INSERT OR REPLACE INTO artifacts (path, sha256, size, modified_at) VALUES (?, ?, ?, 0)").run(
      path,
      sha256,
      size,
    );
  };

  const newVersion = (name: string, extra: object = {}) =>
    call(createModelVersion, { name, source: "s3://bucket/model", ...extra });

  return {
    db,
    registry,
    loggedModels,
    call,
    putFile,
    runId: RUN,
    /** Lets time pass, so that times of updates differ. */
    tick: () => void (clock.at += 1000),
    newModel: (name: string) => call(createRegisteredModel, { name }),
    newVersion,
    newVersions: async (name: string, count: number) => {
      for (let i = 0; i < count; i++) await newVersion(name);
    },
    audit: () =>
      db.prepare<[], { action: string; subject: string }>("SELECT action, subject FROM audit ORDER BY seq").all(),
  };
};
