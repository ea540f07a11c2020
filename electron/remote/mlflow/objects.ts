/** MLflow's messages as objects of a sync. */
import { createHash } from "node:crypto";
import { isSemver, SEMVER_TAG as GITLAB_TAG } from "../../../shared/semver/semver.ts";
import { canonical, type Fields, type Point } from "../../../shared/sync/doc.ts";
import { MARKER, type RemoteObject } from "../remote.ts";
import { datasetField } from "./datasets.ts";
import { ALIAS_TAG, CARRIER_TAG, isInner, SEMVER_TAG } from "./holds.ts";
import type { Pair, WireExperiment, WireModel, WirePoint, WireRun, WireVersion } from "./wire.ts";

const digestOf = (value: unknown): string => createHash("sha256").update(canonical(value)).digest("hex").slice(0, 32);

type Entry = readonly [field: string, value: string | undefined];

/** Without what is unset. Built entry by entry, so that a key `__proto__` is data like others. */
const fieldsOf = (...entries: readonly (readonly Entry[])[]): Fields =>
  Object.fromEntries(entries.flat().filter((entry): entry is [string, string] => entry[1] !== undefined));

export const tagOf = (tags: readonly Pair[] | undefined, key: string): string | undefined =>
  tags?.find((tag) => tag.key === key)?.value;

const pairs = (
  head: string,
  items: readonly Pair[] = [],
  keep: (key: string) => boolean = (key) => !isInner(key),
): Entry[] =>
  items.flatMap(({ key = "", value = "" }): Entry[] => (key !== "" && keep(key) ? [[`${head}/${key}`, value]] : []));

/** MLflow says "" where it has nothing. */
const text = (value: string | undefined): string | undefined => (value === "" ? undefined : value);
const number = (value: number | bigint | undefined): string | undefined => value?.toString();

/** A metric point of MLflow's. Undefined for one without a key. */
export const toPoint = ({ key, value = 0, timestamp = 0, step = 0 }: WirePoint): Point | undefined =>
  key === undefined ? undefined : { key, value, timestamp, step };

/** What shows that points came: the latest one of each metric. */
const markOf = (metrics: readonly WirePoint[] | undefined): string => {
  if (!metrics || metrics.length === 0) return "";
  const rows = metrics.map(({ key, value, timestamp, step }) => [key, String(value), String(timestamp), String(step)]);
  return digestOf(rows.map((row) => row.join("\0")).sort());
};

interface Parts extends Pick<RemoteObject, "kind" | "id" | "name" | "parent" | "fields"> {
  readonly updatedAt: number | bigint | undefined;
  readonly webUrl: string;
  readonly metrics?: readonly WirePoint[] | undefined;
}

const build = ({ updatedAt, metrics, ...object }: Parts): RemoteObject => {
  const pointsMark = markOf(metrics);
  const { kind, name, parent, fields } = object;
  return {
    ...object,
    pointsMark,
    fingerprint: digestOf([kind, name, parent, fields, pointsMark]),
    updatedAt: Number(updatedAt ?? 0),
  };
};

/** Where a person sees it. */
export interface Pages {
  readonly experiment: (id: string) => string;
  readonly run: (experiment: string, id: string) => string;
  readonly model: (name: string) => string;
  readonly version: (name: string, version: string) => string;
}

export const pagesOf = (baseUrl: string): Pages => {
  const base = `${baseUrl.replace(/\/+$/, "")}/#`;
  const part = encodeURIComponent;
  return {
    experiment: (id) => `${base}/experiments/${part(id)}`,
    run: (experiment, id) => `${base}/experiments/${part(experiment)}/runs/${part(id)}`,
    model: (name) => `${base}/models/${part(name)}`,
    version: (name, version) => `${base}/models/${part(name)}/versions/${part(version)}`,
  };
};

export const isActive = (stage: string | undefined): boolean => stage !== "deleted";

export const experimentObject = (pages: Pages, experiment: WireExperiment): RemoteObject => ({
  ...build({
    kind: "experiment",
    id: experiment.experiment_id,
    name: experiment.name,
    parent: null,
    fields: fieldsOf([["name", experiment.name]], pairs("tag", experiment.tags)),
    updatedAt: experiment.last_update_time ?? experiment.creation_time,
    webUrl: pages.experiment(experiment.experiment_id),
  }),
});

/** A run whose marker says that it came from an Outpost has its id from there, too: MLflow's own is no field of it. */
export const runObject = (pages: Pages, { info, data, inputs }: WireRun): RemoteObject => {
  const isForeign = tagOf(data?.tags, MARKER) === undefined;
  const name = info.run_name ?? tagOf(data?.tags, "mlflow.runName") ?? "";
  return build({
    kind: "run",
    id: info.run_id,
    name,
    parent: info.experiment_id,
    fields: fieldsOf(
      [
        ["name", text(name)],
        ["status", info.status],
        ["start_time", number(info.start_time)],
        ["end_time", info.end_time === 0 ? undefined : number(info.end_time)],
        ["user_id", text(info.user_id)],
        ["run_id", isForeign ? info.run_id : undefined],
      ],
      pairs("param", data?.params),
      pairs("tag", data?.tags),
      (inputs?.dataset_inputs ?? []).map(datasetField).filter((entry) => entry !== undefined),
    ),
    updatedAt: info.end_time ?? info.start_time,
    webUrl: pages.run(info.experiment_id, info.run_id),
    metrics: data?.metrics,
  });
};

/** A name comes again after a deletion, so the moment of its creation is part of what identifies a model. */
export const modelId = ({ name, creation_timestamp = 0 }: Pick<WireModel, "name" | "creation_timestamp">): string =>
  `${creation_timestamp.toString()}/${name}`;

export const versionId = ({ name, version, creation_timestamp = 0 }: WireVersion): string =>
  `${creation_timestamp.toString()}/${version}/${name}`;

export const parseModelId = (id: string): { created: string; name: string } => {
  const at = id.indexOf("/");
  return { created: id.slice(0, at), name: id.slice(at + 1) };
};

export const parseVersionId = (id: string): { created: string; version: string; name: string } => {
  const [created = "", version = "", ...name] = id.split("/");
  return { created, version, name: name.join("/") };
};

/** The semantic version that a version is known by; one that nobody gave any is `<number>.0.0`. */
export const semverOf = ({ version, tags }: Pick<WireVersion, "version" | "tags">): string =>
  [tagOf(tags, SEMVER_TAG), tagOf(tags, GITLAB_TAG)].find((said) => said !== undefined && isSemver(said)) ??
  `${version}.0.0`;

/** Aliases of versions that are not there yet. */
export const waiting = ({ tags = [] }: Pick<WireModel, "tags">): readonly { alias: string; semver: string }[] =>
  tags.flatMap(({ key = "", value = "" }) =>
    key.startsWith(ALIAS_TAG) ? [{ alias: key.slice(ALIAS_TAG.length), semver: value }] : [],
  );

/** `semverOfNumber`: of the versions that aliases point at. */
export const modelObject = (
  pages: Pages,
  model: WireModel,
  semverOfNumber: ReadonlyMap<string, string>,
): RemoteObject =>
  build({
    kind: "registered_model",
    id: modelId(model),
    name: model.name,
    parent: null,
    fields: fieldsOf(
      [
        ["name", model.name],
        ["description", text(model.description)],
      ],
      pairs("tag", model.tags),
      waiting(model).map(({ alias, semver }): Entry => [`alias/${alias}`, semver]),
      (model.aliases ?? []).map(({ alias, version }): Entry => [`alias/${alias}`, semverOfNumber.get(version)]),
    ),
    updatedAt: model.last_updated_timestamp ?? model.creation_timestamp,
    webUrl: pages.model(model.name),
  });

/** `carrier`: the run that holds its params, tags and points; `parent`: the model's id. */
export const versionObject = (
  pages: Pages,
  version: WireVersion,
  parent: string,
  carrier: WireRun | undefined,
): RemoteObject => {
  const isForeign = tagOf(version.tags, CARRIER_TAG) === undefined;
  const foreign = (value: string | undefined): string | undefined => (isForeign ? text(value) : undefined);
  const semver = semverOf(version);
  return build({
    kind: "model_version",
    id: versionId(version),
    name: semver,
    parent,
    fields: fieldsOf(
      [
        ["semver", semver],
        ["number", foreign(version.version)],
        ["description", text(version.description)],
        ["stage", version.current_stage === "None" ? undefined : text(version.current_stage)],
        ["status", text(version.status)],
        ["user_id", foreign(version.user_id)],
        ["created", foreign(number(version.creation_timestamp))],
        ["source", foreign(version.source)],
        ["run_link", text(version.run_link)],
      ],
      pairs("tag", version.tags),
      pairs("param", carrier?.data?.params),
      pairs("run_tag", carrier?.data?.tags, (key) => key !== "mlflow.runName" && !key.startsWith("outpost.")),
    ),
    updatedAt: version.last_updated_timestamp ?? version.creation_timestamp,
    webUrl: pages.version(version.name, version.version),
    metrics: carrier?.data?.metrics,
  });
};
