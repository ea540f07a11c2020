/** Parts of a run that are structures: datasets and logged models as the texts of their fields, and back. */
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import { DomainError } from "../../../shared/errors.ts";
import { canonical } from "../../../shared/sync/doc.ts";
import type { Int64 } from "../../../shared/api/wire.ts";

const Texts = Type.Record(Type.String(), Type.String());

const DatasetTags = Type.Array(Type.Object({ key: Type.String(), value: Type.String() }));

/** The tags of a dataset as this store wrote them. */
export const parseTags = (json: string): Static<typeof DatasetTags> => Value.Parse(DatasetTags, JSON.parse(json));

/** Value of `dataset/<name>/<digest>`. */
const DatasetPart = Type.Object({
  name: Type.String(),
  digest: Type.String(),
  source_type: Type.String(),
  source: Type.String(),
  schema: Type.Optional(Type.String()),
  profile: Type.Optional(Type.String()),
  tags: DatasetTags,
});
export type DatasetPart = Static<typeof DatasetPart>;

/** A metric of a logged model: integers and values as text; run "" is the run that made the model. */
const ModelMetric = Type.Object({
  key: Type.String(),
  value: Type.String(),
  timestamp: Type.String(),
  step: Type.String(),
  run: Type.String(),
  dataset_name: Type.Optional(Type.String()),
  dataset_digest: Type.Optional(Type.String()),
});
export type ModelMetric = Static<typeof ModelMetric>;

/** Value of `logged_model/<model_id>`. */
const LoggedModelPart = Type.Object({
  name: Type.String(),
  model_type: Type.Optional(Type.String()),
  status: Type.Integer({ minimum: 0, maximum: 100 }),
  status_message: Type.Optional(Type.String()),
  created: Type.Integer(), // ms since epoch
  params: Texts,
  tags: Texts,
  metrics: Type.Array(ModelMetric),
});
export type LoggedModelPart = Static<typeof LoggedModelPart>;

const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

const parse = (field: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new DomainError("invalid", `The field '${shown(field)}' is no JSON: '${shown(text)}'`);
  }
};

const misfit = (field: string, what: string): DomainError =>
  new DomainError("invalid", `The field '${shown(field)}' does not describe a ${what}`);

/** @throws DomainError `invalid` */
export const parseDataset = (field: string, text: string): DatasetPart => {
  const value = parse(field, text);
  if (Value.Check(DatasetPart, value) && field === `dataset/${value.name}/${value.digest}`) return value;
  throw misfit(field, "dataset");
};

/** @throws DomainError `invalid` */
export const parseLoggedModel = (field: string, text: string): LoggedModelPart => {
  const value = parse(field, text);
  if (Value.Check(LoggedModelPart, value)) return value;
  throw misfit(field, "logged model");
};

export const datasetText = (part: DatasetPart): string => canonical(part);

/** Metrics in an order of their own, so that equal models are equal texts. */
export const loggedModelText = (part: LoggedModelPart): string =>
  canonical({
    ...part,
    metrics: part.metrics
      .map((one) => ({ text: canonical(one), one }))
      .sort(byText)
      .map(({ one }) => one),
  });

const byText = (a: { text: string }, b: { text: string }): number => (a.text < b.text ? -1 : 1);

const INT64 = /^-?\d{1,19}$/;

/** Decimal text to an int64. @throws DomainError `invalid` naming the field. */
export const parseInt64 = (field: string, text: string): Int64 => {
  const value = INT64.test(text) ? BigInt(text) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value)
    throw new DomainError("invalid", `The field '${shown(field)}' is '${shown(text)}', not a 64-bit integer`);
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
};

/** Time or number that fits a double exactly. @throws DomainError `invalid` naming the field. */
export const parseInteger = (field: string, text: string): number => {
  const value = parseInt64(field, text);
  if (typeof value === "bigint")
    throw new DomainError("invalid", `The field '${shown(field)}' is out of range: ${text}`);
  return value;
};

/** Metric values as text; NaN and the infinities are words. @throws DomainError `invalid` */
export const parseValue = (field: string, text: string): number => {
  const value = Number(text);
  if (text === "" || (Number.isNaN(value) && text !== "NaN"))
    throw new DomainError("invalid", `The field '${shown(field)}' has a metric of value '${shown(text)}'`);
  return value;
};
