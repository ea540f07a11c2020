/** What MLflow allows as keys, names and values. Source: mlflow/utils/validation.py of release 3.17.2. */
import { DomainError, type ErrorKind } from "../../../shared/errors.ts";
import { checkKeyForm } from "../key-form.ts";

const MAX_KEY = 250;
const MAX_EXPERIMENT_NAME = 500;
const MAX_EXPERIMENT_TAG_VALUE = 20_000;
/** MLflow cuts longer param and tag values off without a word; Outpost keeps them whole up to here. */
const MAX_VALUE_BYTES = 1_048_576;

/** Most keys: nothing in them needs a closer look. */
const PLAIN_KEY = /^\w[\w.\- :]{0,249}$/;
const RUN_ID = /^[a-zA-Z0-9][\p{L}\p{N}_-]{0,255}$/u;
const INTEGER = /^\s*[+-]?\d+(?:_\d+)*\s*$/;

const shown = (value: string): string => (value.length > 60 ? `${value.slice(0, 60)}…` : value);
const invalid = (message: string): DomainError => new DomainError("invalid", message);

/** Length in characters, as Python counts them. */
const isLonger = (text: string, limit: number): boolean =>
  text.length > limit && (text.length > limit * 2 || [...text].length > limit);

/**
 * Checks the key of a metric, param or tag. `at` is the field to name in the message.
 * @throws DomainError `invalid` for characters, paths and lengths that MLflow refuses.
 */
export const checkKey = (key: string, at: string): void => {
  if (PLAIN_KEY.test(key)) return;
  checkKeyForm(key, at);
  if (isLonger(key, MAX_KEY)) throw invalid(`'${at}' exceeds the maximum length of ${MAX_KEY} characters.`);
};

/** @throws DomainError `invalid` for a value that is larger than a mebibyte. */
export const checkValue = (value: string, at: string): void => {
  if (
    value.length > MAX_VALUE_BYTES ||
    (value.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(value) > MAX_VALUE_BYTES)
  )
    throw invalid(`'${at}' exceeds the maximum size of 1 MiB; store it as an artifact instead.`);
};

/** @throws DomainError `invalid` */
export const checkExperimentTag = (key: string, value: string): void => {
  checkKey(key, "key");
  if (isLonger(value, MAX_EXPERIMENT_TAG_VALUE))
    throw invalid(`'value' exceeds the maximum length of ${MAX_EXPERIMENT_TAG_VALUE} characters.`);
};

/** @throws DomainError `invalid` */
export const checkExperimentName = (name: string): void => {
  if (name === "") throw invalid("Invalid experiment name: ''");
  if (isLonger(name, MAX_EXPERIMENT_NAME))
    throw invalid(`'name' exceeds the maximum length of ${MAX_EXPERIMENT_NAME} characters.`);
};

/** @throws DomainError `invalid` for a text that cannot be a run's id. */
export const checkRunId = (runId: string): void => {
  if (!RUN_ID.test(runId)) throw invalid(`Invalid value "${shown(runId)}" for parameter 'run_id' supplied.`);
};

/**
 * Experiment ids are integers that travel as strings; read as Python's int() does.
 * @throws DomainError `invalid` for anything else.
 */
export const parseExperimentId = (id: string): number => {
  if (!INTEGER.test(id)) throw invalid(`Invalid experiment ID '${shown(id)}'. Experiment ID must be a valid integer.`);
  return Number(id.replaceAll("_", ""));
};

const FORBIDDEN_IN_MODEL_NAME = ["/", ":", ".", "%", '"', "'"];

/** @throws DomainError `invalid` for a logged model's name that MLflow refuses. */
export const checkLoggedModelName = (name: string): void => {
  if (FORBIDDEN_IN_MODEL_NAME.some((c) => name.includes(c)))
    throw invalid(
      `Invalid model name ('${shown(name)}') provided. Model name must be a non-empty string and cannot contain the following characters: ${FORBIDDEN_IN_MODEL_NAME.join(" ")}`,
    );
};

/** @throws DomainError of `kind` when a key stands more than once; MLflow names it by another code at each place. */
export const checkUniqueKeys = (tags: readonly { readonly key?: string }[], kind: ErrorKind): void => {
  if (new Set(tags.map((tag) => tag.key)).size < tags.length)
    throw new DomainError(kind, "The tags name a key more than once; send each key once.");
};
