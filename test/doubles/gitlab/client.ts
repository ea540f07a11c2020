/** For the double's own tests: it runs in this process, each answer comes parsed, and schemas are GitLab's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Schema from "typebox/schema";
import { onTestFinished } from "vitest";
import { type Settings, startServers } from "./server.ts";

export interface Reply {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks into what it asked for
  readonly body: any;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const reply = async (response: Response): Promise<Reply> => {
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, body: parse(bytes.toString()) };
};

/** A double for one test, with short ways to ask it as somebody. */
export const setupDouble = async (settings: Partial<Settings> = {}) => {
  const double = await startServers({ port: 0, seed: 1, variant: "newer", root: "", options: {}, ...settings });
  onTestFinished(double.close);
  const origin = new URL(double.url).origin;
  const control = async (method: string, name: string, body?: unknown) =>
    reply(
      await fetch(
        `${origin}/__double__/${name}`,
        body === undefined ? { method } : { method, body: JSON.stringify(body) },
      ),
    );
  const { body: tokens } = await control("GET", "tokens");
  /** `path` from the instance's root; a body that is no buffer goes as JSON. */
  const ask = async (as: string | null, method: string, path: string, body?: unknown): Promise<Reply> => {
    const headers: Record<string, string> = as === null ? {} : { authorization: `Bearer ${String(tokens[as])}` };
    if (Buffer.isBuffer(body)) {
      headers["content-type"] = "application/octet-stream";
      return reply(await fetch(double.url + path, { method, headers, body: new Uint8Array(body) }));
    }
    if (body !== undefined) headers["content-type"] = "application/json";
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    return reply(await fetch(double.url + path, { method, headers, ...sent, redirect: "manual" }));
  };
  const project = "/api/v4/projects/4101";
  const ml = (method: string, path: string, body?: unknown, as = "developer") =>
    ask(as, method, `${project}/ml/mlflow/api/2.0/mlflow/${path}`, body);
  return { url: double.url, control, tokens, ask, ml, project };
};

/** What GitLab's own response schema has against the body; empty when nothing. */
export const schemaErrors = (name: string, body: unknown): readonly string[] => {
  const source: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "schemas", `${name}.json`), "utf8"));
  if (typeof source !== "object" || source === null) throw new Error(`${name} is no schema`);
  const [, errors] = Schema.Errors(source, body);
  return errors.map(({ instancePath, message }) => `${instancePath} ${message}`);
};
