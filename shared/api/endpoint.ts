import type { Static, TObject, TSchema } from "typebox";

export type Method = "GET" | "POST" | "PATCH" | "DELETE" | "PUT";

/**
 * One HTTP endpoint, declared once: the server binds a handler to it, the renderer's client turns it into a call,
 * OpenAPI and the README's tables are made from it. `:name` in the path is a path parameter and part of the request.
 */
export interface Endpoint<Req extends TObject = TObject, Res extends TSchema = TSchema> {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly request: Req;
  /** Path parameters that the body must name as well, and alike, as MLflow's clients do. */
  readonly repeatedInBody?: readonly string[];
  readonly response: Res;
}

export type RequestOf<E extends Endpoint> = Static<E["request"]>;
export type ResponseOf<E extends Endpoint> = Static<E["response"]>;

/** A typed identity. */
export const endpoint = <Req extends TObject, Res extends TSchema>(e: Endpoint<Req, Res>): Endpoint<Req, Res> => e;
