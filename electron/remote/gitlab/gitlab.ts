/**
 * GitLab as a far side: experiments, candidates, the model registry and packages of one project. Nothing is sent that
 * `holds` refuses, no write is repeated, and ids tell an object from a later one of its name.
 */
import type { FieldChanges, Point } from "../../../shared/sync/doc.ts";
import { RemoteError } from "../errors.ts";
import { createHttpClient, type HttpDeps, type HttpTarget } from "../http/client.ts";
import {
  type Limits,
  type NewObject,
  type Probe,
  type Ref,
  type Remote,
  type RemoteObject,
  type Search,
  type Stream,
  MARKER,
  groupOf,
} from "../remote.ts";
import { type Asked, createGitlabApi } from "./api.ts";
import { nameOf } from "./file-names.ts";
import { createFiles, type Place } from "./files.ts";
import { holds, holdsFile, holdsPoint } from "./holds.ts";
import { isOfModel, parseModelId, parseVersionId } from "./ids.ts";
import { type PageUrl, candidateOf, experimentObject, runObject } from "./object.ts";
import { probe } from "./probe.ts";
import { createRegistry } from "./registry.ts";
import { createTracking } from "./tracking.ts";
import type { Tags, WireRun } from "./wire.ts";
import { createWriter } from "./write.ts";

export interface GitlabTarget extends Omit<HttpTarget, "authHeader" | "token"> {
  /** Of the instance, relative root included: `https://gitlab.example.com`. */
  readonly baseUrl: string;
  /** Number or full path. */
  readonly project: string;
  /** A personal, project or group access token with the scope `api`. Asked before each call. */
  readonly token: () => Promise<string | undefined>;
  /** The instance's longest file, bytes; 5 GB when not said, as on gitlab.com. */
  readonly fileBytes?: number;
  /** The longest time that the instance works on a request. */
  readonly settleMs?: number;
}

const limitsOf = ({ fileBytes = 5_000_000_000, settleMs = 65_000 }: GitlabTarget): Limits => ({
  fileBytes,
  batch: 100,
  pointBatch: 1000,
  noteBytes: 5000,
  settleMs,
});

const MAX_PAGES = 100_000;
const KEEP_MS = 3_600_000;
const POINTS_AT_ONCE = 1000;
const MOST_PLACES = 50_000;

const invalid = (why: string): RemoteError => new RemoteError("invalid", why);
const gone = (what: string): RemoteError =>
  new RemoteError("gone", `${what} is not on GitLab any more.`, { status: 404 });

const tagsIn = (fields: NewObject["fields"]): Tags =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => (groupOf(field) === "tag" ? [[field.slice(4), value]] : [])),
  );

/** The name that a run goes by there: one that GitLab cannot hold is cut, a blank one left out. */
const runName = (name: string): string | undefined => {
  const cut = [...name.toWellFormed().replaceAll("\0", "")].slice(0, 255).join("");
  return cut.trim() === "" ? undefined : cut;
};

/** @throws RemoteError `invalid`: GitLab must never see what it would refuse halfway. */
const checkNew = ({ kind, name, fields }: NewObject): void => {
  const unique = kind === "run" ? {} : { [kind === "model_version" ? "semver" : "name"]: name };
  const named = { ...fields, ...unique };
  for (const [field, value] of Object.entries(named)) {
    const answer = holds(kind, field, value, undefined);
    if (answer !== true) throw invalid(answer);
  }
};

/** One project of a GitLab instance. @throws RemoteError `invalid` for an address or a project that is none */
export const createGitlabRemote = (target: GitlabTarget, deps: HttpDeps): Remote => {
  const { baseUrl, project: given, ...rest } = target;
  const project = given.trim().replace(/^\/+|\/+$/g, "");
  if (project === "") throw invalid("A GitLab remote needs its project: a number, or a path such as group/project.");
  const client = createHttpClient({ ...rest, baseUrl, authHeader: "bearer" }, deps);
  const api = createGitlabApi(client, project);
  const tracking = createTracking(api);
  const registry = createRegistry(api, tracking, { now: () => deps.now(), keepMs: KEEP_MS * (target.pace ?? 1) });
  const folders = { has: true };
  let capabilities: Probe["capabilities"] = {};
  const files = createFiles(api, folders);
  const limits = limitsOf(target);
  const writer = createWriter(tracking, registry);

  /** Known from the start where the project was given by its path. */
  let projectPath = /^\d+$/.test(project) ? undefined : project;
  const pages: PageUrl = (path) =>
    projectPath === undefined ? {} : { webUrl: `${baseUrl.replace(/\/+$/, "")}/${projectPath}/-/${path}` };
  const shownRun = (run: WireRun): RemoteObject => runObject(run, pages);

  const places = new Map<string, Place>();

  const placeOf = async (ref: Ref, asked: Asked): Promise<Place> => {
    if (ref.kind === "model_version") {
      const { id, semver, model } = parseVersionId(ref.id);
      return { ref: id, package: { name: model, version: semver } };
    }
    if (ref.kind !== "run") throw invalid(`On GitLab a ${ref.kind.replace("_", " ")} has no files.`);
    const known = places.get(ref.id);
    if (known) return known;
    const run = await tracking.run(ref.id, asked);
    if (!run) throw gone(`Run ${ref.id}`);
    const iid = candidateOf(run);
    if (iid === undefined) throw invalid(`GitLab says no number for run ${ref.id}, so its files cannot be found.`);
    const place = {
      ref: `candidate:${iid}`,
      package: { name: `ml_experiment_${run.experiment}`, version: `candidate_${iid}` },
    };
    if (places.size >= MOST_PLACES) places.clear();
    places.set(ref.id, place);
    return place;
  };

  const list = async (stream: Stream, cursor: string | undefined, asked: Asked) => {
    if (stream.of === "registry") return registry.list(cursor, asked);
    if (stream.of === "runs") {
      const { rows, next } = await tracking.runs(stream.experiment, cursor, asked);
      return { objects: rows.map(shownRun), next };
    }
    const { rows, next } = await tracking.experiments(cursor, asked);
    const own = rows.filter(({ name }) => !isOfModel(name));
    return { objects: own.map((each) => experimentObject(each, pages)), next };
  };

  const find = async (kind: Search["kind"], name: string, parent: string | null, asked: Asked) => {
    if (kind === "run") return undefined;
    if (kind === "registered_model") return registry.findModel(name, asked);
    if (kind === "model_version")
      return parent === null ? undefined : registry.findVersion(parseModelId(parent).name, name, asked);
    const found = isOfModel(name) ? undefined : await tracking.experimentByName(name, asked);
    return found && experimentObject(found, pages);
  };

  const read = async ({ kind, id }: Ref, asked: Asked): Promise<RemoteObject | undefined> => {
    if (kind === "registered_model") return registry.readModel(parseModelId(id), asked);
    if (kind === "model_version") return registry.readVersion(parseVersionId(id), asked);
    if (kind === "run") {
      const run = await tracking.run(id, asked);
      return run && shownRun(run);
    }
    const found = await tracking.experiment(id, asked);
    return found && experimentObject(found, pages);
  };

  const isMeant = (run: WireRun, { marker, name, startTime }: Search): boolean =>
    run.tags[MARKER] === undefined
      ? (runName(name) ?? run.name) === run.name &&
        (run.startTime === 0 ? undefined : String(run.startTime)) === startTime
      : run.tags[MARKER] === marker;

  /** The newest first, as GitLab lists them, back to the newest one known before. */
  const lookForRuns = async (search: Search, asked: Asked): Promise<readonly RemoteObject[]> => {
    if (search.parent === null) throw invalid("A run is looked for in an experiment.");
    const found: RemoteObject[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { rows, next } = await tracking.runs(search.parent, cursor, asked);
      const until = rows.findIndex(({ eid }) => eid === search.until);
      const newer = until < 0 ? rows : rows.slice(0, until);
      found.push(...newer.filter((run) => isMeant(run, search)).map(shownRun));
      cursor = next;
      if (until >= 0 || cursor === undefined) break;
    }
    return found.reverse();
  };

  const look = async (search: Search, asked: Asked): Promise<readonly RemoteObject[]> => {
    if (search.kind === "run") return lookForRuns(search, asked);
    const found = await find(search.kind, search.name, search.parent, asked);
    return found?.fields[`tag/${MARKER}`] === search.marker ? [found] : [];
  };

  /** What a creation cannot carry (params, a status) is left for `write`; the answer shows what there is. */
  const create = async (input: NewObject, asked: Asked): Promise<RemoteObject> => {
    checkNew(input);
    const { kind, name, parent, fields } = input;
    const tags = tagsIn(fields);
    if (kind === "experiment") return experimentObject(await tracking.createExperiment(name, tags, asked), pages);
    if (kind === "registered_model")
      return registry.createModel({ name, description: fields["description"], tags }, asked);
    if (parent === null) throw invalid(`A ${kind.replace("_", " ")} needs what it belongs to.`);
    if (kind === "run") {
      const given = { experiment: parent, name: runName(name), startTime: fields["start_time"], tags };
      return shownRun(await tracking.createRun(given, asked));
    }
    const version = { model: parseModelId(parent), semver: name, description: fields["description"], tags };
    return registry.createVersion(version, asked);
  };

  const runOf = async (ref: Ref, asked: Asked): Promise<string> => {
    if (ref.kind === "run") return ref.id;
    if (ref.kind === "model_version") return registry.runOf(parseVersionId(ref.id), asked);
    throw invalid(`On GitLab a ${ref.kind.replace("_", " ")} has no metrics.`);
  };

  async function* points(ref: Ref, signal?: AbortSignal): AsyncIterable<readonly Point[]> {
    const run = await tracking.run(await runOf(ref, { signal }), { signal });
    if (!run) throw gone(`The run of ${ref.kind.replace("_", " ")} ${ref.id}`);
    for (let at = 0; at < run.points.length; at += POINTS_AT_ONCE) yield run.points.slice(at, at + POINTS_AT_ONCE);
  }

  const logPoints = async (ref: Ref, all: readonly Point[], asked: Asked): Promise<void> => {
    for (const point of all) {
      const answer = holdsPoint(point);
      if (answer !== true) throw invalid(answer);
    }
    if (all.length > limits.pointBatch)
      throw invalid(`GitLab is sent at most ${limits.pointBatch} points in one call.`);
    if (all.length > 0) await tracking.logBatch(await runOf(ref, asked), "metrics", all, asked);
  };

  const write = async (ref: Ref, changes: FieldChanges, asked: Asked): Promise<void> => {
    if (Object.keys(changes).length > limits.batch)
      throw invalid(`GitLab is sent at most ${limits.batch} fields in one call.`);
    await writer.write(ref, changes, asked);
  };

  const remove = async ({ kind, id }: Ref, asked: Asked): Promise<void> => {
    if (kind === "experiment") return tracking.removeExperiment(id, asked);
    if (kind === "run") return tracking.removeRun(id, asked);
    if (kind === "registered_model") return registry.removeModel(parseModelId(id), asked);
    return registry.removeVersion(parseVersionId(id), asked);
  };

  return {
    kind: "gitlab",
    limits,
    holds,
    holdsPoint,
    holdsFile,
    nameOfFile: (path) => nameOf(path, folders.has),
    probe: async (signal) => {
      const wallClock = deps.wallClock ?? Date.now;
      const found = await probe(api, { baseUrl, wallClock, known: capabilities }, { signal });
      ({ capabilities } = found);
      folders.has = found.capabilities["file_folders"] ?? folders.has;
      projectPath ??= found.title.split(" on ")[0];
      return found;
    },
    list: (stream, cursor, signal) => list(stream, cursor, { signal }),
    find: (kind, name, parent, signal) => find(kind, name, parent, { signal }),
    look: (search, signal) => look(search, { signal }),
    read: (ref, signal) => read(ref, { signal }),
    create: (input, signal) => create(input, { signal }),
    write: (ref, changes, signal) => write(ref, changes, { signal }),
    points,
    logPoints: (ref, all, signal) => logPoints(ref, all, { signal }),
    files: async (ref, signal) => {
      const found = await files.list(await placeOf(ref, { signal }), { signal });
      // Without a package there is nothing, or nothing any more.
      if (found.length === 0 && !(await read(ref, { signal }))) throw gone(`${ref.kind} ${ref.id}`);
      return found;
    },
    putFile: async (ref, file, signal, onBytes) => {
      const answer = holdsFile(file.path);
      if (answer !== true) throw invalid(answer);
      if (file.size > limits.fileBytes)
        throw new RemoteError(
          "too_large",
          `'${file.path}' has more than the ${limits.fileBytes} bytes of a file there.`,
        );
      await files.put(await placeOf(ref, { signal }), file, { signal }, onBytes);
    },
    getFile: async (ref, path, range, signal) => {
      const { status, total, etag, body } = await files.get(await placeOf(ref, { signal }), path, range, { signal });
      return { from: status === 206 ? range.from : 0, total, etag, body };
    },
    remove: (ref, signal) => remove(ref, { signal }),
    close: () => api.close(),
  };
};
