/** A host that nothing may be sent to: it keeps what was asked of it. */
import { once } from "node:events";
import { createServer } from "node:http";

export interface Trap {
  readonly url: string;
  /** Each request with all of its headers. */
  readonly asked: () => readonly string[];
  readonly close: () => Promise<void>;
}

export const startTrap = async (): Promise<Trap> => {
  const asked: string[] = [];
  const server = createServer(({ method, url, rawHeaders }, response) => {
    asked.push([method, url, ...rawHeaders].join(" "));
    response.end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    asked: () => asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
