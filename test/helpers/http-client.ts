/** A small HTTP client for tests that care about single connections and exact bytes. */
import { Agent, request } from "node:http";

export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** The body as JSON. @throws SyntaxError when it is none. */
  readonly json: () => unknown;
}

export interface HttpClient {
  readonly send: (method: string, path: string, body?: Buffer | object) => Promise<HttpAnswer>;
  /** A call of MLflow's REST interface below /api/2.0/mlflow/. */
  readonly mlflow: (path: string, body: object) => Promise<HttpAnswer>;
  readonly close: () => void;
}

/** A client of `base` with at most `connections` kept open. Rejects when the connection breaks. */
export const createHttpClient = (base: string, connections = 1): HttpClient => {
  const { hostname, port } = new URL(base);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const send: HttpClient["send"] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const headers: Record<string, string | number> =
        bytes === undefined
          ? {}
          : {
              "content-type": Buffer.isBuffer(body) ? "application/octet-stream" : "application/json",
              "content-length": bytes.length,
            };
      const sent = request({ agent, hostname, port, method, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const whole = Buffer.concat(parts);
          resolve({ status: answer.statusCode ?? 0, body: whole, json: () => JSON.parse(whole.toString("utf8")) });
        });
      });
      sent.on("error", reject);
      sent.end(bytes);
    });
  return {
    send,
    mlflow: (path, body) => send("POST", `/api/2.0/mlflow/${path}`, body),
    close: () => agent.destroy(),
  };
};

/** A field of a parsed answer. @throws Error naming the path when it is not there. */
export const fieldOf = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, key) => {
    if (typeof at !== "object" || at === null || !(key in at))
      throw new Error(`no ${path.join(".")} in ${JSON.stringify(value)}`);
    return Reflect.get(at, key);
  }, value);

/** A text field of a parsed answer. @throws Error when it is not there or not text. */
export const textOf = (value: unknown, ...path: string[]): string => {
  const found = fieldOf(value, ...path);
  if (typeof found !== "string") throw new Error(`${path.join(".")} is no text in ${JSON.stringify(value)}`);
  return found;
};
