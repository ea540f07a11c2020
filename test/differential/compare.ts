/** Answers made comparable: ids become symbols, what only a server's clock or chance decides becomes a word. */
import { isFields, type Json, type Side, type World } from "./world.ts";

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What is compared of an answer. Errors by status and code, never by wording. */
export type Seen =
  | { readonly status: number; readonly errorCode: string | undefined }
  | { readonly status: number; readonly json: Json }
  | { readonly status: number; readonly bytes: string; readonly contentType: string };

const SERVER_TIMES = new Set([
  "creation_time",
  "last_update_time",
  "creation_timestamp",
  "last_updated_timestamp",
  "creation_timestamp_ms",
  "last_updated_timestamp_ms",
]);
/** Lists in which MLflow promises no order. */
const UNORDERED = new Set([
  "tags",
  "params",
  "metrics",
  "dataset_inputs",
  "aliases",
  "latest_versions",
  "model_inputs",
  "model_outputs",
]);
const GENERATED_NAME = /^[a-z]+-[a-z]+-\d+$/;
const IDS = /m-[0-9a-f]{32}|[0-9a-f]{32}/g;

const word = (text: string, key: string, world: World, side: Side): string => {
  if (key === "experiment_id") return world.symbolOf(text, side) ?? text;
  if (["run_name", "name", "value"].includes(key) && GENERATED_NAME.test(text)) return "<generated>";
  return text
    .replace(
      /(mlflow-artifacts:\/)(\d+)(?=\/|$)/g,
      (_, scheme: string, id: string) => scheme + (world.symbolOf(id, side) ?? id),
    )
    .replace(IDS, (id) => world.symbolOf(id, side) ?? "<id>");
};

const normal = (value: Json, key: string, world: World, side: Side): Json => {
  if (key === "next_page_token") return "<token>";
  if (SERVER_TIMES.has(key) && typeof value === "number" && value > 1e12) return "<time>";
  if (typeof value === "string") return word(value, key, world, side);
  if (Array.isArray(value)) {
    const each = value.map((item) => normal(item, key, world, side));
    return UNORDERED.has(key) ? each.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : each;
  }
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((name) => [name, normal(value[name] ?? null, name, world, side)]),
  );
};

/** The answer's JSON, or undefined where it holds none. */
export const jsonOf = (answer: Answer): Json | undefined => {
  if (!answer.contentType.includes("json")) return undefined;
  try {
    const parsed: Json = JSON.parse(answer.body.toString("utf8"));
    return parsed;
  } catch {
    return undefined; // said to be JSON and is not: compared as bytes
  }
};

export const see = (answer: Answer, file: boolean, world: World, side: Side): Seen => {
  const { status } = answer;
  const json = jsonOf(answer);
  if (status >= 400) {
    const code = isFields(json) ? json["error_code"] : undefined;
    return { status, errorCode: typeof code === "string" ? code : undefined };
  }
  if (!file && json !== undefined) return { status, json: normal(json, "", world, side) };
  const contentType = file ? (answer.contentType.split(";")[0] ?? "") : ""; // of an empty answer it says nothing
  return { status, bytes: answer.body.toString("latin1"), contentType };
};

export const sameSeen = (a: Seen, b: Seen): boolean => JSON.stringify(a) === JSON.stringify(b);

const shorten = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 120));

/** Where two answers differ, as `path: reference ≠ candidate`; at most three places. */
export const placesOf = (reference: unknown, candidate: unknown, path = ""): string[] => {
  if (JSON.stringify(reference) === JSON.stringify(candidate)) return [];
  const isNested = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isNested(reference) || !isNested(candidate)) return [`${path}: ${shorten(reference)} ≠ ${shorten(candidate)}`];
  const keys = [...new Set([...Object.keys(reference), ...Object.keys(candidate)])];
  const places = keys.flatMap((key) =>
    placesOf(Reflect.get(reference, key), Reflect.get(candidate, key), `${path}.${key}`),
  );
  return places.slice(0, 3);
};
