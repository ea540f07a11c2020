/**
 * What GitLab answers, as far as a sync reads it. Releases differ in what they leave out, so only what nothing can be
 * done without is insisted on. Every reader throws TypeError for an answer of another form.
 */
import type { Int64 } from "../../../shared/api/wire.ts";
import type { Point } from "../../../shared/sync/doc.ts";
import { readName } from "./file-names.ts";

export type Tags = Readonly<Record<string, string>>;

export interface WireExperiment {
  readonly iid: string;
  readonly name: string;
  readonly tags: Tags;
}

export interface WireRun {
  /** The server's UUID: `run_id` of the MLflow API. */
  readonly eid: string;
  readonly experiment: string; // iid
  readonly name: string | undefined;
  readonly status: string;
  readonly startTime: Int64; // ms; 0 when it was not given
  readonly endTime: Int64 | undefined; // ms
  /** In several forms, which change during a run's life. */
  readonly artifactUri: string;
  readonly params: Tags;
  readonly tags: Tags;
  /** Every point ever logged, duplicates too. */
  readonly points: readonly Point[];
}

export interface WireVersion {
  readonly id: string; // of the database; packages go by it
  readonly semver: string;
  readonly description: string;
  /** Of its own run. Undefined in the records that older releases list. */
  readonly eid: string | undefined;
  readonly tags: Tags | undefined;
  readonly updatedAt: number; // ms
  /** Its page. */
  readonly source: string | undefined;
}

export interface WireModel {
  readonly name: string;
  readonly description: string;
  readonly tags: Tags;
  readonly updatedAt: number; // ms
  readonly versions: readonly WireVersion[];
}

export interface WireFile {
  readonly id: number;
  readonly path: string;
  readonly size: number; // bytes
  readonly sha256: string | undefined;
}

type Raw = Readonly<Record<string, unknown>>;

const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

const fail = (what: string): never => {
  throw new TypeError(`${what} is missing or of another type`);
};

export const record = (value: unknown, what: string): Raw => (isRaw(value) ? value : fail(what));

export const items = (value: unknown, what: string): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : fail(what);

/** Ids come as texts and as numbers. */
export const text = (raw: Raw, name: string): string => {
  const value = raw[name];
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : fail(name);
};

export const textOr = (raw: Raw, name: string, fallback: string): string => {
  const value = raw[name];
  return value === undefined || value === null ? fallback : text(raw, name);
};

/** Ids that later calls are made of. */
const NUMBER = /^\d{1,15}$/;
const EID = /^[0-9A-Za-z_-]{1,100}$/;

/**
 * Of what was just made, the id in a form that GitLab has. One that it has not leads nowhere, or elsewhere.
 * @throws TypeError
 */
export const madeId = (of: "number" | "eid", id: string): string =>
  (of === "number" ? NUMBER : EID).test(id) ? id : fail("the id of what was made");

const INTEGER = /^-?\d{1,19}$/;

const whole = (value: unknown): Int64 | undefined => {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return value;
  if (typeof value !== "string" || !INTEGER.test(value)) return undefined;
  const exact = BigInt(value);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
};

const integer = (raw: Raw, name: string): Int64 => whole(raw[name]) ?? fail(name);

/** The database's NaN and infinities have no JSON: they come as null. */
const metricValue = (value: unknown): number => {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" || typeof value === "string") return Number(value);
  return value === null ? NaN : fail("value of a metric");
};

const tagsOf = (value: unknown): Tags =>
  Object.fromEntries(
    items(value, "tags").map((each) => {
      const tag = record(each, "a tag");
      return [text(tag, "key"), textOr(tag, "value", "")] as const;
    }),
  );

export const experimentOf = (value: unknown): WireExperiment => {
  const raw = record(value, "experiment");
  return { iid: text(raw, "experiment_id"), name: text(raw, "name"), tags: tagsOf(raw["tags"]) };
};

/** A point without a step is one of step 0, as in MLflow. */
export const pointOf = (value: unknown): Point => {
  const raw = record(value, "a metric");
  return {
    key: text(raw, "key"),
    value: metricValue(raw["value"]),
    timestamp: integer(raw, "timestamp"),
    step: raw["step"] === undefined || raw["step"] === null ? 0 : integer(raw, "step"),
  };
};

export const runOf = (value: unknown): WireRun => {
  const raw = record(value, "run");
  const info = record(raw["info"], "info");
  const data = isRaw(raw["data"]) ? raw["data"] : {};
  return {
    eid: text(info, "run_id"),
    experiment: text(info, "experiment_id"),
    name: textOr(info, "run_name", "") || undefined,
    status: textOr(info, "status", ""),
    startTime: whole(info["start_time"]) ?? 0,
    endTime: whole(info["end_time"]),
    artifactUri: textOr(info, "artifact_uri", ""),
    params: tagsOf(data["params"]),
    tags: tagsOf(data["tags"]),
    points: items(data["metrics"], "metrics").map(pointOf),
  };
};

const seconds = (raw: Raw, name: string): number => Number(whole(raw[name]) ?? 0) * 1000;

/** The version object of newer releases, or the bare record of older ones, whose `version` is the semantic version. */
export const versionOf = (value: unknown): WireVersion => {
  const raw = record(value, "a model version");
  const description = textOr(raw, "description", "");
  const [alias] = items(raw["aliases"], "aliases");
  if (typeof alias !== "string") {
    const updatedAt = Math.floor(Date.parse(textOr(raw, "updated_at", "")) / 1000) * 1000 || 0;
    const bare = { eid: undefined, tags: undefined, source: undefined };
    return { id: text(raw, "id"), semver: text(raw, "version"), description, updatedAt, ...bare };
  }
  return {
    id: text(raw, "version"),
    semver: alias,
    description,
    eid: textOr(raw, "run_id", "") || undefined,
    tags: tagsOf(raw["tags"]),
    updatedAt: seconds(raw, "last_updated_timestamp"),
    source: textOr(raw, "source", "") || undefined,
  };
};

export const modelOf = (value: unknown): WireModel => {
  const raw = record(value, "registered_model");
  return {
    name: text(raw, "name"),
    description: textOr(raw, "description", ""),
    tags: tagsOf(raw["tags"]),
    updatedAt: seconds(raw, "last_updated_timestamp"),
    versions: items(raw["latest_versions"], "latest_versions").map(versionOf),
  };
};

const decoded = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not encoded by GitLab: it stands for itself
  }
};

const DIGEST = /^[0-9a-f]{64}$/;

/** One upload of a package; its name is stored encoded, folders and all, and may be an escaped path. */
export const fileOf = (value: unknown): WireFile => {
  const raw = record(value, "a package file");
  const sha256 = textOr(raw, "file_sha256", "").toLowerCase();
  return {
    id: Number(integer(raw, "id")),
    path: readName(decoded(text(raw, "file_name"))),
    size: Number(integer(raw, "size")),
    sha256: DIGEST.test(sha256) ? sha256 : undefined,
  };
};

export interface WirePage<T> {
  readonly rows: readonly T[];
  readonly next: string | undefined;
}

/** A page of the MLflow API. An empty or missing token is the end. */
export const pageOf =
  <T>(name: string, one: (value: unknown) => T) =>
  (value: unknown): WirePage<T> => {
    const raw = record(value, "the answer");
    return { rows: items(raw[name], name).map(one), next: textOr(raw, "next_page_token", "") || undefined };
  };

/** The one object below `name`. */
export const within =
  <T>(name: string, one: (value: unknown) => T) =>
  (value: unknown): T =>
    one(record(value, "the answer")[name]);

export const nothing = (): void => {};
