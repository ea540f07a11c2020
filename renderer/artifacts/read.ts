import { failureOf } from "../../shared/api/client.ts";
import { proxyHref } from "../lib/links.ts";

/** Text is read from its start, this much at first. Bytes. */
export const HEAD = 64 * 1024;

/** Text has no NUL in its first bytes and is UTF-8; only what lies at a cut may be part of a character. */
export const textOf = (bytes: Uint8Array, cut: boolean): string | undefined => {
  if (bytes.subarray(0, 8192).includes(0)) return undefined;
  for (let trim = 0; trim <= (cut ? 3 : 0); trim += 1) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytes.length - trim));
    } catch {
      // part of a character at the cut: one byte less
    }
  }
  return undefined;
};

/** The same for the end of a file, whose first line may be cut: it begins with the next one. */
export const tailTextOf = (bytes: Uint8Array): string | undefined => {
  const newline = bytes.indexOf(10);
  return textOf(newline < 0 ? bytes : bytes.subarray(newline + 1), false);
};

/** Bytes `start` to (not including) `end` of a file, or all of it. @throws ApiError */
export const readBytes = async (
  file: { readonly root: string; readonly path: string; readonly size: number },
  signal: AbortSignal,
  start = 0,
  end = file.size,
): Promise<Uint8Array<ArrayBuffer>> => {
  if (end <= start) return new Uint8Array();
  const whole = start === 0 && end >= file.size;
  const response = await fetch(proxyHref(file.root, file.path), {
    signal,
    headers: whole ? {} : { range: `bytes=${start}-${end - 1}` },
  });
  if (!response.ok) throw failureOf(response.status, await response.text());
  return new Uint8Array(await response.arrayBuffer());
};
