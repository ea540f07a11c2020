import { createServer, type Server } from "node:http";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { listen, type PortWish } from "../../../electron/host/listen.ts";

const setup = async (wish: PortWish, host: "localhost" | "127.0.0.1" = "localhost") => {
  const server = createServer((_request, response) => response.end("here"));
  const listening = await listen(server, wish, host);
  onTestFinished(() => void (listening.stop(), server.closeAllConnections()));
  return listening;
};

/** A port of this test that is taken by another program on one address. */
const takePort = async (host: string): Promise<number> => {
  const other: Server | ReturnType<typeof createNetServer> = createNetServer();
  await new Promise<void>((resolve) => other.listen(0, host, resolve));
  onTestFinished(() => void other.close());
  return (other.address() as AddressInfo).port;
};

test("answers on 127.0.0.1 and on ::1 under the same port, and stops on both", async () => {
  const { port, stop } = await setup({ fixed: 0, origin: "--port" });
  for (const host of ["127.0.0.1", "[::1]"]) {
    const answer = await fetch(`http://${host}:${port}/`, { headers: { connection: "close" } });
    expect(await answer.text()).toBe("here");
  }
  stop();
  for (const host of ["127.0.0.1", "[::1]"]) await expect(fetch(`http://${host}:${port}/`)).rejects.toThrow();
});

test.each(["127.0.0.1", "::1"])(
  "a wished port that is taken on %s is refused, naming where the wish came from",
  async (host) => {
    const port = await takePort(host);
    await expect(setup({ fixed: port, origin: "OUTPOST_PORT" })).rejects.toThrow(
      `Port ${port} (OUTPOST_PORT) is in use by another program: stop it, or choose another port with --port (0 takes any free one)`,
    );
  },
);

test("on 127.0.0.1 alone, what happens on ::1 is of no interest", async () => {
  const port = await takePort("::1");
  expect((await setup({ fixed: port, origin: "--port" }, "127.0.0.1")).port).toBe(port);
});

test("a remembered port that is taken gives way to the next free one, and it is told", async () => {
  const port = await takePort("127.0.0.1");
  const { port: found, moved } = await setup({ remembered: port });
  expect(found).toBeGreaterThan(port);
  expect(moved).toBe(true);
});

test("the first choice of a port is no move", async () => {
  expect((await setup({ remembered: undefined })).moved).toBe(false);
});
