/** Models and versions through GitLab's MLflow API; deletion of a version through GraphQL, the only way there is. */
import { SEMVER_TAG } from "../../../shared/semver/semver.ts";
import { RemoteError } from "../errors.ts";
import type { Page, RemoteObject } from "../remote.ts";
import { createAdaptive, inParallel } from "./adaptive.ts";
import { type Asked, type GitlabApi, orUndefined, pageAt } from "./api.ts";
import { type ModelId, type VersionId, MODEL_TAG, experimentOfModel, versionTag } from "./ids.ts";
import { createKept } from "./kept.ts";
import { type OwnRun, modelObject, ownRunOf, versionObject } from "./object.ts";
import { type Tracking, pairs } from "./tracking.ts";
import {
  type Tags,
  type WireExperiment,
  type WireModel,
  type WireVersion,
  madeId,
  modelOf,
  nothing,
  pageOf,
  record,
  versionOf,
  within,
} from "./wire.ts";

export interface NewVersion {
  readonly model: ModelId;
  readonly semver: string;
  readonly description: string | undefined;
  readonly tags: Tags;
}

export interface Registry {
  /** Models, each before its versions; newest first. */
  list(cursor: string | undefined, asked?: Asked): Promise<Page>;
  findModel(name: string, asked?: Asked): Promise<RemoteObject | undefined>;
  findVersion(model: string, semver: string, asked?: Asked): Promise<RemoteObject | undefined>;
  readModel(id: ModelId, asked?: Asked): Promise<RemoteObject | undefined>;
  readVersion(id: VersionId, asked?: Asked): Promise<RemoteObject | undefined>;
  createModel(
    input: { readonly name: string; readonly description: string | undefined; readonly tags: Tags },
    asked?: Asked,
  ): Promise<RemoteObject>;
  createVersion(input: NewVersion, asked?: Asked): Promise<RemoteObject>;
  describeModel(id: ModelId, text: string | undefined, asked?: Asked): Promise<void>;
  describeVersion(id: VersionId, text: string, asked?: Asked): Promise<void>;
  tagModel(id: ModelId, key: string, value: string, asked?: Asked): Promise<void>;
  tagVersion(id: VersionId, key: string, value: string, asked?: Asked): Promise<void>;
  /** The version's own run, of which what was seen counts no more. @throws RemoteError `gone` */
  runOf(id: VersionId, asked?: Asked): Promise<string>;
  removeModel(id: ModelId, asked?: Asked): Promise<void>;
  removeVersion(id: VersionId, asked?: Asked): Promise<void>;
}

const REMOVE_VERSION = `mutation($input: MlModelVersionDeleteInput!) {
  mlModelVersionDelete(input: $input) { errors } }`;

const weightOf = (model: WireModel): number =>
  500 +
  model.versions.reduce(
    (sum, { description, tags = {} }) => sum + 800 + description.length + 60 * Object.keys(tags).length,
    0,
  );

/** What was made under the name that was asked for. @throws TypeError for what bears another one */
const called = <T>(wanted: string, name: string, made: T): T => {
  if (name !== wanted) throw new TypeError(`'${name.slice(0, 80)}' was made, and not '${wanted}'`);
  return made;
};

const gone = (what: string): RemoteError =>
  new RemoteError("gone", `${what} is not on GitLab any more.`, { status: 404 });

/** What was created is there: when reading it back fails, nothing is certain any more for who asked. */
const afterwards = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    throw new RemoteError(error.trouble === "gone" ? "unavailable" : error.trouble, error.message, {
      maybeDone: true,
      status: error.status,
      body: error.body,
      cause: error,
    });
  }
};

export interface RegistryDeps {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How long a listing of many models goes by what it last saw of the runs of versions, ms. */
  readonly keepMs: number;
}

/** From so many models with versions on a page on, their runs are not read with each listing: it is a call for each. */
const MANY = 100;

export const createRegistry = (api: GitlabApi, tracking: Tracking, { now, keepMs }: RegistryDeps): Registry => {
  const modelPages = createAdaptive(1000);
  /** What never changes of a version: its tags and which run is its own. By id. */
  const fixed = createKept<Pick<WireVersion, "eid" | "tags" | "source">>();
  /** Own runs of versions as they were last read here, in whatever way: a listing never shows less than was read before. */
  const seen = createKept<OwnRun>();

  const see = (eid: string, run: OwnRun): OwnRun => {
    seen.set(eid, run, now());
    return run;
  };

  const remember = (version: WireVersion): WireVersion => {
    const { eid, tags, source } = version;
    fixed.set(version.id, { eid, tags, source }, now());
    return version;
  };

  const modelNamed = (name: string, asked?: Asked): Promise<WireModel | undefined> =>
    orUndefined(api.get("registered-models/get", { name }, within("registered_model", modelOf), asked));

  const versionNamed = async (name: string, version: string, asked?: Asked): Promise<WireVersion | undefined> => {
    const read = within("model_version", versionOf);
    const found = await orUndefined(api.get("model-versions/get", { name, version }, read, asked));
    return found && remember(found);
  };

  const ownOf = (model: string, asked?: Asked): Promise<WireExperiment | undefined> =>
    tracking.experimentByName(experimentOfModel(model), asked);

  /** A version as older releases list it lacks what never changes: asked for once. */
  const completed = async (model: string, version: WireVersion, asked?: Asked): Promise<WireVersion | undefined> => {
    if (version.tags) return version; // whole, and so it will be in the next listing: nothing to remember of so many
    const known = fixed.get(version.id);
    if (known) return { ...version, ...known.value };
    const found = await versionNamed(model, version.semver, asked);
    return found && { ...found, description: version.description, updatedAt: version.updatedAt };
  };

  /** The runs of a model's versions; those that were seen lately, where that is enough. */
  const runsOf = async (
    own: WireExperiment | undefined,
    eids: readonly string[],
    isEnough: boolean,
    asked?: Asked,
  ): Promise<ReadonlyMap<string, OwnRun>> => {
    const kept = new Map(
      eids.flatMap((eid) => {
        const known = seen.get(eid);
        return known && now() - known.at < keepMs ? [[eid, known.value] as const] : [];
      }),
    );
    if (isEnough && kept.size === eids.length) return kept;
    const runs = own ? await tracking.allRuns(own.iid, asked) : [];
    return new Map(runs.map((run) => [run.eid, see(run.eid, ownRunOf(run))]));
  };

  const versionsOf = async (
    model: WireModel,
    own: WireExperiment | undefined,
    isMany: boolean,
    asked?: Asked,
  ): Promise<readonly RemoteObject[]> => {
    if (model.versions.length === 0) return [];
    const versions: WireVersion[] = [];
    for (const listed of model.versions.toSorted((a, b) => Number(b.id) - Number(a.id))) {
      const version = await completed(model.name, listed, asked);
      if (version) versions.push(version);
    }
    const eids = versions.flatMap(({ eid }) => eid ?? []);
    const runs = await runsOf(own, eids, isMany, asked);
    return versions.map((version) =>
      versionObject({ model: model.name, version, own, run: runs.get(version.eid ?? "") }),
    );
  };

  const ownRun = async (eid: string | undefined, asked?: Asked): Promise<OwnRun | undefined> => {
    const run = eid === undefined ? undefined : await tracking.run(eid, asked);
    return run && see(run.eid, ownRunOf(run));
  };

  const shownVersion = async (model: string, version: WireVersion, asked?: Asked): Promise<RemoteObject> => {
    const [own, run] = await Promise.all([ownOf(model, asked), ownRun(version.eid, asked)]);
    return versionObject({ model, version, own, run });
  };

  const mustVersion = async ({ id, semver, model }: VersionId, asked?: Asked): Promise<WireVersion> => {
    const found = await versionNamed(model, semver, asked);
    if (found?.id !== id) throw gone(`Version ${semver} of the model '${model}'`);
    return found;
  };

  /** The model of that id and not a later one of its name, with the experiment that it owns. */
  const sameModel = async ({ iid, name }: ModelId, asked?: Asked) => {
    const [model, own] = await Promise.all([modelNamed(name, asked), ownOf(name, asked)]);
    return model && (own?.iid ?? "0") === iid ? { model, own } : undefined;
  };

  const mustModel = async (id: ModelId, asked?: Asked) => {
    const found = await sameModel(id, asked);
    if (!found) throw gone(`The model '${id.name}'`);
    return found;
  };

  /** GitLab says "already exists" to whatever it does not like. */
  const whyNoModel = async (name: string, error: unknown, asked?: Asked): Promise<unknown> => {
    if (!(error instanceof RemoteError) || error.trouble !== "exists") return error;
    if (await modelNamed(name, asked)) return error;
    const orphan = await ownOf(name, asked);
    const why = orphan
      ? `An experiment '${orphan.name}' that belongs to no model stands in the way of the model '${name}': delete it on GitLab.`
      : `GitLab takes no model of the name '${name}', or not with these tags or this description.`;
    return new RemoteError("invalid", why, { status: error.status, body: error.body, cause: error });
  };

  /** Writes a tag that came later, which the creation's own tags would hide. */
  const tagLater = async (
    own: WireExperiment | undefined,
    prefix: string,
    { key, value, native }: { readonly key: string; readonly value: string; readonly native: Tags },
    asked?: Asked,
  ): Promise<void> => {
    const there = native[key] ?? own?.tags[prefix + key];
    if (there === value) return;
    if (there !== undefined) throw new RemoteError("invalid", `GitLab writes a tag only once, and '${key}' is set.`);
    if (!own) throw new RemoteError("invalid", "This model has no experiment of its own, where later tags could go.");
    await tracking.tagExperiment(own.iid, prefix + key, value, asked);
  };

  return {
    list: async (cursor, asked) => {
      const owned = await tracking.ofModels(cursor === undefined, asked);
      const { rows, next } = await modelPages.page(
        (size, maxBytes) => {
          const query = { max_results: size, order_by: "id DESC", page_token: cursor };
          const read = pageOf("registered_models", modelOf);
          return pageAt(cursor, () => api.get("registered-models/search", query, read, { ...asked, maxBytes }));
        },
        (page) => page.rows.reduce((sum, model) => sum + weightOf(model), 0),
      );
      const isMany = rows.filter(({ versions }) => versions.length > 0).length >= MANY;
      const shown = await inParallel(rows, async (model) => {
        const own = owned.get(model.name) ?? (await ownOf(model.name, asked)); // made since the listing
        return [modelObject(model, own), ...(await versionsOf(model, own, isMany, asked))];
      });
      return { objects: shown.flat(), next };
    },
    findModel: async (name, asked) => {
      const [model, own] = await Promise.all([modelNamed(name, asked), ownOf(name, asked)]);
      return model && modelObject(model, own);
    },
    findVersion: async (model, semver, asked) => {
      const version = await versionNamed(model, semver, asked);
      return version && shownVersion(model, version, asked);
    },
    readModel: async (id, asked) => {
      const found = await sameModel(id, asked);
      return found && modelObject(found.model, found.own);
    },
    readVersion: async ({ id, semver, model }, asked) => {
      const version = await versionNamed(model, semver, asked);
      return version?.id === id ? shownVersion(model, version, asked) : undefined;
    },
    createModel: async ({ name, description, tags }, asked) => {
      const body = { name, tags: pairs(tags), ...(description !== undefined && { description }) };
      try {
        const read = within("registered_model", (raw) => {
          const made = modelOf(raw);
          return called(name, made.name, made);
        });
        const model = await api.send("POST", "registered-models/create", body, read, asked);
        return modelObject(model, await afterwards(ownOf(name, asked)));
      } catch (error) {
        throw await whyNoModel(name, error, asked);
      }
    },
    createVersion: async ({ model, semver, description, tags }, asked) => {
      const all = pairs({ ...tags, [SEMVER_TAG]: semver });
      const body = { name: model.name, tags: all, ...(description !== undefined && { description }) };
      const read = within("model_version", (raw) => {
        const made = versionOf(raw);
        madeId("number", made.id);
        return called(semver, made.semver, made);
      });
      const version = await api.send("POST", "model-versions/create", body, read, asked);
      // Its files go by that id: one that is another version's would get them.
      const there = await afterwards(versionNamed(model.name, semver, asked));
      if (there?.id !== version.id)
        throw new RemoteError("garbled", `GitLab made version ${semver} of '${model.name}' and named another one.`, {
          maybeDone: true,
        });
      return afterwards(shownVersion(model.name, there, asked));
    },
    describeModel: async (id, description, asked) => {
      await mustModel(id, asked);
      const body = { name: id.name, ...(description !== undefined && { description }) };
      await api.send("PATCH", "registered-models/update", body, nothing, asked);
    },
    describeVersion: async (id, description, asked) => {
      await mustVersion(id, asked);
      const body = { name: id.model, version: id.semver, description };
      await api.send("PATCH", "model-versions/update", body, nothing, asked);
    },
    tagModel: async (id, key, value, asked) => {
      const { model, own } = await mustModel(id, asked);
      await tagLater(own, MODEL_TAG, { key, value, native: model.tags }, asked);
    },
    tagVersion: async (id, key, value, asked) => {
      const [version, own] = await Promise.all([mustVersion(id, asked), ownOf(id.model, asked)]);
      await tagLater(own, versionTag(id.id), { key, value, native: version.tags ?? {} }, asked);
    },
    runOf: async (id, asked) => {
      const eid = fixed.get(id.id)?.value.eid ?? (await mustVersion(id, asked)).eid;
      if (eid === undefined) throw gone(`The run of version ${id.semver} of the model '${id.model}'`);
      seen.delete(eid);
      return eid;
    },
    removeModel: async (id, asked) => {
      await mustModel(id, asked);
      await api.send("DELETE", "registered-models/delete", { name: id.name }, nothing, asked);
    },
    removeVersion: async (id, asked) => {
      await mustVersion(id, asked);
      const input = { id: `gid://gitlab/Ml::ModelVersion/${id.id}` };
      const read = (data: unknown): unknown => record(data, "data")["mlModelVersionDelete"];
      const payload = record(
        await api.graphql(REMOVE_VERSION, { input }, read, { ...asked, writes: true }),
        "the payload",
      );
      const errors = Array.isArray(payload["errors"]) ? payload["errors"].map(String) : [];
      if (errors.length > 0) throw new RemoteError("invalid", `GitLab does not delete it: ${errors.join("; ")}`);
    },
  };
};
