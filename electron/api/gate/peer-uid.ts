/**
 * Which OS user holds the other end of a loopback connection. Only Linux tells, in /proc/net/tcp and tcp6.
 * Source: Documentation/networking/proc_net_tcp.rst of the kernel.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { endianness } from "node:os";

/** Both ends of a connection, as this process sees them. */
export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Resolves to the peer's uid, or to nothing where it is not proven; then only a token helps. */
export type PeerUid = (ends: Ends) => Promise<number | undefined>;

const TCP = "/proc/net/tcp";
const TCP6 = "/proc/net/tcp6"; // IPv4 as well, of clients that speak it through an IPv6 socket, as Java's do
const ESTABLISHED = "01";
const isLittleEndian = endianness() === "LE";

/** Bytes of an address as the kernel prints them: 32-bit words in the machine's byte order. */
const toHex = (bytes: readonly number[]): string => {
  const words: string[] = [];
  for (let i = 0; i < bytes.length; i += 4) {
    const word = bytes.slice(i, i + 4);
    if (isLittleEndian) word.reverse();
    words.push(word.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
  return words.join("").toUpperCase();
};

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;
const LOOPBACK_6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] as const;

/** The spellings one address can have in the tables; none for what is not loopback. */
const spellings = (address: string): readonly string[] => {
  if (address === "::1") return [toHex(LOOPBACK_6)];
  const v4 = address.toLowerCase().replace(/^::ffff:/, "");
  if (!isIPv4(v4) || !v4.startsWith("127.")) return [];
  const bytes = v4.split(".").map(Number);
  return [toHex(bytes), toHex([...MAPPED, ...bytes])];
};

const endOf = (address: string, port: number): readonly string[] =>
  spellings(address).map((hex) => `${hex}:${port.toString(16).toUpperCase().padStart(4, "0")}`);

/** The uid of the peer's own row: its local end is our remote one, and the other way round. Pure. */
export const findPeerUid = (table: string, ends: Ends): number | undefined => {
  const theirs = endOf(ends.remoteAddress, ends.remotePort);
  const ours = endOf(ends.localAddress, ends.localPort);
  for (const [i, their] of theirs.entries()) {
    const at = table.indexOf(` ${their} ${ours[i]} ${ESTABLISHED} `);
    if (at < 0) continue;
    const line = table.slice(at + 1, table.indexOf("\n", at) >>> 0);
    const columns = line.split(/\s+/); // local remote state queues timer retransmits uid timeout inode
    const [uid, inode] = [columns[6], columns[8]];
    if (uid === undefined || inode === undefined || inode === "0") continue; // an orphan shows uid 0 and inode 0
    if (/^\d+$/.test(uid)) return Number(uid);
  }
  return undefined;
};

/** Calls that come while one reading runs share the next one, however many they are. */
export const shareReads = (readAll: () => Promise<string>): (() => Promise<string>) => {
  let running: Promise<string> | undefined;
  let next: Promise<string> | undefined;
  const read = (): Promise<string> => {
    if (!running) return (running = readAll().finally(() => (running = undefined)));
    return (next ??= running.then(again, again)); // the running one may have passed the place of a new connection
  };
  const again = (): Promise<string> => {
    next = undefined;
    return read();
  };
  return read;
};

/** Without IPv6 there is no tcp6. */
const ifMissing = (error: NodeJS.ErrnoException): string => {
  if (error.code === "ENOENT") return "";
  throw error;
};

const readTable = (path: string) => (): Promise<string> => readFile(path, "latin1").catch(ifMissing);

/**
 * The lookup of this system, or nothing where the system cannot prove peers (Windows, macOS, no /proc): they stay
 * unproven there, and the audit says so.
 */
export const createPeerUid = (): PeerUid | undefined => {
  if (process.platform !== "linux" || !existsSync(TCP)) return undefined;
  const [tcp, tcp6] = [shareReads(readTable(TCP)), shareReads(readTable(TCP6))];
  return async (ends) => {
    const isV4 = ends.remoteAddress.includes(".");
    // Reading a table takes milliseconds, however few rows it has: the second only where the first does not tell.
    return (isV4 ? findPeerUid(await tcp(), ends) : undefined) ?? findPeerUid(await tcp6(), ends);
  };
};
