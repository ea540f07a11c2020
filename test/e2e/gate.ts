/** A way to a server that can be closed and opened again: what a broken network is to whoever goes through it. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Gate {
  readonly url: string;
  /** Ends every connection; new ones are refused. */
  readonly close: () => Promise<void>;
  /** Lets connections through again, at the same address. */
  readonly open: () => Promise<void>;
}

export const openGate = async (to: string): Promise<Gate> => {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const through = (near: Socket): void => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy()); // the other end sees a broken line, as it would
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  };
  let server = createServer(through);
  const listen = async (at: number): Promise<number> => {
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const own = await listen(0);
  return {
    url: `http://127.0.0.1:${own}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: async () => {
      server = createServer(through);
      await listen(own);
    },
  };
};
