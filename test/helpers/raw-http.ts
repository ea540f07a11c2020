/** HTTP spoken by hand over a real socket: what a test means to send is what arrives, however wrong it is. */
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  /** 0: the connection ended, or time ran out, without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Whether the server closed the connection. */
  readonly closed: boolean;
}

export interface RawOptions {
  readonly host?: string;
  readonly localAddress?: string;
  readonly timeoutMs?: number;
  /** The answer has a head and no body, as one to HEAD has. */
  readonly headOnly?: boolean;
  /** Waits for the server to close, even after a whole answer. */
  readonly untilClosed?: boolean;
}

const parse = (bytes: Buffer, closed: boolean, headOnly: boolean): RawAnswer | undefined => {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(first.split(" ")[1]);
  if (status === 100) return parse(bytes.subarray(end + 4), closed, headOnly);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const body = bytes.subarray(end + 4);
  const length = headers.get("content-length");
  const whole = length === undefined ? body.includes("0\r\n\r\n") : body.length >= Number(length);
  if (!closed && !whole && !headOnly) return undefined;
  return { status, headers, body: body.toString("utf8"), closed };
};

/** Sends the bytes as they are and reads one answer. */
export const sendRaw = (port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { host = "127.0.0.1", localAddress, timeoutMs = 5000, untilClosed = false, headOnly = false } = options;
    const socket: Socket = connect({ port, host, ...(localAddress === undefined ? {} : { localAddress }) });
    let received = Buffer.alloc(0);
    const finish = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(
        parse(received, closed, headOnly) ?? {
          status: 0,
          headers: new Map(),
          body: received.toString("latin1"),
          closed,
        },
      );
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (!untilClosed && parse(received, false, headOnly)) finish(false);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") return reject(error);
      finish(true);
    });
    socket.on("close", () => finish(true));
  });

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** In order, doubles as they are; `host` is added where none is given, unless `noHost`. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly noHost?: boolean;
  readonly body?: string | Buffer;
  readonly version?: string;
}

/** The bytes of a request; a body brings its Content-Length unless a header says how it travels. */
export const bytesOf = (port: number, request: RawRequest): Buffer => {
  const { method = "GET", path = "/", headers = [], noHost = false, body, version = "1.1" } = request;
  const has = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
  const lines = [...headers];
  if (!noHost && !has("host")) lines.unshift(["Host", `127.0.0.1:${String(port)}`]);
  if (body !== undefined && !has("content-length") && !has("transfer-encoding"))
    lines.push(["Content-Length", String(Buffer.byteLength(body))]);
  const head = `${method} ${path} HTTP/${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")]);
};

/** One request on a connection of its own. */
export const request = (port: number, wanted: RawRequest, options: RawOptions = {}): Promise<RawAnswer> =>
  sendRaw(port, bytesOf(port, wanted), { headOnly: wanted.method === "HEAD", ...options });

/** A POST of JSON. */
export const postJson = (
  port: number,
  path: string,
  body: unknown,
  headers: readonly (readonly [string, string])[] = [],
): Promise<RawAnswer> =>
  request(port, {
    method: "POST",
    path,
    headers: [["Content-Type", "application/json"], ...headers],
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** An answer as `[status, error_code]`; the code is undefined for what is no error in MLflow's shape. */
export const verdict = (answer: RawAnswer): readonly [number, string | undefined] => {
  let code: unknown;
  try {
    const body: unknown = JSON.parse(answer.body);
    if (typeof body === "object" && body !== null && "error_code" in body) code = body.error_code;
  } catch {
    code = undefined;
  }
  return [answer.status, typeof code === "string" ? code : undefined];
};
