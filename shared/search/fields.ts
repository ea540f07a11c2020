/**
 * What can be searched for and sorted by, entity by entity: the tables that the parsers and the search bar's completion
 * read. Source: mlflow/utils/search_utils.py, search_logged_model_utils.py and both SQLAlchemy stores.
 */
import type { Comparator, Kind } from "./ast.ts";

export type Entity = "runs" | "experiments" | "registeredModels" | "modelVersions" | "loggedModels";

/** How a value is written: `id` is an integer in quotes, `count` an integer with or without them. */
export type ValueType = "text" | "number" | "integer" | "id" | "count";

export interface AttributeField {
  /** The one name behind its spellings. */
  readonly key: string;
  readonly value: ValueType;
}

export interface Grammar {
  /** Spellings of the kinds before the dot. */
  readonly prefixes: ReadonlyMap<string, Kind>;
  /** Whether the prefix may stand in backticks. */
  readonly quotedPrefix: boolean;
  readonly attributes: ReadonlyMap<string, AttributeField>;
  /** Whether an attribute may be quoted like a key. */
  readonly quotedAttributes: boolean;
  readonly orderAttributes: ReadonlyMap<string, string>;
  /** Kinds other than attributes that can be sorted by. */
  readonly orderKinds: readonly Kind[];
  readonly datasetKeys: readonly string[];
  /** Kinds whose absence can be asked for. */
  readonly presence: readonly Kind[];
  /** Whether `like`, `ilike` and `in` may be written small. */
  readonly anyCase: boolean;
  /** MLflow's logged models: keys lose backticks only, and values keep double quotes or may have none. */
  readonly loose: boolean;
}

const NUMBER_COMPARATORS = [">", ">=", "<", "<=", "=", "!="] as const satisfies readonly Comparator[];
const TEXT_COMPARATORS = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"] as const satisfies readonly Comparator[];
const PRESENCE_COMPARATORS = ["IS NULL", "IS NOT NULL"] as const satisfies readonly Comparator[];
const ID_COMPARATORS = ["=", "!=", "IN", "NOT IN"] as const satisfies readonly Comparator[];

const spell = (kind: Kind, ...names: string[]): [string, Kind][] => names.map((name) => [name, kind]);
const attribute = (value: ValueType, key: string, ...aliases: string[]): [string, AttributeField][] =>
  [key, ...aliases].map((name) => [name, { key, value }]);
const columns = (...names: string[]): [string, string][] => names.map((name) => [name, name]);

const registryPrefixes = new Map([...spell("attribute", "attribute"), ...spell("tag", "tag", "tags")]);
const strict = {
  quotedPrefix: false,
  quotedAttributes: true,
  orderKinds: [],
  datasetKeys: [],
  presence: [],
  anyCase: true,
  loose: false,
};

const runs: Grammar = {
  ...strict,
  prefixes: new Map([
    ...spell("metric", "metrics", "metric"),
    ...spell("param", "params", "param", "parameters", "parameter"),
    ...spell("tag", "tags", "tag"),
    ...spell("attribute", "attributes", "attribute", "attr", "run"),
    ...spell("dataset", "dataset", "datasets"),
  ]),
  quotedPrefix: true,
  attributes: new Map([
    ...attribute("number", "start_time", "created", "Created"),
    ...attribute("number", "end_time"),
    ...attribute("text", "run_name", "run name", "Run name", "Run Name"),
    ...["run_id", "status", "user_id", "artifact_uri"].flatMap((key) => attribute("text", key)),
  ]),
  orderAttributes: new Map([
    ...columns("start_time", "end_time", "run_name", "run_id", "status", "user_id", "artifact_uri"),
    ["created", "start_time"],
    ["Created", "start_time"],
  ]),
  orderKinds: ["metric", "param", "tag"],
  datasetKeys: ["name", "digest", "context"],
  presence: ["param", "tag"],
};

const experiments: Grammar = {
  ...strict,
  prefixes: registryPrefixes,
  attributes: new Map([
    ...attribute("text", "name"),
    ...attribute("id", "experiment_id"),
    ...attribute("integer", "creation_time"),
    ...attribute("integer", "last_update_time"),
  ]),
  orderAttributes: new Map(columns("name", "experiment_id", "creation_time", "last_update_time")),
  presence: ["tag"],
  anyCase: false,
};

const registeredModels: Grammar = {
  ...strict,
  prefixes: registryPrefixes,
  attributes: new Map(attribute("text", "name")),
  quotedAttributes: false,
  orderAttributes: new Map([...columns("name", "last_updated_timestamp"), ["timestamp", "last_updated_timestamp"]]),
};

const modelVersions: Grammar = {
  ...strict,
  prefixes: registryPrefixes,
  attributes: new Map([
    ...["name", "run_id", "source_path"].flatMap((key) => attribute("text", key)),
    ...attribute("count", "version_number"),
  ]),
  quotedAttributes: false,
  orderAttributes: new Map(columns("name", "version_number", "creation_timestamp", "last_updated_timestamp")),
};

const loggedModelText = [
  "name",
  "model_id",
  "model_type",
  "source_run_id",
  "status_message",
  "artifact_location",
  "lifecycle_stage",
];
const loggedModels: Grammar = {
  ...strict,
  prefixes: new Map([
    ...spell("metric", "metrics"),
    ...spell("param", "params"),
    ...spell("tag", "tags"),
    ...spell("attribute", "attributes"),
  ]),
  attributes: new Map([
    ...[...loggedModelText, "status", "experiment_id"].flatMap((key) => attribute("text", key)),
    ...attribute("number", "creation_timestamp_ms", "creation_timestamp", "creation_time"),
    ...attribute("number", "last_updated_timestamp_ms", "last_updated_timestamp"),
  ]),
  orderAttributes: new Map([
    ...columns(...loggedModelText, "status", "experiment_id", "creation_timestamp_ms", "last_updated_timestamp_ms"),
    ["creation_timestamp", "creation_timestamp_ms"],
    ["creation_time", "creation_timestamp_ms"],
    ["last_updated_timestamp", "last_updated_timestamp_ms"],
  ]),
  orderKinds: ["metric"],
  loose: true,
};

export const grammars: Readonly<Record<Entity, Grammar>> = {
  runs,
  experiments,
  registeredModels,
  modelVersions,
  loggedModels,
};

/** The comparators that a kind, or an attribute with its type of value, can stand before. */
export const comparatorsOf = (grammar: Grammar, kind: Kind, value?: ValueType): readonly Comparator[] => {
  if (kind === "metric" || value === "number" || value === "integer" || value === "count") return NUMBER_COMPARATORS;
  if (value === "id") return ID_COMPARATORS;
  return grammar.presence.includes(kind) ? [...TEXT_COMPARATORS, ...PRESENCE_COMPARATORS] : TEXT_COMPARATORS;
};
