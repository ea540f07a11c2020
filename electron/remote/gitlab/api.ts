/**
 * Calls of GitLab: its MLflow API, its packages, its REST, its GraphQL. Four forms of refusals become troubles here, and
 * nowhere else is a body of an error looked at.
 */
import type { IncomingHttpHeaders } from "node:http";
import { RemoteError, type RemoteErrorFacts, type RemoteTrouble } from "../errors.ts";
import type { Download, HttpClient, Query } from "../http/client.ts";
import type { FileSource } from "../remote.ts";
import { items, record } from "./wire.ts";

export type Read<T> = (raw: unknown) => T;
export type Body = Readonly<Record<string, unknown>>;
export type Method = "POST" | "PATCH" | "DELETE";

/** What a 404 means depends on it. */
type Area = "ml" | "package" | "rest" | "graphql";

export interface Asked {
  readonly signal?: AbortSignal | undefined;
  /** The longest answer. */
  readonly maxBytes?: number;
}

export interface GitlabApi {
  /** A GET of the MLflow API. */
  get<T>(path: string, query: Query, read: Read<T>, asked?: Asked): Promise<T>;
  /** A POST of it that only reads; GitLab asks for the rights of a write all the same. */
  search<T>(path: string, body: Body, read: Read<T>, asked?: Asked): Promise<T>;
  /** A write of it. */
  send<T>(method: Method, path: string, body: Body, read: Read<T>, asked?: Asked): Promise<T>;
  /** A GET of the MLflow artifact proxy. */
  proxy<T>(path: string, query: Query, read: Read<T>, asked?: Asked): Promise<T>;
  /** A GET below the project. */
  project<T>(path: string, query: Query, read: Read<T>, asked?: Asked): Promise<Answer<T>>;
  /** A GET below the API. */
  rest<T>(path: string, read: Read<T>, asked?: Asked): Promise<Answer<T>>;
  /** `data` of the answer. @throws RemoteError for its `errors` */
  graphql<T>(query: string, variables: Body, read: Read<T>, asked?: Asked & { readonly writes?: boolean }): Promise<T>;
  /** `ref` and path of a package of models: a file goes up. */
  putFile(ref: string, file: FileSource, asked?: Asked, onBytes?: (sent: number) => void): Promise<void>;
  getFile(
    ref: string,
    path: string,
    range: { readonly from: number; readonly etag: string | undefined },
    asked?: Asked,
  ): Promise<Download>;
  close(): void;
}

export interface Answer<T> {
  readonly value: T;
  readonly headers: IncomingHttpHeaders;
}

/** The parts of GitLab's four forms of refusals. */
interface Refusal {
  readonly code: string; // of MLflow
  readonly error: string; // of the routing, of parameters, of tokens
  readonly message: string; // of the rest
}

const said = (value: unknown): string =>
  typeof value === "string" ? value : Array.isArray(value) ? value.map(said).join(", ") : "";

const refusalOf = (body: unknown): Refusal | undefined => {
  if (typeof body !== "object" || body === null) return undefined;
  const raw = record(body, "the refusal");
  return { code: said(raw["error_code"]), error: said(raw["error"]), message: said(raw["message"]) };
};

const NO_ROUTE = "404 Not Found";

/** What a refusal means and what a person can do. Undefined: what its status says. */
const meaningOf = (
  { code, error, message }: Refusal,
  status: number | undefined,
  area: Area,
): readonly [RemoteTrouble, string] | undefined => {
  if (code === "RESOURCE_DOES_NOT_EXIST") return ["gone", "GitLab does not have it."];
  if (code === "RESOURCE_ALREADY_EXISTS") return ["exists", "GitLab has one of that name, or takes no such name."];
  if (error === "invalid_token") return ["auth", "The token is expired or revoked: give this remote a new one."];
  if (error === "insufficient_scope")
    return ["auth", "The token lacks the scope 'api': give this remote a token that has it."];
  if (status === 404 && message === "404 Project Not Found")
    return ["auth", "The project is not there, or the token's user is no member of it."];
  if (status === 404 && error === NO_ROUTE) return ["invalid", "This release of GitLab has no such call."];
  if (status === 404 && area === "ml")
    return [
      "auth",
      "Model experiments or the model registry are turned off in the project, or the token may not read them.",
    ];
  if (status === 400 && /already been taken|already taken/.test(message)) return ["exists", message];
  if (status === 400 && /too large/i.test(message)) return ["too_large", message];
  if (status === 403 && area === "package")
    return ["forbidden", "The token's user needs the role Developer to upload, and Reporter to load files."];
  if (status === 401) return ["auth", "GitLab does not know the token: give this remote another one."];
  return undefined;
};

const translated = (error: RemoteError, area: Area): RemoteError => {
  const { status, body, maybeDone, retryAfterMs } = error;
  const facts: RemoteErrorFacts = { status, body, maybeDone, retryAfterMs, cause: error };
  if (status === undefined || status < 400 || status >= 500) return error;
  const refusal = refusalOf(body);
  if (!refusal)
    // GitLab refuses in JSON; a page says that something else answered, and nothing about the object.
    return error.trouble === "gone" ? new RemoteError("captive", error.message, facts) : error;
  const meaning = meaningOf(refusal, status, area);
  return meaning
    ? new RemoteError(meaning[0], `${error.message}. ${meaning[1]}`, { ...facts, maybeDone: false })
    : error;
};

/** Whether GitLab itself says that an object, and not a project or a route, is not there. */
export const isGone = (error: unknown): error is RemoteError =>
  error instanceof RemoteError && error.trouble === "gone";

/** Undefined for what GitLab says is not there. */
export const orUndefined = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

/**
 * A page of a listing. Some releases answer 500 to a token of a page that they do not know any more; as a refusal of the
 * token it lets the listing begin anew, which also serves where it was a fault.
 */
export const pageAt = async <T>(cursor: string | undefined, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if (cursor === undefined || !(error instanceof RemoteError) || error.status !== 500) throw error;
    const facts = { status: 500, body: error.body, cause: error };
    throw new RemoteError("invalid", `${error.message}. GitLab may not know this page of the listing any more.`, facts);
  }
};

const ML = "/ml/mlflow/api/2.0/mlflow";
const PROXY = "/ml/mlflow/api/2.0/mlflow-artifacts";

const dataOf =
  <T>(read: Read<T>): Read<T> =>
  (raw) => {
    const answer = record(raw, "the answer");
    const problems = items(answer["errors"], "errors").map((each) => said(record(each, "an error")["message"]));
    if (problems.length > 0) {
      const isRefused = problems.some((each) => each.includes("don't have permission"));
      throw new RemoteError(isRefused ? "forbidden" : "invalid", `GraphQL: ${problems.join("; ")}`, { body: raw });
    }
    return read(answer["data"]);
  };

const given = <T extends object>(parts: T, { signal, maxBytes }: Asked = {}): T => ({
  ...parts,
  ...(signal && { signal }),
  ...(maxBytes !== undefined && { maxBytes }),
});

/** `project` is a number or a full path. */
export const createGitlabApi = (client: HttpClient, project: string): GitlabApi => {
  const at = `/api/v4/projects/${encodeURIComponent(project)}`;

  /** A refused write by a token that can read says that its user's role is too low; GitLab words both alike. */
  const orRole = async (error: RemoteError, asked: Asked | undefined): Promise<RemoteError> => {
    const isUnclear =
      error.trouble === "auth" && error.status === 401 && refusalOf(error.body)?.error !== "invalid_token";
    if (!isUnclear) return error;
    try {
      await client.json(given({ method: "GET", path: at, read: (raw: unknown) => raw }, { signal: asked?.signal }));
    } catch {
      return error; // it cannot read either: the token it is
    }
    const why =
      "The token's user needs the role Developer in the project to write, and the project must not be archived";
    const original = error.cause instanceof RemoteError ? error.cause : error;
    const facts = { status: 401, body: error.body, cause: error };
    return new RemoteError("forbidden", `${original.message}. ${why}.`, facts);
  };

  const ask = async <T>(area: Area, isWrite: boolean, asked: Asked | undefined, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      const clear = translated(error, area);
      throw isWrite ? await orRole(clear, asked) : clear;
    }
  };

  const get = <T>(area: Area, path: string, query: Query, read: Read<T>, asked?: Asked): Promise<Answer<T>> =>
    ask(area, false, asked, () => client.json(given({ method: "GET", path, query, read }, asked)));

  const post = async <T>(method: Method, path: string, body: Body, read: Read<T>, safe: boolean, asked?: Asked) => {
    const call = () => client.json(given({ method, path: `${at}${ML}/${path}`, body, read, safe }, asked));
    return (await ask("ml", true, asked, call)).value;
  };

  const pathOf = (ref: string, path: string): string =>
    `${at}/packages/ml_models/${encodeURIComponent(ref)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;

  return {
    get: async (path, query, read, asked) => (await get("ml", `${at}${ML}/${path}`, query, read, asked)).value,
    search: (path, body, read, asked) => post("POST", path, body, read, true, asked),
    send: (method, path, body, read, asked) => post(method, path, body, read, false, asked),
    proxy: async (path, query, read, asked) => (await get("rest", `${at}${PROXY}/${path}`, query, read, asked)).value,
    project: (path, query, read, asked) => get("rest", `${at}${path}`, query, read, asked),
    rest: (path, read, asked) => get("rest", `/api/v4${path}`, {}, read, asked),
    graphql: async (query, variables, read, asked) => {
      const body = { query, variables };
      const safe = asked?.writes !== true;
      const call = { method: "POST", path: "/api/graphql", body, read: dataOf(read), safe } as const;
      return (await ask("graphql", false, asked, () => client.json(given(call, asked)))).value;
    },
    putFile: (ref, file, asked, onBytes) =>
      ask("package", true, asked, async () => {
        const { path, size, open } = file;
        const progress = onBytes && { onProgress: onBytes };
        const call = {
          method: "PUT",
          path: pathOf(ref, path),
          body: open,
          length: size,
          auth: "bearer",
          ...progress,
        } as const;
        await client.upload(given(call, asked));
      }),
    getFile: (ref, path, { from, etag }, asked) =>
      ask("package", false, asked, () =>
        client.download(
          given({ path: pathOf(ref, path), from, auth: "bearer" as const, ...(etag !== undefined && { etag }) }, asked),
        ),
      ),
    close: () => client.close(),
  };
};
