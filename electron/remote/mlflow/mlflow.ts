/**
 * Another MLflow server as the far side of a sync: the real one on any store, or another Outpost. Experiments, runs and
 * registered models are native; a version's files and own numbers are carried by a run (`carriers.ts`).
 */
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
  const tracking = createTracking(api, pages);
  const carriers = createCarriers(api, tracking);
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

  const create = (input: NewObject, signal?: AbortSignal): Promise<RemoteObject> => {
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

  /** Roots do not move: asked once for each object. */
  const places = new Map<string, Place>();
  const findPlace = async ({ kind, id }: Ref, signal: AbortSignal | undefined): Promise<Place> => {
    if (kind === "run") {
      const { info } = await mustRun(id, signal);
      const uri = info.artifact_uri ?? "";
      return placeOf(uri, { id, uri });
    }
    if (kind !== "model_version") throw noSuch(kind);
    const uri = await registry.locationOf(id, signal);
    const runId = await registry.runIdOf(id, signal);
    const run = runId === undefined ? undefined : await tracking.runOf(runId, signal);
    return placeOf(uri, run && { id: run.info.run_id, uri: run.info.artifact_uri ?? "" });
  };
  const place = async (ref: Ref, signal: AbortSignal | undefined): Promise<Place> => {
    const key = `${ref.kind}/${ref.id}`;
    const found = places.get(key) ?? (await findPlace(ref, signal));
    if (places.size > 10_000) places.clear();
    places.set(key, found);
    return found;
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
    write: (ref, changes, signal) => {
      const writers = {
        experiment: tracking.writeExperiment,
        run: tracking.writeRun,
        registered_model: registry.writeModel,
        model_version: registry.writeVersion,
      };
      return writers[ref.kind](ref.id, changes, signal);
    },
    points: pointsOf,
    logPoints: (ref, points, signal) => {
      if (ref.kind === "run") return tracking.logPoints(ref.id, points, signal);
      if (ref.kind === "model_version") return registry.logPoints(ref.id, points, signal);
      return Promise.reject(noSuch(ref.kind));
    },
    files: async (ref, signal) =>
      ref.kind === "run" || ref.kind === "model_version" ? files.list(await place(ref, signal), signal) : [],
    putFile: async (ref, file, signal, onBytes) => files.put(await place(ref, signal), file, signal, onBytes),
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
