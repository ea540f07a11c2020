/**
 * Load from this process, apart from the servers' own: keep-alive connections, each asking again as soon as it was
 * answered. A bare socket costs a fifth of node:http's client, which would be the slowest part of what is measured.
 */
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** A request without its Host, which is the connection's. */
export interface Request {
  readonly start: string;
  readonly rest: Buffer;
}

export interface Connection {
  readonly send: (request: Request) => Promise<Answer>;
  readonly close: () => void;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/** The first whole answer in `bytes`, or undefined while it is incomplete. @throws Error for a body of unknown length. */
const parse = (bytes: Buffer): Answer | undefined => {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const status = Number(head.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined && status !== 204) throw new Error(`an answer without Content-Length:\n${head}`);
  const total = end + 4 + Number(length ?? 0);
  return bytes.length < total ? undefined : { status, body: bytes.subarray(end + 4, total) };
};

/** Opens a connection that carries one request at a time. */
export const openConnection = (url: string): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(url);
    let waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
    let parts: Buffer[] = [];
    const fail = (error: Error): void => {
      waiting?.reject(error);
      waiting = undefined;
      reject(error);
    };
    const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("the server closed the connection")));
    socket.on("data", (chunk: Buffer) => {
      parts.push(chunk);
      const bytes = parts.length === 1 ? chunk : Buffer.concat(parts);
      if (parts.length > 1) parts = [bytes];
      try {
        const answer = parse(bytes);
        if (!answer) return;
        parts = [];
        const asked = waiting;
        waiting = undefined;
        asked?.resolve(answer);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.once("connect", () =>
      resolve({
        send: (request) =>
          new Promise((done, broke) => {
            waiting = { resolve: done, reject: broke };
            socket.write(Buffer.concat([Buffer.from(`${request.start}\r\nhost: ${host}\r\n`), request.rest]));
          }),
        close: () => socket.destroy(),
      }),
    );
  });

/** A request; `body` is sent as JSON, or as it is. */
export const toRequest = (method: string, path: string, body?: object | Buffer): Request => {
  const start = `${method} ${path} HTTP/1.1`;
  if (body === undefined) return { start, rest: Buffer.from("\r\n") };
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? "application/octet-stream" : "application/json";
  const head = `content-type: ${type}\r\ncontent-length: ${String(bytes.length)}\r\n\r\n`;
  return { start, rest: Buffer.concat([Buffer.from(head), bytes]) };
};

/** A call of MLflow's REST interface. */
export const mlflowCall = (path: string, body: object): Request => toRequest("POST", `/api/2.0/mlflow/${path}`, body);

export interface Loop {
  readonly url: string;
  readonly connections: number;
  /** No new request after so many ms; what is under way is waited for, up to `patienceMs`. */
  readonly ms: number;
  readonly patienceMs?: number;
  /** The n-th request of all, on which connection. */
  readonly request: (n: number, connection: number) => Request;
}

export interface LoopResult {
  readonly perSecond: number;
  readonly p50: number; // ms
  readonly p99: number; // ms
  /** Answers other than 200, broken connections, and requests given up on. */
  readonly failures: number;
  readonly firstFailure: string | undefined;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

const GAVE_UP = "no answer in time";

const withPatience = async (answer: Promise<Answer>, ms: number): Promise<Answer> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(GAVE_UP)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Runs a closed loop on every connection. Each connection sends at least one request. */
export const runLoop = async ({ url, connections, ms, patienceMs = 120_000, request }: Loop): Promise<LoopResult> => {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(url)));
  const latencies: number[] = [];
  let failures = 0;
  let firstFailure: string | undefined;
  let sent = 0;
  const fail = (reason: string): void => {
    failures++;
    firstFailure ??= reason.slice(0, 300);
  };
  const started = performance.now();
  const drive = async (connection: Connection, index: number): Promise<void> => {
    do {
      const bytes = request(sent++, index);
      const at = performance.now();
      const answer = await withPatience(connection.send(bytes), patienceMs);
      latencies.push(performance.now() - at);
      if (answer.status !== 200) fail(`${String(answer.status)} ${answer.body.toString("utf8")}`);
    } while (performance.now() - started < ms);
  };
  await Promise.all(
    open.map((connection, index) => drive(connection, index).catch((error: unknown) => fail(String(error)))),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const connection of open) connection.close();
  const sorted = latencies.toSorted((a, b) => a - b);
  const good = Math.max(0, latencies.length - failures);
  return {
    perSecond: good / seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    failures,
    firstFailure,
  };
};

/** Asks once. @throws Error for any answer but 200. */
export const ask = async (url: string, request: Request, patienceMs = 120_000): Promise<unknown> => {
  const connection = await openConnection(url);
  try {
    const { status, body } = await withPatience(connection.send(request), patienceMs);
    if (status !== 200) throw new Error(`${String(status)} ${body.toString("utf8").slice(0, 500)}`);
    return JSON.parse(body.toString("utf8"));
  } finally {
    connection.close();
  }
};

/** Sends all of `requests` over some connections, for seeding. @throws Error for any answer but 200. */
export const sendAll = async (
  url: string,
  connections: number,
  count: number,
  request: (n: number) => Request,
): Promise<Answer[]> => {
  const answers: Answer[] = new Array<Answer>(count);
  let next = 0;
  const drive = async (): Promise<void> => {
    const connection = await openConnection(url);
    while (next < count) {
      const n = next++;
      const answer = await connection.send(request(n));
      if (answer.status !== 200)
        throw new Error(`${String(answer.status)} ${answer.body.toString("utf8").slice(0, 500)}`);
      answers[n] = answer;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, drive));
  return answers;
};
