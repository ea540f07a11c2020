/** The declarations of `shared/api` seen from the client: one function that calls any of them. */
import type { Static, TObject, TSchema } from "typebox";
import type { Endpoint } from "./endpoint.ts";

/** An answer that is not 2xx, with MLflow's own code; `UNREACHABLE` when there was no answer at all. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}

/** Calls an endpoint by its declaration: `call(getRun, { run_id })`. @throws ApiError */
export type Call = <Req extends TObject, Res extends TSchema>(
  endpoint: Endpoint<Req, Res>,
  input: Static<Req>,
  signal?: AbortSignal,
) => Promise<Static<Res>>;

type Send = (request: Request) => Promise<Response>;

/** The address of a call: path parameters in their places; for GET all else in the query, lists by repeated names. */
export const addressOf = (
  endpoint: Pick<Endpoint, "method" | "path">,
  input: Record<string, unknown>,
  baseUrl: string,
): URL => {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const path = endpoint.path.replace(/:(\w+)/g, (_all, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  const url = new URL(path, baseUrl);
  if (endpoint.method === "GET")
    for (const [name, value] of rest)
      for (const item of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(item));
  return url;
};

/** What an answer that is not 2xx says. */
export const failureOf = (status: number, text: string): ApiError => {
  try {
    const { error_code, message } = JSON.parse(text) as { error_code?: unknown; message?: unknown };
    if (typeof error_code === "string" && typeof message === "string") return new ApiError(error_code, message, status);
  } catch {
    // not JSON: something other than Outpost answered, and its text is the best there is
  }
  return new ApiError("UNKNOWN", `The server answered ${status}: ${text.slice(0, 200)}`, status);
};

/** Makes the typed call. `send` is `fetch`, or `app.inject` behind a Response in tests. */
export const createCall =
  (baseUrl: string, send: Send = fetch): Call =>
  async (endpoint, input, signal) => {
    const fields: Record<string, unknown> = input;
    const isGet = endpoint.method === "GET";
    const request = new Request(addressOf(endpoint, fields, baseUrl), {
      method: endpoint.method,
      headers: isGet ? {} : { "content-type": "application/json" },
      body: isGet ? null : JSON.stringify(input),
      signal: signal ?? null,
    });
    const response = await send(request).catch((cause: unknown) => {
      if (signal?.aborted) throw cause;
      throw new ApiError("UNREACHABLE", "Outpost does not answer. Is it still running?", 0, { cause });
    });
    if (!response.ok) throw failureOf(response.status, await response.text());
    return (await response.json()) as Static<(typeof endpoint)["response"]>;
  };
