/** What names, keys, stages and version numbers of the registry may be. Source: mlflow/utils/validation.py, release 3.17.2. */
import { isSemver } from "../../../shared/semver/semver.ts";
import { DomainError } from "../../../shared/errors.ts";
import { checkKeyForm, checkPathForm } from "../key-form.ts";

const MAX_NAME_LENGTH = 1000; // MLflow's column says 256 and its SQLite takes any; a name travels in URLs
const MAX_ALIAS_LENGTH = 255;
const MAX_TAG_KEY_LENGTH = 250;
const MAX_TAG_VALUE_LENGTH = 100_000;

/** The tag that makes a registered model, or a version, a prompt. Source: mlflow/prompt/constants.py */
export const PROMPT_TAG = "mlflow.prompt.is_prompt";

const ALIAS = /^[\p{L}\p{N}_-]+$/u;
const VERSION_ALIAS = /^v\p{Nd}+$/iu;
const NUMBER = /^\s*([+-]?)(\d+(?:_\d+)*)\s*$/; // what Python's int() takes

const lengthOf = (text: string): number => (text.length <= MAX_TAG_KEY_LENGTH ? text.length : [...text].length);
const invalid = (message: string): never => {
  throw new DomainError("invalid", message);
};

/** @throws DomainError `invalid` for what is no model's name in MLflow, wherever one is asked for. */
export const assertModelName = (name: string, parameter = "name"): void => {
  if (name.trim() === "") invalid(`Missing value for required parameter '${parameter}'.`);
  if (/[/:]/.test(name)) invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  checkPathForm(name, parameter);
};

/** What a model can be called: also without NUL, and of a length that URLs carry. @throws DomainError `invalid` */
export const assertNewModelName = (name: string, parameter = "name"): void => {
  assertModelName(name, parameter);
  if (name.includes("\0"))
    invalid(`Invalid model name ${JSON.stringify(name)}. Names cannot contain the character NUL.`);
  if (name.length > MAX_NAME_LENGTH && [...name].length > MAX_NAME_LENGTH)
    invalid(`'${parameter}' exceeds the maximum length of ${MAX_NAME_LENGTH} characters`);
};

/** @throws DomainError `invalid` for a key that no tag can have. */
export const assertTagKey = (key: string): void => checkKeyForm(key, "key");

/** @throws DomainError `invalid` for a tag that cannot be stored. */
export const assertTag = (key: string, value: string): void => {
  assertTagKey(key);
  if (lengthOf(key) > MAX_TAG_KEY_LENGTH)
    invalid(`'key' exceeds the maximum length of ${MAX_TAG_KEY_LENGTH} characters`);
  if (value.length > MAX_TAG_VALUE_LENGTH && [...value].length > MAX_TAG_VALUE_LENGTH)
    invalid(`'value' exceeds the maximum length of ${MAX_TAG_VALUE_LENGTH} characters`);
};

/** @throws DomainError `invalid` for what is not a semantic version. */
export const assertSemver = (text: string): void => {
  if (!isSemver(text)) invalid(`The version '${text}' must be a semantic version, such as 1.2.3 or 2.0.0-rc.1.`);
};

/** @throws DomainError `invalid` for a name that no alias can have. */
export const assertAlias = (alias: string): void => {
  if (!ALIAS.test(alias))
    invalid(`Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`);
  if (lengthOf(alias) > MAX_ALIAS_LENGTH)
    invalid(`'Registered model alias name' exceeds the maximum length of ${MAX_ALIAS_LENGTH} characters`);
};

/** @throws DomainError `invalid` for an alias that means something by itself: `latest`, `v1`, `2.1.0`. */
export const assertFreeAlias = (alias: string): void => {
  if (isSemver(alias))
    invalid(`Alias '${alias}' is reserved: an alias of this form finds the version with that semantic version.`);
  assertAlias(alias);
  if (isLatest(alias)) invalid("'latest' alias name (case insensitive) is reserved.");
  if (VERSION_ALIAS.test(alias)) invalid(`Version alias name '${alias}' is reserved.`);
};

export const isLatest = (word: string): boolean => word.toLowerCase() === "latest";

/**
 * A version's number as clients write it. Numbers that nothing can have are returned as -1.
 * @throws DomainError `invalid` for what Python's int() refuses.
 */
export const toVersionNumber = (text: string): number => {
  const [, sign, digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return invalid(`Parameter 'version' must be an integer, got '${text}'.`);
  const number = Number(digits.replaceAll("_", ""));
  return sign === "-" || !Number.isSafeInteger(number) ? -1 : number;
};

export const STAGES = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof STAGES)[number];

/** @throws DomainError `invalid` for a word that is no stage in any case. */
export const toStage = (word: string): Stage =>
  STAGES.find((stage) => stage.toLowerCase() === word.toLowerCase()) ??
  invalid(`Invalid Model Version stage: ${word}. Value must be one of ${STAGES.join(", ")}.`);

/** Whether the tags make what carries them a prompt. */
export const isPromptTag = (value: string | undefined): boolean => value?.toLowerCase() === "true";
