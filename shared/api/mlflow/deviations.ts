/** Where Outpost answers otherwise than MLflow, on purpose. The API's documentation and the README show this list. */
export interface Deviation {
  readonly case: string;
  readonly mlflow: string; // what release 3.17.2 does
  readonly outpost: string;
}

export const deviations: readonly Deviation[] = [
  {
    case: "a nested value of the wrong type; a timestamp such as `1.5`, `true`, 2^63 or 2^70",
    mlflow: "answers 200, drops the rest of the batch or stores 0",
    outpost: "400 naming the field, nothing is stored",
  },
  { case: "`1e400`, a bare `NaN`, half of a surrogate pair in JSON", mlflow: 'stored as 0.0 or ""', outpost: "400" },
  {
    case: "fields that follow an unknown word for a status in the same object",
    mlflow: "dropped, 200",
    outpost: "kept, as those before it",
  },
  {
    case: "metric values +∞ and −∞",
    mlflow: "stored as ±1.797e308",
    outpost: 'kept, answered as `"Infinity"` and `"-Infinity"`',
  },
  { case: "NaN as a logged model's metric", mlflow: "stored as 0.0", outpost: 'kept, answered as `"NaN"`' },
  {
    case: "a param value over 6000 or a run tag's over 8000 characters",
    mlflow: "cut off, 200",
    outpost: "kept whole up to 1 MiB, 400 above",
  },
  {
    case: "a list or number as the body, `[]` as a metric's value, `null` as a batch's list, a field twice in `order_by`, renaming a deleted experiment, archiving with stage None, ids beyond 64 bits, odd artifact paths",
    mlflow: "500",
    outpost: "the 4xx that fits",
  },
  {
    case: "downloading a folder, `get-artifact` without a path, an encoded slash in a tag's path",
    mlflow: "an HTML page with the status",
    outpost: "the same status with JSON that names the error's code",
  },
  {
    case: "a filter with 64 or more AND clauses",
    mlflow: "503, and clients retry it",
    outpost: "works up to 200 clauses, 400 above",
  },
  { case: "OR, NOT, parentheses, IN in filters", mlflow: "refused for most entities", outpost: "accepted everywhere" },
  {
    case: "rows that come or go between two pages of a search",
    mlflow: "the next page repeats or skips rows, because its token counts them",
    outpost:
      "the next page starts where the last one ended, because its token is a place in the order; a token of MLflow's is 400",
  },
  {
    case: "a backslash in an artifact's path, a name in it over 255 bytes",
    mlflow: "stored, or 500",
    outpost: "400: it would do harm, or not fit, when laid out on a disk",
  },
  {
    case: "a folder whose last file was deleted",
    mlflow: "is listed, empty, for ever",
    outpost: "is gone with the file, as in an object store",
  },
  { case: "a model name over 1000 characters", mlflow: "stored on SQLite, refused by other databases", outpost: "400" },
  {
    case: "finalising a logged model, or setting its params, with a `model_id` that is not the path's",
    mlflow: "finalises the body's, sets the path's",
    outpost: "400",
  },
  {
    case: "a model version whose `model_id` does not exist",
    mlflow: "answers an error and keeps the version",
    outpost: "answers the error and stores nothing",
  },
  {
    case: "the tag `gitlab.version` of a model version",
    mlflow: "a tag like any other",
    outpost: "sets the version's semver, so it must be a free one",
  },
  { case: "a registered-models search with `max_results` below −1", mlflow: "an empty page", outpost: "400" },
  { case: "an `artifact_location` anywhere on disk", mlflow: "accepted", outpost: "400: the place is Outpost's own" },
  {
    case: "`models:/name/2.1.0`",
    mlflow: "finds nothing",
    outpost: "finds the version of that semver; an alias of that form cannot be set",
  },
  {
    case: "Host headers of private networks, any localhost Origin",
    mlflow: "trusted",
    outpost: "the exact Host and the page's own Origin only",
  },
];
