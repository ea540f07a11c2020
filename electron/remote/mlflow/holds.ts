/**
 * What an MLflow server can hold natively. The lengths are the narrower ones of its validation and its SQL columns, so
 * that no store cuts a value. Source: mlflow/utils/validation.py and the dbmodels of release 3.17.2.
 */
import type { Point, SyncKind } from "../../../shared/sync/doc.ts";
import { groupOf } from "../remote.ts";
import { parseDataset } from "./datasets.ts";

const KEY_CHARS = 250;
const PARAM_CHARS = 6000;
const TAG_CHARS: Readonly<Record<SyncKind, number>> = {
  experiment: 5000,
  run: 8000,
  registered_model: 5000,
  model_version: 8000,
};
const DESCRIPTION_CHARS = 5000;
const NAME_CHARS: Readonly<Record<SyncKind, number>> = {
  experiment: 256,
  run: 250,
  registered_model: 256,
  model_version: 256,
};
const ALIAS_CHARS = 255;
const PATH_BYTES = 1000; // below the server's own root, whose length nobody tells

/** MLflow's \w is Python's: any letter and any digit. */
const KEY = /^[/\p{L}\p{N}_.\- :]+$/u;
const STATUSES = new Set(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]);
const STAGES = new Set(["Staging", "Production", "Archived"]);

/** The semantic version of a version; MLflow itself counts 1, 2, 3. */
export const SEMVER_TAG = "outpost.semver";
/** Before an alias: of a model, the version that the alias waits for. */
export const ALIAS_TAG = "outpost.alias.";
/** Run that holds a version's files, params, tags and points. */
export const CARRIER_TAG = "outpost.carrier";

const isPathLike = (key: string): boolean =>
  !key.startsWith("..") && key.split("/").every((part) => part !== "" && part !== "." && part !== "..");

const keyForm = (key: string): true | string => {
  if (!KEY.test(key)) return "MLflow's keys hold letters, digits, _ - . : / and blanks only.";
  if (!isPathLike(key)) return "MLflow takes keys for paths, and this one is none in its plain form.";
  return key.length <= KEY_CHARS || `MLflow's keys have at most ${KEY_CHARS} characters.`;
};

const textForm = (value: string, longest: number): true | string => {
  if (value.length > longest) return `MLflow keeps at most ${longest} characters of it.`;
  if (!value.isWellFormed() || value.includes("\0")) return "MLflow's stores cannot keep such characters.";
  return true;
};

/** Tags that only say how something is kept there. */
export const isInner = (key: string): boolean => key === SEMVER_TAG || key === CARRIER_TAG || key.startsWith(ALIAS_TAG);

const keyed = (field: string, value: string, longest: number): true | string => {
  const form = keyForm(field.slice(field.indexOf("/") + 1));
  return form === true ? textForm(value, longest) : form;
};

const fixed = (value: string | null, now: string | undefined): true | string =>
  now === undefined || value === now || "MLflow sets it at the creation and never again.";

const param = (field: string, value: string | null, now: string | undefined): true | string => {
  if (value === null) return now === undefined || "MLflow never takes a parameter away.";
  if (now !== undefined && now !== value) return "MLflow writes a parameter once.";
  return keyed(field, value, PARAM_CHARS);
};

const required = (value: string | null, longest: number): true | string =>
  value === null || value.trim() === "" ? "MLflow asks for a name." : textForm(value, longest);

const modelName = (value: string | null, now: string | undefined): true | string => {
  if (now !== undefined && now !== value) return "A model is known by its name there, and keeps it.";
  if (value !== null && (/[/:]/.test(value) || !isPathLike(value)))
    return "MLflow's model names hold no '/', no ':' and are no relative paths.";
  return required(value, NAME_CHARS.registered_model);
};

const integer = (value: string | null): true | string =>
  value === null ? "MLflow cannot take it away again." : /^\d{1,18}$/.test(value) || "MLflow keeps whole milliseconds.";

const dataset = (field: string, value: string | null, now: string | undefined): true | string => {
  if (value === null || (now !== undefined && now !== value)) return "MLflow notes a dataset once, and keeps it.";
  return parseDataset(field, value) !== undefined || "MLflow has no room for all of this dataset.";
};

const ofRun = (field: string, value: string | null, now: string | undefined): true | string => {
  if (field === "name") return required(value, NAME_CHARS.run);
  if (field === "status") return (value !== null && STATUSES.has(value)) || "MLflow has no such status.";
  if (field === "end_time") return value === null && now === undefined ? true : integer(value);
  if (field === "start_time") return integer(value) === true ? fixed(value, now) : integer(value);
  if (field === "user_id") {
    const form = fixed(value, now);
    return form === true && value !== null ? textForm(value, 256) : form;
  }
  if (field.startsWith("dataset/")) return dataset(field, value, now);
  if (field === "run_id") return "MLflow gives a run an id of its own.";
  return "MLflow has no field for it that a client may write.";
};

const alias = (field: string, value: string | null): true | string => {
  const name = field.slice("alias/".length);
  if (!/^[\w-]+$/.test(name) || /^v\d+$/i.test(name) || name.toLowerCase() === "latest" || name.length > ALIAS_CHARS)
    return "MLflow has no such alias: letters, digits, _ and -, not 'latest', not 'v1'.";
  return value === null || textForm(value, NAME_CHARS.model_version);
};

const ofVersion = (field: string, value: string | null, now: string | undefined): true | string => {
  if (field === "semver")
    return (value !== null && (now === undefined || now === value)) || "It is what it is known by.";
  if (field === "description") return value === null || textForm(value, DESCRIPTION_CHARS);
  if (field === "stage") return value === null || STAGES.has(value) || "MLflow has no such stage.";
  if (field === "status") return value === "READY" || "MLflow says READY of every version.";
  if (field === "run_link") return value === null ? now === undefined || "MLflow keeps it." : fixed(value, now);
  return "MLflow makes it by itself.";
};

/** Tags that mean something else where a version's own run is carried by another one. */
const isCarrierTag = (field: string): boolean => /^run_tag\/(?:outpost\.|mlflow\.runName$)/.test(field);

const ownField = (kind: SyncKind, field: string, value: string | null, now: string | undefined): true | string => {
  if (kind === "run") return ofRun(field, value, now);
  if (kind === "model_version") return ofVersion(field, value, now);
  if (kind === "experiment")
    return field === "name" ? required(value, NAME_CHARS.experiment) : "MLflow has no field for it.";
  if (field === "name") return modelName(value, now);
  if (field === "description") return value === null || textForm(value, DESCRIPTION_CHARS);
  return "MLflow has no field for it.";
};

/** `holds` of an MLflow server. */
export const holds = (kind: SyncKind, field: string, value: string | null, now: string | undefined): true | string => {
  switch (groupOf(field)) {
    case "tag":
      if (isInner(field.slice("tag/".length))) return "MLflow is told other things by that tag.";
      if (field === "tag/mlflow.runName" && kind === "run" && value === null) return "MLflow keeps a run's name.";
      return value === null || keyed(field, value, TAG_CHARS[kind]);
    case "run_tag":
      if (kind !== "model_version" || isCarrierTag(field)) return "MLflow has no place for it.";
      return value === null || keyed(field, value, TAG_CHARS.run);
    case "param":
      return kind === "run" || kind === "model_version" ? param(field, value, now) : "MLflow has no place for it.";
    case "alias":
      return kind === "registered_model" ? alias(field, value) : "MLflow has no place for it.";
    case "other":
      return ownField(kind, field, value, now);
  }
};

/** `holdsPoint`: MLflow's SQL stores turn an infinity into the largest number, so it stays out. */
export const holdsPoint = ({ key, value, timestamp }: Point): true | string => {
  if (value === Infinity || value === -Infinity) return "MLflow keeps an infinity as 1.797e308.";
  if (timestamp < 0) return "MLflow's times begin in 1970.";
  return keyForm(key);
};

/** `holdsFile`: MLflow decodes a path again and again, and refuses '#'. */
export const holdsFile = (path: string): true | string => {
  if (/[#\\\p{Cc}]/u.test(path)) return "MLflow takes no '#', no backslash and no control character in a path.";
  if (/%[0-9a-f]{2}/i.test(path)) return "MLflow would read the escape in its name as another character.";
  if (!path.isWellFormed() || /^[a-z]:|^[a-z][a-z0-9+.-]*:\//i.test(path)) return "MLflow refuses such a path.";
  if (!isPathLike(path) || path.split("/").some((part) => Buffer.byteLength(part) > 255))
    return "MLflow refuses such a path.";
  return Buffer.byteLength(path) <= PATH_BYTES || `A path has at most ${PATH_BYTES} bytes there.`;
};
