/** One request of the player, written with symbols, and what may follow from its answers. */
import { type Fields, isFields, type Json, type World } from "./world.ts";

/** What is wrong on purpose with a call, where Outpost answers such calls in its own way. */
export type Twist =
  "mistyped" | "not JSON's numbers" | "beyond MLflow's grammar" | "own location" | "backslash" | "semver";

export interface Call {
  readonly name: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Fields;
  readonly body?: Json;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Buffer;
  readonly contentType?: string;
  readonly twist?: Twist;
  /** The answer is a file: bytes and type are compared. */
  readonly file?: boolean;
  /** Called with both answers when both sides said 200. */
  readonly learn?: (reference: Json, candidate: Json) => void;
}

/** Chooses a call, or nothing while what it needs does not exist. */
export type Make = (world: World) => Call;

const api = "/api/2.0/mlflow/";

export const post = (name: string, path: string, body: Fields, more: Partial<Call> = {}): Call => ({
  name,
  method: "POST",
  path: api + path,
  body,
  ...more,
});

export const get = (name: string, path: string, query: Fields, more: Partial<Call> = {}): Call => ({
  name,
  method: "GET",
  path: api + path,
  query,
  ...more,
});

const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Other ways to say the same: lowerCamelCase, the ajax-api twin, JSON within JSON, numbers as text. */
export const respell = (call: Call, world: World): Call => {
  const { random } = world;
  if (call.raw !== undefined || !call.path.startsWith("/api/") || !random.chance(0.12)) return call;
  const twin = { ...call, path: call.path.replace("/api/", "/ajax-api/") };
  if (!isFields(call.body)) return twin;
  const respelled = Object.fromEntries(Object.entries(call.body).map(([key, value]) => [camel(key), value]));
  const asText = Object.fromEntries(
    Object.entries(call.body).map(([key, value]) => [
      key,
      typeof value === "number" && Number.isInteger(value) ? String(value) : value,
    ]),
  );
  return random.pick([
    twin,
    { ...call, body: respelled },
    { ...call, body: JSON.stringify(call.body) },
    { ...call, body: asText },
  ]);
};

/** Leaves out, empties or nulls one field: mistakes on which both sides must agree. */
export const withMistake = (call: Call, world: World): Call => {
  const { random } = world;
  const part = call.body !== undefined ? "body" : "query";
  const fields = call[part];
  if (call.twist !== undefined || call.name === "artifact list" || !isFields(fields) || !random.chance(0.1))
    return call;
  const keys = Object.keys(fields).filter((key) => key !== "filter" && key !== "start_time");
  if (keys.length === 0) return call;
  const key = random.pick(keys);
  const rest = Object.fromEntries(Object.entries(fields).filter(([each]) => each !== key));
  const wrong = random.pick<Fields>([
    rest,
    rest,
    typeof fields[key] === "string" ? { ...rest, [key]: "" } : rest,
    part === "body" ? { ...rest, [key]: null } : rest,
    { ...fields, [`unknown_${key}`]: 1 },
  ]);
  return { ...call, [part]: wrong };
};
