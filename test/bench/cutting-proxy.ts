/** A TCP proxy that counts what comes down through it and cuts a long answer off at chosen bytes. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface CuttingProxy {
  readonly url: string;
  /** Bytes that came down so far, heads of answers included. */
  readonly bytes: () => number;
  /** How many of the cuts have been made. */
  readonly cuts: () => number;
  readonly close: () => Promise<void>;
}

/**
 * `target` is asked for with each connection: a server that has to know the proxy's port starts after it. `cutsAt`: totals of
 * bytes come down after which all connections that are open break, in rising order.
 */
export const startCuttingProxy = async (target: () => string, cutsAt: readonly number[]): Promise<CuttingProxy> => {
  const open = new Set<Socket>();
  let [bytes, cuts] = [0, 0];
  const server = createServer((client) => {
    const { hostname, port } = new URL(target());
    const far = connect(Number(port), hostname);
    const ends = [client, far];
    for (const end of ends) {
      open.add(end);
      end.on("error", () => {}); // a connection that was cut
      end.on("close", () => {
        open.delete(end);
        for (const other of ends) other.destroy();
      });
    }
    far.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength;
      const next = cutsAt[cuts];
      if (next === undefined || bytes < next) return;
      cuts += 1;
      for (const end of open) end.resetAndDestroy();
    });
    client.pipe(far);
    far.pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    bytes: () => bytes,
    cuts: () => cuts,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const end of open) end.destroy();
      await closed;
    },
  };
};
