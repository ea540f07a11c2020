/**
 * What answers of `/api/outpost/v1` are made of. Names follow the MLflow wire (`run_id`), so that one thing has one
 * name on every surface; times are ms since epoch.
 */
import { Type, type TSchema } from "typebox";

export const OUTPOST_API = "/api/outpost/v1";

/** A metric's value. JSON has no word for these three, so they travel as strings, as on the MLflow wire. */
export const MetricValue = Type.Union([
  Type.Number(),
  Type.Literal("NaN"),
  Type.Literal("Infinity"),
  Type.Literal("-Infinity"),
]);
export type MetricValue = number | "NaN" | "Infinity" | "-Infinity";

export const Text = () => Type.String();
export const Whole = () => Type.Integer();
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const Pair = Type.Object({ key: Text(), value: Text() });

export const RunStatus = Type.Union([
  Type.Literal("RUNNING"),
  Type.Literal("SCHEDULED"),
  Type.Literal("FINISHED"),
  Type.Literal("FAILED"),
  Type.Literal("KILLED"),
]);
export const Stage = Type.Union([Type.Literal("active"), Type.Literal("deleted")]);

/** One of these words, in an answer. */
export const OneOf = <const T extends string>(...words: T[]) => Type.Unsafe<T>({ type: "string", enum: words });
