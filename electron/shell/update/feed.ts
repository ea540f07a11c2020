/**
 * The folder on the intranet that `update_feed` names: GET of the list, of its signature, and of a package that a person
 * asked for. Nothing else is sent: no cookie, no name, no version. A redirect is not followed: the folder is where it was said to be.
 */
import { request as requestPlain, type IncomingMessage } from "node:http";
import { request as requestSafe } from "node:https";
import tls from "node:tls";
import { DomainError } from "../../../shared/errors.ts";
import { compareSemver } from "../../../shared/semver/semver.ts";
import { isFor, readPackageName, type PackageKind, type Running } from "./package-name.ts";
import { LIST, MOST_LIST_BYTES, SIGNATURE, SIGNATURE_BYTES, type Digests, type SignedBytes } from "./signed-list.ts";
import { MOST_PACKAGE_BYTES } from "./verify.ts";

/** A folder that says nothing for so long is away. */
const PATIENCE_MS = 30_000;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The address of a file in the feed's folder. */
export const inFeed = (feed: string, name: string): URL =>
  new URL(encodeURIComponent(name), feed.endsWith("/") ? feed : `${feed}/`);

/** Node's own authorities, and those of the system: an intranet's is among these. A runtime that cannot list them has its own alone. */
const authorities = (): { ca?: string[] } => {
  try {
    return { ca: [...tls.getCACertificates("default"), ...tls.getCACertificates("system")] };
  } catch {
    return {}; // a server that they do not know is then refused by name
  }
};

const get = (url: URL, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const options = { method: "GET", agent: false as const, signal, headers: { accept: "*/*", connection: "close" } };
    const sent =
      url.protocol === "https:" ? requestSafe(url, { ...options, ...authorities() }) : requestPlain(url, options);
    sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`it said nothing for ${PATIENCE_MS / 1000} s`)));
    sent.on("response", resolve);
    sent.on("error", reject);
    sent.end();
  });

const refusalOf = ({ statusCode = 0, headers }: IncomingMessage, most: number): string | undefined => {
  if (statusCode >= 300 && statusCode < 400) return "it leads elsewhere: update_feed must name the folder itself";
  if (statusCode !== 200) return `the answer is ${statusCode}`;
  return Number(headers["content-length"] ?? 0) > most ? `it is larger than ${most} bytes` : undefined;
};

export interface Download {
  readonly total: number | null;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Opens a file of the feed. @throws DomainError `unavailable` naming the address and the reason */
export const openFeedFile = async (url: URL, most: number, signal: AbortSignal): Promise<Download> => {
  const unavailable = (cause: unknown): DomainError =>
    new DomainError("unavailable", `${url.href} cannot be read: ${reasonOf(cause)}`, { cause });
  const response = await get(url, signal).catch((cause: unknown) => {
    throw unavailable(cause);
  });
  const refusal = refusalOf(response, most);
  if (refusal !== undefined) {
    response.destroy();
    throw unavailable(new Error(refusal));
  }
  const read = async function* (): AsyncGenerator<Uint8Array> {
    let done = 0;
    try {
      for await (const piece of response) {
        const bytes: unknown = piece;
        if (!(bytes instanceof Uint8Array)) continue;
        done += bytes.length;
        if (done > most) throw new Error(`it is larger than ${most} bytes`);
        yield bytes;
      }
    } catch (cause) {
      throw unavailable(cause);
    }
  };
  const length = Number(response.headers["content-length"] ?? Number.NaN);
  return { total: Number.isFinite(length) ? length : null, bytes: read() };
};

const readAll = async (url: URL, most: number, signal: AbortSignal): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const bytes of (await openFeedFile(url, most, signal)).bytes) pieces.push(bytes);
  return Buffer.concat(pieces);
};

/** The list and its signature, not proven yet. @throws DomainError `unavailable` */
export const fetchSignedList = async (feed: string, signal: AbortSignal): Promise<SignedBytes> => {
  const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const list = await readAll(inFeed(feed, LIST), MOST_LIST_BYTES, within);
  const signature = await readAll(inFeed(feed, SIGNATURE), SIGNATURE_BYTES, within);
  return { list, signature, place: feed };
};

/** A package of the feed, while it comes. @throws DomainError `unavailable` */
export const openPackage = (feed: string, name: string, signal: AbortSignal): Promise<Download> =>
  openFeedFile(inFeed(feed, name), MOST_PACKAGE_BYTES, signal);

/** The newest package for this system that is newer than what runs; of two kinds the one that stands first. */
export const newestPackage = (
  digests: Digests,
  running: Running,
  kinds: readonly PackageKind[],
): { name: string; version: string } | undefined => {
  const fitting = [...digests.keys()].flatMap((name) => {
    const said = readPackageName(name);
    const rank = said ? kinds.indexOf(said.kind) : -1;
    if (!said || rank < 0 || !isFor(said, running) || compareSemver(said.version, running.version) <= 0) return [];
    return [{ name, version: said.version, rank }];
  });
  const [best] = fitting.toSorted((a, b) => compareSemver(b.version, a.version) || a.rank - b.rank);
  return best && { name: best.name, version: best.version };
};
