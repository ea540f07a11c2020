/** What goes out: addresses that lead where they say, and bodies that can be sent again where that is possible. */
import type { Readable } from "node:stream";
import { RemoteError } from "../errors.ts";
import type { Body } from "./exchange.ts";

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** @throws RemoteError `invalid`; the address is not repeated, it may hold a password */
export const baseOf = (text: string): URL => {
  const url = URL.parse(text);
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  if (url && isWeb && url.username === "" && url.password === "" && url.search === "" && url.hash === "") return url;
  throw new RemoteError(
    "invalid",
    "A remote's address is http:// or https:// with a host and perhaps a path, and nothing else",
  );
};

/** The base with a path and a query added. @throws RemoteError `invalid` for a path that would lead elsewhere */
export const addressOf = (base: URL, path: string, query: Query = {}): URL => {
  const isPlain = /^\/[\x21-\x7e]*$/.test(path) && !/[\\?#]/.test(path);
  if (!isPlain || /\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path))
    throw new RemoteError("invalid", `'${path.slice(0, 200)}' is no path of a call`);
  const url = new URL(base.origin + base.pathname.replace(/\/+$/, "") + path);
  for (const [name, value] of Object.entries(query))
    for (const item of typeof value === "object" ? value : [value])
      if (item !== undefined) url.searchParams.append(name, String(item));
  return url;
};

const PIECE = 64 * 1024;

const piecesOf = function* (bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
};

/** A body for each time it is sent; undefined once it cannot be read again. */
export const bodyOf = (body: Buffer | Readable | (() => Readable), length: number): (() => Body | undefined) => {
  if (Buffer.isBuffer(body)) return () => ({ chunks: piecesOf(body), length });
  if (typeof body === "function") return () => ({ chunks: body(), length });
  let isSpent = false;
  return () => {
    if (isSpent) return undefined;
    isSpent = true;
    return { chunks: body, length };
  };
};
