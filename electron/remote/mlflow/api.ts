/** Calls of MLflow's REST API: its error codes become troubles, its paths and encodings stay in here. */
import { RemoteError, type RemoteTrouble } from "../errors.ts";
import type { HttpClient, Query } from "../http/client.ts";
import { answers } from "./wire.ts";

const BASE = "/api/2.0/mlflow";

/** MLflow answers 400 to much that has a status of its own; its code says what was meant. */
const meant: Readonly<Record<string, RemoteTrouble>> = {
  RESOURCE_DOES_NOT_EXIST: "gone",
  RESOURCE_ALREADY_EXISTS: "exists",
  PERMISSION_DENIED: "forbidden",
  UNAUTHENTICATED: "auth",
  CUSTOMER_UNAUTHORIZED: "auth",
  REQUEST_LIMIT_EXCEEDED: "rate_limited",
  INVALID_PARAMETER_VALUE: "invalid",
  INVALID_STATE: "invalid",
  BAD_REQUEST: "invalid",
  NOT_IMPLEMENTED: "invalid",
};

const codeOf = (body: unknown): string | undefined => {
  try {
    return answers.errorCode(body).error_code;
  } catch {
    return undefined; // no error of MLflow's: the status says what there is to say
  }
};

/** Whether the server itself says that an object is not there; a wrong address says 404 too. */
export const isGone = (error: unknown): boolean =>
  error instanceof RemoteError && error.trouble === "gone" && codeOf(error.body) === "RESOURCE_DOES_NOT_EXIST";

const translate = (error: unknown): unknown => {
  if (!(error instanceof RemoteError)) return error;
  const { message, maybeDone, status, body, retryAfterMs } = error;
  const facts = { maybeDone, status, body, retryAfterMs, cause: error };
  if (error.trouble === "auth" || error.trouble === "captive") return error;
  const code = codeOf(body);
  const trouble = code === undefined ? undefined : meant[code];
  if (trouble !== undefined && status !== undefined && status < 500) return new RemoteError(trouble, message, facts);
  if (error.trouble === "gone" && code === undefined)
    return new RemoteError("gone", `${message}; is this the address of an MLflow server?`, facts);
  return error;
};

/** @throws RemoteError in the words of a sync. */
export const translated = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw translate(error);
  }
};

export type Read<T> = (raw: unknown) => T;
export type Body = Readonly<Record<string, unknown>>;

export interface MlflowApi {
  readonly client: HttpClient;
  get<T>(path: string, query: Query, read: Read<T>, signal?: AbortSignal): Promise<T>;
  /** A POST that only reads: a search. */
  search<T>(path: string, body: Body, read: Read<T>, signal?: AbortSignal): Promise<T>;
  send<T>(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    body: Body,
    read: Read<T>,
    signal?: AbortSignal,
  ): Promise<T>;
}

const withSignal = (signal: AbortSignal | undefined): { signal?: AbortSignal } => (signal ? { signal } : {});

export const createMlflowApi = (client: HttpClient): MlflowApi => {
  const call: <T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    parts: { query?: Query; body?: Body; safe?: boolean },
    read: Read<T>,
    signal?: AbortSignal,
  ) => Promise<T> = (method, path, parts, read, signal) =>
    translated(async () => {
      const { value } = await client.json({ method, path: `${BASE}/${path}`, ...parts, read, ...withSignal(signal) });
      return value;
    });
  return {
    client,
    get: (path, query, read, signal) => call("GET", path, { query }, read, signal),
    search: (path, body, read, signal) => call("POST", path, { body, safe: true }, read, signal),
    send: (method, path, body, read, signal) => call(method, path, { body }, read, signal),
  };
};

/** Undefined for what the server says is not there. */
export const orUndefined = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

/** What is deleted that is not there was deleted. */
export const orDone = async (call: Promise<unknown>): Promise<void> => {
  await orUndefined(call);
};

/** A text in a filter. Undefined: no quotes of the filter grammar can hold it, the caller has to compare by itself. */
export const quoted = (text: string): string | undefined => {
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? undefined : `"${text}"`;
};

/** Conditions joined; one that cannot be said falls away. */
export const filterOf = (...conditions: readonly (readonly [left: string, text: string])[]): string =>
  conditions
    .flatMap(([left, text]) => {
      const value = quoted(text);
      return value === undefined ? [] : [`${left} = ${value}`];
    })
    .join(" AND ");

/** All pages of a search, in their order. Ends on a token that comes twice. */
export const allPages = async <T>(
  page: (token: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>,
): Promise<T[]> => {
  const all: T[] = [];
  const seen = new Set<string>();
  for (let token: string | undefined; ;) {
    const { items, next } = await page(token);
    all.push(...items);
    if (next === undefined || next === "" || seen.has(next)) return all;
    seen.add(next);
    token = next;
  }
};
