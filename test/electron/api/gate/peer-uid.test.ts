import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createPeerUid, findPeerUid, shareReads, type Ends } from "../../../../electron/api/gate/peer-uid.ts";

const ends: Ends = { localAddress: "127.0.0.1", localPort: 5000, remoteAddress: "127.0.0.1", remotePort: 49406 };
const row = (local: string, remote: string, state: string, uid: number, inode: number): string =>
  `  20: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${String(inode)} 2 0000000000000000 20 0 0 10 -1\n`;
const [ours, theirs] = ["0100007F:1388", "0100007F:C0FE"];
const mapped = (end: string): string => `0000000000000000FFFF0000${end}`;
const six = (end: string): string => `00000000000000000000000001000000:${end}`;

// The rows below are those of a little-endian machine, as Linux desktops are.
test.each<[string, string, Ends, number | undefined]>([
  ["the peer's row, not our own", row(ours, theirs, "01", 1000, 7) + row(theirs, ours, "01", 1001, 8), ends, 1001],
  ["only our own row", row(ours, theirs, "01", 1000, 7), ends, undefined],
  ["a mapped IPv4 socket", row(mapped(theirs), mapped(ours), "01", 1001, 8), ends, 1001],
  [
    "a peer that Node names as mapped",
    row(theirs, ours, "01", 1001, 8),
    { ...ends, localAddress: "::ffff:127.0.0.1", remoteAddress: "::ffff:127.0.0.1" },
    1001,
  ],
  ["IPv6", row(six("C0FE"), six("1388"), "01", 1001, 8), { ...ends, localAddress: "::1", remoteAddress: "::1" }, 1001],
  ["an orphan, which shows uid 0", row(theirs, ours, "01", 0, 0), ends, undefined],
  ["a closing socket", row(theirs, ours, "05", 1001, 8), ends, undefined],
  ["a listener", row(theirs, "00000000:0000", "0A", 1001, 8), ends, undefined],
  ["another port of the peer", row("0100007F:C0FF", ours, "01", 1001, 8), ends, undefined],
  ["a peer that talks to another port", row(theirs, "0100007F:1389", "01", 1001, 8), ends, undefined],
  ["a peer on another loopback address", row("0200007F:C0FE", ours, "01", 1001, 8), ends, undefined],
  [
    "an address that is not loopback",
    row("0A00000A:C0FE", ours, "01", 1001, 8),
    { ...ends, remoteAddress: "10.0.0.10" },
    undefined,
  ],
  ["an empty table", "", ends, undefined],
  ["root, with a real socket", row(theirs, ours, "01", 0, 8), ends, 0],
])("%s", (_case, table, of, uid) => {
  expect(findPeerUid(table, of)).toBe(uid);
});

const pairOf = async (): Promise<{ client: Socket; accepted: Socket }> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const accepted = await new Promise<Socket>((resolve) => server.once("connection", resolve));
  onTestFinished(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  return { client, accepted };
};

const endsOf = (socket: Socket): Ends => ({
  localAddress: socket.localAddress ?? "",
  localPort: socket.localPort ?? 0,
  remoteAddress: socket.remoteAddress ?? "",
  remotePort: socket.remotePort ?? 0,
});

test.runIf(process.platform === "linux")("finds this process at the other end, for many callers at once", async () => {
  const peerUid = createPeerUid();
  const pairs = await Promise.all(Array.from({ length: 50 }, pairOf));
  const uids = await Promise.all(pairs.map(async ({ accepted }) => peerUid?.(endsOf(accepted))));
  expect(new Set(uids)).toEqual(new Set([process.getuid?.()]));
});

test("who asks while the tables are read gets the next reading, which others share", async () => {
  const readings: ((table: string) => void)[] = [];
  const read = shareReads(() => new Promise((resolve) => readings.push(resolve)));
  const first = read();
  const [second, third] = [read(), read()];
  expect(readings).toHaveLength(1);
  readings[0]?.("old");
  expect(await first).toBe("old");
  await expect.poll(() => readings.length).toBe(2);
  readings[1]?.("new");
  expect(await Promise.all([second, third])).toEqual(["new", "new"]);
  void read();
  expect(readings).toHaveLength(3);
});

test("a reading that fails does not stop the next one", async () => {
  let fails = true;
  const read = shareReads(() => (fails ? Promise.reject(new Error("EMFILE")) : Promise.resolve("rows")));
  const [first, second] = [read(), read()];
  fails = false;
  await expect(first).rejects.toThrow("EMFILE");
  expect(await second).toBe("rows");
});

test.runIf(process.platform === "linux")("a peer that has gone is not proven", async () => {
  const peerUid = createPeerUid();
  const { client, accepted } = await pairOf();
  const of = endsOf(accepted);
  await new Promise<void>((resolve) => client.destroy().once("close", () => resolve()));
  expect(await peerUid?.(of)).toBeUndefined();
});
