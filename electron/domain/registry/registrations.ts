/** The tag of a logged model that lists the versions made from it. Source: mlflow/store/tracking/abstract_store.py */
import { DomainError } from "../../../shared/errors.ts";

export const REGISTRATIONS_TAG = "mlflow.modelVersions";

/** JSON as Python's json.dumps writes it: blanks after separators, ASCII only. */
const toPythonJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${toPythonJson(key)}: ${toPythonJson(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
};

const isSame = (entry: unknown, name: string, version: number): boolean =>
  typeof entry === "object" &&
  entry !== null &&
  "name" in entry &&
  entry.name === name &&
  "version" in entry &&
  entry.version === version;

const readList = (tag: string): unknown[] => {
  try {
    const list: unknown = JSON.parse(tag);
    if (Array.isArray(list)) return list;
  } catch {
    // not JSON: named below
  }
  throw new DomainError(
    "invalid",
    `The logged model's tag ${REGISTRATIONS_TAG} is not a JSON list: delete it, then register the model again.`,
  );
};

/**
 * The tag's value with one more version in it.
 * @throws DomainError `invalid` when somebody has written something else into the tag.
 */
export const withRegistration = (tag: string | undefined, name: string, version: number): string => {
  const list = tag === undefined || tag === "" ? [] : readList(tag);
  return toPythonJson(list.some((entry) => isSame(entry, name, version)) ? list : [...list, { name, version }]);
};
