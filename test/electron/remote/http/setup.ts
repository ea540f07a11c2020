/** A client whose waits take no time, and servers that answer what a test says, well or badly. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { RemoteError } from "../../../../electron/remote/errors.ts";
import { createHttpClient, type HttpTarget, type NetworkEntry } from "../../../../electron/remote/http/client.ts";
import { gitlabToken } from "../../../helpers/canary.ts";

/** Looks like a real token; nothing may repeat it. */
export const CANARY = gitlabToken();

export const setupClient = (target: Partial<HttpTarget> & { baseUrl: string }, env: Record<string, string> = {}) => {
  const waits: number[] = [];
  const ledger: NetworkEntry[] = [];
  let slept = 0;
  const client = createHttpClient(
    { authHeader: "bearer", token: () => Promise.resolve(CANARY), ...target },
    {
      now: () => performance.now() + slept,
      sleep: (ms, signal) => {
        waits.push(Math.round(ms));
        slept += ms;
        return signal?.aborted ? Promise.reject(new Error("aborted")) : Promise.resolve();
      },
      random: () => 0.5,
      wallClock: () => 1_700_000_000_000,
      onCall: (entry) => ledger.push(entry),
      env,
    },
  );
  onTestFinished(() => client.close());
  const get = (path = "/x") => client.json({ method: "GET", path, read: (raw) => raw });
  const post = (path = "/x", body: unknown = { a: 1 }) =>
    client.json({ method: "POST", path, body, read: (raw) => raw });
  return { client, waits, ledger, get, post };
};

/** What a call failed with. */
export const troubleOf = async (call: Promise<unknown>): Promise<RemoteError> => {
  const error: unknown = await call.then(
    (value) => new Error(`it worked: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (error instanceof RemoteError) return error;
  throw error;
};

const listen = async (server: Server, closeAll: () => void): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    closeAll();
  });
  return (server.address() as AddressInfo).port;
};

/** An HTTP server's port. */
export const serve = async (handler: RequestListener): Promise<number> => {
  const server = createServer(handler);
  return listen(server, () => server.closeAllConnections());
};

export const serveTls = async (identity: { key: string; cert: string }, handler: RequestListener): Promise<number> => {
  const server = createTlsServer(identity, handler);
  server.on("tlsClientError", () => {}); // a client that does not trust us goes away
  return listen(server, () => server.closeAllConnections());
};

/** A TCP server's port; `answer` speaks for itself, with the first bytes of each connection and its number. */
export const serveRaw = async (answer: (socket: Socket, first: Buffer, nth: number) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (first: Buffer) => answer(socket, first, (count += 1)));
  });
  return listen(server, () => sockets.forEach((socket) => socket.destroy()));
};

/** A whole answer, with its length unless `headers` says another. */
export const raw = (status: number, body: string, headers: Record<string, string> = {}): string => {
  const all = {
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join("")}\r\n${body}`;
};

export const readBody = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** A port on which nobody listens. */
export const closedPort = async (): Promise<number> => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};
