import { ApiError } from "../../shared/api/client.ts";
import { textOf } from "./artifacts.ts";

const fetchBytes = async (href: string, signal: AbortSignal, range?: string): Promise<Response> => {
  const response = await fetch(href, { signal, headers: range === undefined ? {} : { range } });
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error_code?: string; message?: string };
  throw new ApiError(
    body.error_code ?? "UNKNOWN",
    body.message ?? `The server answered ${response.status}`,
    response.status,
  );
};

/** The first `most` bytes of a file as text, `cut` when there are more; undefined when it is no text. */
export const readText = async (
  href: string,
  size: number,
  most: number,
  signal: AbortSignal,
): Promise<{ text: string; cut: boolean } | undefined> => {
  if (size === 0) return { text: "", cut: false };
  const cut = size > most;
  const response = await fetchBytes(href, signal, cut ? `bytes=0-${most - 1}` : undefined);
  const text = textOf(new Uint8Array(await response.arrayBuffer()), cut);
  return text === undefined ? undefined : { text, cut };
};

/**
 * An object URL of an image. The host sends active types (SVG) as plain bytes; as an image's source nothing in them
 * runs. The caller revokes it.
 */
export const readImage = async (href: string, type: string, signal: AbortSignal): Promise<string> =>
  URL.createObjectURL(new Blob([await (await fetchBytes(href, signal)).arrayBuffer()], { type }));
