/**
 * Another MLflow server as the far side of a sync: the real one on any store, or another Outpost. Experiments, runs and
 * registered models are native; a version's files and own numbers are carried by a run (`carriers.ts`).
 */
import type { FieldChanges, SyncKind } from "../../../shared/sync/doc.ts";
import { RemoteError } from "../errors.ts";
import type { HttpClient } from "../http/client.ts";
import type { NewObject, Ref, Remote, RemoteObject } from "../remote.ts";
import { createMlflowApi } from "./api.ts";
import { createCarriers } from "./carriers.ts";
import { createFiles, type Place, placeOf } from "./files.ts";
import { holds, holdsFile, holdsPoint } from "./holds.ts";
import { experimentObject, pagesOf, runObject } from "./objects.ts";
import { probeMlflow } from "./probe.ts";
import { createRegistry } from "./registry.ts";
import { createTracking } from "./runs.ts";

export interface MlflowOptions {
  readonly baseUrl: string;
  readonly client: HttpClient;
  /** Who the token belongs to, if anybody said. */
  readonly user?: string;
  readonly wallClock: () => number;
  /** How long the server works on a request whose asker has gone. */
  readonly settleMs?: number;
}

const SETTLE_MS = 65_000;
const POINTS = 1000;
const BATCH = 100;
/** The shortest tag of all kinds, where every character takes one byte. */
const NOTE_BYTES = 5000;

const noSuch = (kind: string): RemoteError => new RemoteError("invalid", `MLflow keeps nothing of that of a ${kind}.`);

/** The client is closed with the remote. */
export const createMlflowRemote = (options: MlflowOptions): Remote => {
  const api = createMlflowApi(options.client);
  const pages = pagesOf(options.baseUrl);
  const tracking = createTracking(api, pages, options.wallClock);
  const carriers = createCarriers(api, tracking, options.wallClock);
  const registry = createRegistry(api, pages, tracking, carriers);
  const files = createFiles(api);
  let noFiles: string | undefined;

  const read = async ({ kind, id }: Ref, signal?: AbortSignal): Promise<RemoteObject | undefined> => {
    switch (kind) {
      case "experiment": {
        const found = await tracking.experimentOf(id, signal);
        return found && experimentObject(pages, found);
      }
      case "run": {
        const found = await tracking.runOf(id, signal);
        return found && runObject(pages, found);
      }
      case "registered_model":
        return registry.readModel(id, signal);
      case "model_version":
        return registry.readVersion(id, signal);
    }
  };

  const create = async (input: NewObject, signal?: AbortSignal): Promise<RemoteObject> => {
    assertHeld(input.kind, input.fields);
    const makers = {
      experiment: tracking.createExperiment,
      run: tracking.createRun,
      registered_model: registry.createModel,
      model_version: registry.createVersion,
    };
    return makers[input.kind](input, signal);
  };

  const mustRun = async (id: string, signal: AbortSignal | undefined) => {
    const run = await tracking.runOf(id, signal);
    if (!run) throw new RemoteError("gone", `The run ${id} is not there any more.`);
    return run;
  };

  const place = async ({ kind, id }: Ref, signal: AbortSignal | undefined): Promise<Place> => {
    if (kind === "run") {
      const { info } = await mustRun(id, signal);
      const uri = info.artifact_uri ?? "";
      return placeOf(uri, { id, uri });
    }
    if (kind !== "model_version") throw noSuch(kind);
    const { uri, run: runId } = await registry.locationOf(id, signal);
    const run =
      runId === undefined || uri.startsWith("mlflow-artifacts:") ? undefined : await tracking.runOf(runId, signal);
    return placeOf(uri, run && { id: run.info.run_id, uri: run.info.artifact_uri ?? "" });
  };

  /** MLflow takes much that it does not keep, or keeps otherwise: nothing is sent that it cannot hold. */
  const assertHeld = (kind: SyncKind, changes: FieldChanges): void => {
    for (const [field, value] of Object.entries(changes)) {
      const answer = holds(kind, field, value, value === null ? "" : undefined);
      if (answer !== true) throw new RemoteError("invalid", `${field}: ${answer}`);
    }
  };

  /** What was deleted meanwhile is refused as if it were wrong. */
  const orGone = async <T>(ref: Ref, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      const refused = error instanceof RemoteError && error.trouble === "invalid";
      if (refused && (await read(ref, signal)) === undefined)
        throw new RemoteError("gone", `It is not there any more: ${error.message}`, { cause: error });
      throw error;
    }
  };

  async function* pointsOf(ref: Ref, signal?: AbortSignal) {
    if (ref.kind === "run") yield* tracking.points(await mustRun(ref.id, signal), signal);
    else if (ref.kind === "model_version") yield* registry.points(ref.id, signal);
  }

  return {
    kind: "mlflow",
    limits: {
      fileBytes: Number.MAX_SAFE_INTEGER, // of a proxy in between nobody knows; it says 413
      batch: BATCH,
      pointBatch: POINTS,
      noteBytes: NOTE_BYTES,
      settleMs: options.settleMs ?? SETTLE_MS,
    },
    probe: async (signal) => {
      const { baseUrl, user = "", wallClock } = options;
      const found = await probeMlflow(api, { baseUrl, user, wallClock }, signal);
      noFiles = found.noFiles;
      return found.probe;
    },
    holds,
    holdsPoint,
    holdsFile: (path) => noFiles ?? holdsFile(path),
    list: (stream, cursor, signal) => {
      if (stream.of === "experiments") return tracking.listExperiments(cursor, signal);
      return stream.of === "runs"
        ? tracking.listRuns(stream.experiment, cursor, signal)
        : registry.list(cursor, signal);
    },
    find: async (kind, name, parent, signal) => {
      if (kind === "registered_model") return registry.findModel(name, signal);
      if (kind === "model_version") return parent === null ? undefined : registry.findVersion(name, parent, signal);
      const found = await tracking.activeExperimentNamed(name, signal);
      return found && experimentObject(pages, found);
    },
    look: (search, signal) => {
      const lookers = {
        experiment: tracking.lookExperiments,
        run: tracking.lookRuns,
        registered_model: registry.lookModels,
        model_version: registry.lookVersions,
      };
      return lookers[search.kind](search, signal);
    },
    read,
    create,
    write: async (ref, changes, signal) => {
      assertHeld(ref.kind, changes);
      const writers = {
        experiment: tracking.writeExperiment,
        run: tracking.writeRun,
        registered_model: registry.writeModel,
        model_version: registry.writeVersion,
      };
      return orGone(ref, signal, () => writers[ref.kind](ref.id, changes, signal));
    },
    points: pointsOf,
    logPoints: async (ref, points, signal) => {
      for (const point of points) {
        const answer = holdsPoint(point);
        if (answer !== true) throw new RemoteError("invalid", `${point.key}: ${answer}`);
      }
      const { kind, id } = ref;
      if (kind !== "run" && kind !== "model_version") throw noSuch(kind);
      const log = kind === "run" ? tracking.logPoints : registry.logPoints;
      return orGone(ref, signal, () => log(id, points, signal));
    },
    files: async (ref, signal) =>
      ref.kind === "run" || ref.kind === "model_version" ? files.list(await place(ref, signal), signal) : [],
    putFile: async (ref, file, signal, onBytes) => {
      const answer = holdsFile(file.path);
      if (answer !== true) throw new RemoteError("invalid", `${file.path}: ${answer}`);
      return files.put(await place(ref, signal), file, signal, onBytes);
    },
    getFile: async (ref, path, range, signal) => files.get(await place(ref, signal), path, range, signal),
    remove: ({ kind, id }, signal) => {
      const removers = {
        experiment: tracking.removeExperiment,
        run: tracking.removeRun,
        registered_model: registry.removeModel,
        model_version: registry.removeVersion,
      };
      return removers[kind](id, signal);
    },
    close: () => options.client.close(),
  };
};
