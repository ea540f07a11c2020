/** The form that MLflow asks of keys and names everywhere. Source: mlflow/utils/validation.py of release 3.17.2. */
import { posix } from "node:path";
import { DomainError } from "../../shared/errors.ts";

/** MLflow's \w is Python's: any letter and any digit. */
const ALLOWED = /^[/\p{L}\p{N}_.\- :]*$/u;

const shown = (value: string): string => (value.length > 60 ? `${value.slice(0, 60)}…` : value);

/** @throws DomainError `invalid` for a name that, taken as a path, is another name or leaves its folder. */
export const checkPathForm = (name: string, at: string): void => {
  const normal = posix.normalize(name);
  if (normal !== name || name === "." || name.startsWith("..") || name.startsWith("/") || name.endsWith("/"))
    throw new DomainError(
      "invalid",
      `Invalid value "${shown(name)}" for parameter '${at}' supplied: Names may be treated as files in certain cases, ` +
        `and must not resolve to other names when treated as such. This name would resolve to '${shown(normal)}'.`,
    );
};

/** @throws DomainError `invalid` for characters and paths that no key of a metric, param or tag may hold. */
export const checkKeyForm = (key: string, at: string): void => {
  if (!ALLOWED.test(key))
    throw new DomainError(
      "invalid",
      `Invalid value "${shown(key)}" for parameter '${at}' supplied: Names may only contain alphanumerics, underscores (_), ` +
        "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
    );
  checkPathForm(key, at);
};
