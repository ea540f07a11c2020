/** What GitLab's objects are to a sync. */
import { createHash } from "node:crypto";
import { SEMVER_TAG } from "../../../shared/semver/semver.ts";
import { type Fields, type Point, canonical } from "../../../shared/sync/doc.ts";
import type { RemoteObject } from "../remote.ts";
import { MODEL_TAG, modelId, versionId, versionTag } from "./ids.ts";
import type { Tags, WireExperiment, WireModel, WireRun, WireVersion } from "./wire.ts";

const digest = (value: unknown): string => createHash("sha256").update(canonical(value)).digest("hex");

const below = (head: string, tags: Tags): Fields =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${head}/${key}`, value]));

const set = (name: string, value: string): Fields => (value === "" ? {} : { [name]: value });

/** Later tags, which lie on the model's experiment. */
const later = (prefix: string, tags: Tags): Fields =>
  Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) =>
      key.startsWith(prefix) && key.length > prefix.length ? [[`tag/${key.slice(prefix.length)}`, value]] : [],
    ),
  );

/** Empty without points. They only grow, but not every release may list each one of them: so it is no mere count. */
const markOf = (points: readonly Point[]): string => {
  if (points.length === 0) return "";
  const told = points.map(({ key, value, timestamp, step }) => [key, String(step), String(timestamp), String(value)]);
  return `${points.length}:${digest(told).slice(0, 16)}`;
};

type Facts = Omit<RemoteObject, "fingerprint">;
const marked = (facts: Facts): RemoteObject => ({ ...facts, fingerprint: digest([facts.fields, facts.pointsMark]) });

/** Address of a page below the project, where that is known. */
export type PageUrl = (path: string) => { readonly webUrl?: string };

export const experimentObject = ({ iid, name, tags }: WireExperiment, pages: PageUrl): RemoteObject =>
  marked({
    kind: "experiment",
    id: iid,
    name,
    parent: null,
    fields: { name, ...below("tag", tags) },
    pointsMark: "",
    updatedAt: 0, // GitLab does not tell
    ...pages(`ml/experiments/${iid}`),
  });

const CANDIDATE = /candidate:(\d+)/;
const GENERIC = /\/generic\/ml_experiment_\d+\/(\d+)/;

/** The run's own number in its project, which packages go by. Undefined for the run of a version. */
export const candidateOf = ({ artifactUri }: WireRun): string | undefined =>
  (CANDIDATE.exec(artifactUri) ?? GENERIC.exec(artifactUri))?.[1];

export const runObject = (run: WireRun, pages: PageUrl): RemoteObject => {
  const { eid, name = "", experiment, status, startTime, endTime, params, tags, points } = run;
  const times = {
    ...(startTime !== 0 && { start_time: String(startTime) }),
    ...(endTime !== undefined && { end_time: String(endTime) }),
  };
  const fields = {
    ...set("name", name),
    ...set("status", status),
    ...times,
    ...below("param", params),
    ...below("tag", tags),
  };
  const iid = candidateOf(run);
  return marked({
    kind: "run",
    id: eid,
    name,
    parent: experiment,
    fields,
    pointsMark: markOf(points),
    updatedAt: Number(endTime ?? startTime),
    ...(iid === undefined ? {} : pages(`ml/candidates/${iid}`)),
  });
};

/** `own`: the model's experiment, undefined where it has none that can be seen. */
export const modelObject = (model: WireModel, own: WireExperiment | undefined): RemoteObject => {
  const { name, description, tags, updatedAt, versions } = model;
  const source = versions.find((version) => version.source !== undefined)?.source;
  return marked({
    kind: "registered_model",
    id: modelId({ iid: own?.iid ?? "0", name }),
    name,
    parent: null,
    fields: { name, ...set("description", description), ...later(MODEL_TAG, own?.tags ?? {}), ...below("tag", tags) },
    pointsMark: "",
    updatedAt,
    ...(source?.includes("/versions/") && { webUrl: source.slice(0, source.indexOf("/versions/")) }),
  });
};

/** What a version shows of its own run. */
export interface OwnRun {
  readonly params: Tags;
  readonly tags: Tags;
  readonly pointsMark: string;
}

export const ownRunOf = ({ params, tags, points }: WireRun): OwnRun => ({ params, tags, pointsMark: markOf(points) });

export interface VersionParts {
  readonly model: string;
  readonly version: WireVersion;
  readonly own: WireExperiment | undefined;
  readonly run: OwnRun | undefined;
}

export const versionObject = ({ model, version, own, run }: VersionParts): RemoteObject => {
  const { id, semver, description, tags = {}, updatedAt, source } = version;
  const { [SEMVER_TAG]: _number, ...beside } = tags;
  const fields = {
    semver,
    ...set("description", description),
    ...later(versionTag(id), own?.tags ?? {}),
    ...below("tag", beside),
    ...below("param", run?.params ?? {}),
    ...below("run_tag", run?.tags ?? {}),
  };
  return marked({
    kind: "model_version",
    id: versionId({ id, semver, model }),
    name: semver,
    parent: modelId({ iid: own?.iid ?? "0", name: model }),
    fields,
    pointsMark: run?.pointsMark ?? "",
    updatedAt,
    ...(source !== undefined && { webUrl: source }),
  });
};
