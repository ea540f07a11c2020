/** Chooses the port and listens on loopback: 127.0.0.1, and ::1 on the same port, since `localhost` may mean either. */
import type { Server } from "node:http";
import { createServer, type Server as NetServer } from "node:net";
import { DomainError } from "../../shared/errors.ts";
import type { Settings } from "./settings.ts";

export interface Listening {
  readonly port: number;
  /** Stops taking connections on every address; those that are open go on. */
  stop(): void;
}

/** Fixed by a setting; or found: the remembered one, else 5000, else the next free one. */
export type PortWish =
  | { readonly fixed: number; readonly origin: string; readonly policy?: string | undefined }
  | { readonly remembered: number | undefined };

const FIRST_PORT = 5000;
const PORTS_TO_TRY = 100;
const LOOPBACK_4 = "127.0.0.1";
const LOOPBACK_6 = "::1";

/** @throws DomainError `unavailable` when the wished port, or every port tried, is in use. */
export const listen = async (
  server: Server,
  wish: PortWish,
  host: Settings["host"] = "localhost",
): Promise<Listening & { readonly moved: boolean }> => {
  const tryPort = (port: number): Promise<Listening | undefined> => listenOn(server, port, host === "localhost");
  if ("fixed" in wish && wish.fixed === 0) return { ...(await listenAnywhere(tryPort)), moved: false };
  if ("fixed" in wish) {
    const listening = await tryPort(wish.fixed);
    if (listening) return { ...listening, moved: false };
    if (wish.policy !== undefined)
      throw new DomainError(
        "unavailable",
        `Port ${wish.fixed}, to which the administrators' policy ${wish.policy} locks Outpost, is in use by another program: stop that one, or have the policy changed`,
      );
    throw new DomainError(
      "unavailable",
      `Port ${wish.fixed} (${wish.origin}) is in use by another program: stop it, or choose another port with --port (0 takes any free one)`,
    );
  }
  const first = wish.remembered ?? FIRST_PORT;
  for (let port = first; port < first + PORTS_TO_TRY && port <= 65535; port++) {
    const listening = await tryPort(port);
    if (listening) return { ...listening, moved: wish.remembered !== undefined && port !== first };
  }
  throw new DomainError(
    "unavailable",
    `All ports from ${first} on are in use: choose one with --port (0 takes any free one)`,
  );
};

const listenAnywhere = async (tryPort: (port: number) => Promise<Listening | undefined>): Promise<Listening> => {
  for (let attempt = 0; attempt < PORTS_TO_TRY; attempt++) {
    const listening = await tryPort(0);
    if (listening) return listening;
  }
  throw new DomainError("unavailable", "No port is free on both 127.0.0.1 and ::1");
};

/** Listens on both addresses, or on none when either is taken. */
const listenOn = async (server: Server, port: number, onBoth: boolean): Promise<Listening | undefined> => {
  // One HTTP server with its limits and timers: the second address only hands its sockets over. It is bound first, since
  // a server that has to be closed again would end what the gate started with it.
  const six = createServer((socket) => server.emit("connection", socket));
  const outcome = onBoth ? await bind(six, port, LOOPBACK_6) : "absent";
  if (outcome === false) return undefined;
  const address = six.address();
  const wanted = typeof address === "object" && address ? address.port : port;
  if ((await bind(server, wanted, LOOPBACK_4)) === false) {
    if (outcome === "bound") six.close();
    return undefined;
  }
  const bound = server.address();
  const stop = (): void => {
    if (outcome === "bound") six.close();
    server.close();
  };
  return { port: typeof bound === "object" && bound ? bound.port : wanted, stop };
};

/** `false`: the port is taken. `"absent"`: this machine has no such address. */
const bind = (server: NetServer, port: number, host: string): Promise<"bound" | "absent" | false> =>
  new Promise((resolve, reject) => {
    const settle = (outcome: "bound" | "absent" | false): void => {
      server.removeListener("error", onError);
      server.removeListener("listening", onListening);
      resolve(outcome);
    };
    const onListening = (): void => settle("bound");
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EADDRINUSE") return settle(false);
      if (
        host === LOOPBACK_6 &&
        (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT" || error.code === "EINVAL")
      )
        return settle("absent");
      reject(
        new DomainError(
          "denied",
          `Port ${port} on ${host} cannot be listened on (${error.code ?? "unknown"}): choose one from 1024 on with --port`,
          {
            cause: error,
          },
        ),
      );
    };
    server.once("error", onError);
    server.once("listening", onListening);
    server.listen({ port, host, exclusive: true });
  });
