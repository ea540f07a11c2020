/** Registered models and their versions on an MLflow server. */
import { SEMVER_TAG as GITLAB_TAG } from "../../../shared/semver/semver.ts";
import type { FieldChanges, Point } from "../../../shared/sync/doc.ts";
import { RemoteError } from "../errors.ts";
import { MARKER, type NewObject, type Page, type RemoteObject, type Search } from "../remote.ts";
import { allPages, filterOf, isGone, type MlflowApi, orDone, orUndefined } from "./api.ts";
import type { Carriers } from "./carriers.ts";
import { ALIAS_TAG, CARRIER_TAG, SEMVER_TAG } from "./holds.ts";
import {
  modelId,
  modelObject,
  type Pages,
  parseModelId,
  parseVersionId,
  semverOf,
  tagOf,
  versionId,
  versionObject,
  waiting,
} from "./objects.ts";
import { afterCreation, cannot, groupIn, splitChanges, type Tracking } from "./runs.ts";
import { answers, type WireModel, type WireVersion } from "./wire.ts";

const MODELS_PER_PAGE = 50;
const VERSIONS_PER_PAGE = 500;
const AT_ONCE = 4;
type Signal = AbortSignal | undefined;

const gone = (what: string): RemoteError => new RemoteError("gone", `${what} is not there any more.`);

/** A few at a time, in their order. */
const mapped = async <T, R>(items: readonly T[], one: (item: T) => Promise<R>): Promise<R[]> => {
  const all: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE)
    all.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(one))));
  return all;
};

export type Registry = ReturnType<typeof createRegistry>;

export const createRegistry = (api: MlflowApi, pages: Pages, tracking: Tracking, carriers: Carriers) => {
  /** What models are called says nothing of when they were made; asked once for each. */
  const modelIds = new Map<string, string>();

  const modelNamed = async (name: string, signal: Signal): Promise<WireModel | undefined> => {
    const model = (await orUndefined(api.get("registered-models/get", { name }, answers.model, signal)))
      ?.registered_model;
    if (model) modelIds.set(name, modelId(model));
    return model;
  };

  const idOfModel = async (name: string, signal: Signal): Promise<string> => {
    if (!modelIds.has(name)) await modelNamed(name, signal);
    const id = modelIds.get(name);
    if (id === undefined) throw gone(`The model '${name}'`);
    return id;
  };

  const searchVersions = (filter: string, signal: Signal): Promise<WireVersion[]> =>
    allPages(async (page_token) => {
      const query = { filter, max_results: VERSIONS_PER_PAGE, order_by: ["version_number DESC"], page_token };
      const { model_versions = [], next_page_token } = await api.get(
        "model-versions/search",
        query,
        answers.versions,
        signal,
      );
      return { items: model_versions, next: next_page_token };
    });

  const versionsOf = async (name: string, signal: Signal): Promise<WireVersion[]> =>
    (await searchVersions(filterOf(["name", name]), signal)).filter((version) => version.name === name);

  /** Versions with that tag; the server's own idea of equality may be wider than ours. */
  const tagged = async (name: string, key: string, value: string, signal: Signal): Promise<WireVersion[]> => {
    const found = await searchVersions(filterOf(["name", name], [`tags.\`${key}\``, value]), signal);
    return found.filter((version) => version.name === name && tagOf(version.tags, key) === value);
  };

  const versionNumbered = async (name: string, version: string, signal: Signal): Promise<WireVersion | undefined> =>
    (await orUndefined(api.get("model-versions/get", { name, version }, answers.version, signal)))?.model_version;

  /** Of versions with the same semantic version the oldest is the one. */
  const versionBySemver = async (name: string, semver: string, signal: Signal): Promise<WireVersion | undefined> => {
    const number = /^(\d+)\.0\.0$/.exec(semver)?.[1];
    const found = [
      ...(await tagged(name, SEMVER_TAG, semver, signal)),
      ...(await tagged(name, GITLAB_TAG, semver, signal)),
    ];
    const plain = found.length === 0 && number !== undefined ? await versionNumbered(name, number, signal) : undefined;
    return [...found, ...(plain ? [plain] : [])]
      .filter((version) => semverOf(version) === semver)
      .sort((a, b) => Number(a.version) - Number(b.version))[0];
  };

  const toModel = async (
    model: WireModel,
    signal: Signal,
    known: readonly WireVersion[] = [],
  ): Promise<RemoteObject> => {
    const semvers = new Map([...(model.latest_versions ?? []), ...known].map((each) => [each.version, semverOf(each)]));
    const unknown = new Set((model.aliases ?? []).map(({ version }) => version).filter((each) => !semvers.has(each)));
    for (const number of unknown) {
      const version = await versionNumbered(model.name, number, signal);
      if (version) semvers.set(number, semverOf(version));
    }
    return modelObject(pages, model, semvers);
  };

  const toVersion = async (version: WireVersion, signal: Signal): Promise<RemoteObject> =>
    versionObject(pages, version, await idOfModel(version.name, signal), await carriers.of(version, signal));

  const toVersions = async (
    versions: readonly WireVersion[],
    parent: string,
    signal: Signal,
  ): Promise<RemoteObject[]> => {
    const runs = await carriers.ofAll(versions, signal);
    return versions.map((each) => versionObject(pages, each, parent, runs.get(tagOf(each.tags, CARRIER_TAG) ?? "")));
  };

  /** A model's newest version is its first: then there are no others to ask for. */
  const allVersions = async ({ name, latest_versions = [] }: WireModel, signal: Signal): Promise<WireVersion[]> => {
    if (latest_versions.length === 0) return [];
    const isOnly = latest_versions.every(({ version }) => version === "1");
    return isOnly ? latest_versions : versionsOf(name, signal);
  };

  const withVersions = async (model: WireModel, signal: Signal): Promise<RemoteObject[]> => {
    const id = modelId(model);
    modelIds.set(model.name, id);
    const versions = await allVersions(model, signal);
    return [await toModel(model, signal, versions), ...(await toVersions(versions, id, signal))];
  };

  const list = async (page_token: string | undefined, signal: Signal): Promise<Page> => {
    const query = { max_results: MODELS_PER_PAGE, order_by: ["last_updated_timestamp DESC"], page_token };
    const { registered_models = [], next_page_token } = await api.get(
      "registered-models/search",
      query,
      answers.models,
      signal,
    );
    const found = await mapped(registered_models, (model) => withVersions(model, signal));
    return { objects: found.flat(), next: next_page_token || undefined };
  };

  /** The version behind an id; undefined for one that is gone, also when its number was given away again. */
  const versionOf = async (id: string, signal: Signal): Promise<WireVersion | undefined> => {
    const { name, version } = parseVersionId(id);
    const found = await versionNumbered(name, version, signal);
    return found && versionId(found) === id ? found : undefined;
  };

  const mustVersion = async (id: string, signal: Signal): Promise<WireVersion> => {
    const found = await versionOf(id, signal);
    if (!found) throw gone(`The model version ${parseVersionId(id).version} of '${parseVersionId(id).name}'`);
    return found;
  };

  const modelOf = async (id: string, signal: Signal): Promise<WireModel | undefined> => {
    const found = await modelNamed(parseModelId(id).name, signal);
    return found && modelId(found) === id ? found : undefined;
  };

  const lookModels = async ({ marker }: Search, signal: Signal): Promise<RemoteObject[]> => {
    const filter = filterOf([`tags.\`${MARKER}\``, marker]);
    const found = await allPages(async (page_token) => {
      const query = { filter, max_results: MODELS_PER_PAGE, page_token };
      const { registered_models = [], next_page_token } = await api.get(
        "registered-models/search",
        query,
        answers.models,
        signal,
      );
      return { items: registered_models, next: next_page_token };
    });
    const marked = found.filter(({ tags }) => tagOf(tags, MARKER) === marker);
    marked.sort((a, b) => Number(a.creation_timestamp ?? 0) - Number(b.creation_timestamp ?? 0));
    return mapped(marked, (model) => toModel(model, signal));
  };

  const lookVersions = async ({ parent, marker }: Search, signal: Signal): Promise<RemoteObject[]> => {
    if (parent === null) return [];
    const marked = await tagged(parseModelId(parent).name, MARKER, marker, signal);
    marked.sort((a, b) => Number(a.version) - Number(b.version));
    return mapped(marked, (version) => toVersion(version, signal));
  };

  const createModel = async ({ name, fields }: NewObject, signal: Signal): Promise<RemoteObject> => {
    const { sets: tags } = splitChanges(groupIn(fields, "tag"));
    const body = { name, description: fields["description"], tags };
    const { registered_model } = await api.send("POST", "registered-models/create", body, answers.model, signal);
    modelIds.set(name, modelId(registered_model));
    const aliases = groupIn(fields, "alias");
    if (Object.keys(aliases).length === 0) return toModel(registered_model, signal);
    await afterCreation(() => writeAliases(name, aliases, signal));
    return toModel((await modelNamed(name, signal)) ?? registered_model, signal);
  };

  const createVersion = async ({ name: semver, parent, fields }: NewObject, signal: Signal): Promise<RemoteObject> => {
    if (parent === null) throw new RemoteError("invalid", "A version has to be of a model.");
    const { name } = parseModelId(parent);
    const model = await modelOf(parent, signal);
    if (!model) throw gone(`The model '${name}'`);
    if (await versionBySemver(name, semver, signal))
      throw new RemoteError("exists", `The model '${name}' has a version ${semver} already.`);
    const marker = fields[`tag/${MARKER}`] ?? `${name} ${semver}`;
    const carrier = await carriers.make({ name, semver, marker }, signal);
    const { run_id, artifact_uri } = carrier.info;
    const { sets } = splitChanges(groupIn(fields, "tag"));
    const tags = [...sets, { key: SEMVER_TAG, value: semver }, { key: CARRIER_TAG, value: run_id }];
    const { description, run_link } = fields;
    const body = { name, source: artifact_uri, run_id, run_link, description, tags };
    const { model_version } = await api.send("POST", "model-versions/create", body, answers.version, signal);
    const later = { ...groupIn(fields, "param"), ...groupIn(fields, "run_tag"), stage: fields["stage"] };
    const id = versionId(model_version);
    const changes = Object.fromEntries(Object.entries(later).filter((entry): entry is [string, string] => !!entry[1]));
    const aliases = waiting(model).filter((each) => each.semver === semver);
    await afterCreation(async () => {
      await writeVersion(id, changes, signal);
      for (const { alias } of aliases) await setAlias(name, alias, model_version.version, signal);
    });
    const found = Object.keys(changes).length === 0 ? model_version : await mustVersion(id, signal);
    return toVersion(found, signal);
  };

  const post = (path: string, body: object, signal: Signal) =>
    api.send("POST", path, { ...body }, answers.nothing, signal);
  const drop = (path: string, body: object, signal: Signal) =>
    orDone(api.send("DELETE", path, { ...body }, answers.nothing, signal));

  const setAlias = async (name: string, alias: string, version: string, signal: Signal): Promise<void> => {
    await post("registered-models/alias", { name, alias, version }, signal);
    await drop("registered-models/delete-tag", { name, key: `${ALIAS_TAG}${alias}` }, signal);
  };

  /** An alias comes with its model, and its version later: until then a tag says what it will point at. */
  const writeAliases = async (name: string, changes: FieldChanges, signal: Signal): Promise<void> => {
    const { sets, removed } = splitChanges(changes);
    for (const { key: alias, value: semver } of sets) {
      const version = await versionBySemver(name, semver, signal);
      if (version) await setAlias(name, alias, version.version, signal);
      else {
        await drop("registered-models/alias", { name, alias }, signal);
        await post("registered-models/set-tag", { name, key: `${ALIAS_TAG}${alias}`, value: semver }, signal);
      }
    }
    for (const alias of removed) {
      await drop("registered-models/alias", { name, alias }, signal);
      await drop("registered-models/delete-tag", { name, key: `${ALIAS_TAG}${alias}` }, signal);
    }
  };

  const writeModel = async (id: string, changes: FieldChanges, signal: Signal): Promise<void> => {
    const { name } = parseModelId(id);
    if (!(await modelOf(id, signal))) throw gone(`The model '${name}'`);
    const { sets, removed } = splitChanges(groupIn(changes, "tag"));
    for (const tag of sets) await post("registered-models/set-tag", { name, ...tag }, signal);
    for (const key of removed) await drop("registered-models/delete-tag", { name, key }, signal);
    await writeAliases(name, groupIn(changes, "alias"), signal);
    const { description, ...others } = groupIn(changes, "other");
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw cannot(unknown);
    if (description !== undefined)
      await api.send(
        "PATCH",
        "registered-models/update",
        { name, description: description ?? "" },
        answers.nothing,
        signal,
      );
  };

  const writeOwn = async (found: WireVersion, changes: FieldChanges, signal: Signal): Promise<void> => {
    const { sets, removed } = splitChanges(groupIn(changes, "run_tag"));
    const tags = [
      ...sets.map(({ key, value }) => [key, value] as const),
      ...removed.map((key) => [key, null] as const),
    ];
    const own = {
      ...groupIn(changes, "param"),
      ...Object.fromEntries(tags.map(([key, value]) => [`tag/${key}`, value])),
    };
    if (Object.keys(own).length === 0) return;
    const run = await carriers.ensure(found, semverOf(found), signal);
    await tracking.writeRun(run.info.run_id, own, signal);
  };

  const writeVersion = async (id: string, changes: FieldChanges, signal: Signal): Promise<void> => {
    if (Object.keys(changes).length === 0) return;
    const found = await mustVersion(id, signal);
    const { name, version } = found;
    const { sets, removed } = splitChanges(groupIn(changes, "tag"));
    for (const tag of sets) await post("model-versions/set-tag", { name, version, ...tag }, signal);
    for (const key of removed) await drop("model-versions/delete-tag", { name, version, key }, signal);
    await writeOwn(found, changes, signal);
    const { description, stage, status: _ready, ...others } = groupIn(changes, "other");
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw cannot(unknown);
    const said = { name, version, description: description ?? "" };
    if (description !== undefined) await api.send("PATCH", "model-versions/update", said, answers.nothing, signal);
    if (stage !== undefined)
      await post(
        "model-versions/transition-stage",
        { name, version, stage: stage ?? "None", archive_existing_versions: false },
        signal,
      );
  };

  async function* points(id: string, signal: Signal): AsyncIterable<readonly Point[]> {
    const run = await carriers.of(await mustVersion(id, signal), signal);
    if (run) yield* tracking.points(run, signal);
  }

  const logPoints = async (id: string, points: readonly Point[], signal: Signal): Promise<void> => {
    const found = await mustVersion(id, signal);
    const run = await carriers.ensure(found, semverOf(found), signal);
    await tracking.logPoints(run.info.run_id, points, signal);
  };

  const removeVersion = async (id: string, signal: Signal): Promise<void> => {
    const found = await versionOf(id, signal);
    if (!found) return;
    const carrier = tagOf(found.tags, CARRIER_TAG);
    await drop("model-versions/delete", { name: found.name, version: found.version }, signal);
    if (carrier !== undefined) await tracking.removeRun(carrier, signal);
  };

  const removeModel = async (id: string, signal: Signal): Promise<void> => {
    const model = await modelOf(id, signal);
    if (!model) return;
    for (const version of await versionsOf(model.name, signal)) await removeVersion(versionId(version), signal);
    await drop("registered-models/delete", { name: model.name }, signal);
  };

  /** Where a version's files are, and the run that they may be of. */
  const locationOf = async (id: string, signal: Signal): Promise<{ uri: string; run: string | undefined }> => {
    const found = await mustVersion(id, signal);
    const { name, version, source = "" } = found;
    const run = found.run_id || undefined;
    if (source.startsWith("mlflow-artifacts:")) return { uri: source, run };
    const said = await api.get("model-versions/get-download-uri", { name, version }, answers.downloadUri, signal);
    return { uri: said.artifact_uri ?? source, run };
  };

  return {
    list,
    lookModels,
    lookVersions,
    findModel: async (name: string, signal: Signal): Promise<RemoteObject | undefined> => {
      const model = await modelNamed(name, signal);
      return model && toModel(model, signal);
    },
    findVersion: async (semver: string, parent: string, signal: Signal): Promise<RemoteObject | undefined> => {
      const found = await versionBySemver(parseModelId(parent).name, semver, signal).catch((error: unknown) => {
        if (isGone(error)) return undefined;
        throw error;
      });
      return found && toVersion(found, signal);
    },
    readModel: async (id: string, signal: Signal): Promise<RemoteObject | undefined> => {
      const model = await modelOf(id, signal);
      return model && toModel(model, signal);
    },
    readVersion: async (id: string, signal: Signal): Promise<RemoteObject | undefined> => {
      const found = await versionOf(id, signal);
      return found && toVersion(found, signal);
    },
    createModel,
    createVersion,
    writeModel,
    writeVersion,
    points,
    logPoints,
    removeModel,
    removeVersion,
    locationOf,
  };
};
