/** The Range header of a download. Source: RFC 9110, section 14; starlette's FileResponse for what is refused. */
import { DomainError } from "../errors.ts";

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header for a body of `size` bytes. `undefined` means the whole body: no header, or several ranges at
 * once, which a server may answer in full; `"unsatisfiable"` means that no byte of it exists.
 * @throws DomainError `invalid` for another unit, for no numbers at all and for an end before its start.
 */
export const parseRange = (header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined => {
  if (header === undefined) return undefined;
  const match = /^\s*bytes\s*=(.*)$/i.exec(header);
  if (!match) throw new DomainError("invalid", `Range '${header.slice(0, 80)}' is not in bytes`);
  const wanted = (match[1] ?? "").split(",").map((part) => /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(part));
  const [first] = wanted;
  if (!first || wanted.some((part) => !part || (part[1] === "" && part[2] === "")))
    throw new DomainError(
      "invalid",
      `Range '${header.slice(0, 80)}' names no bytes: write bytes=0-1023, bytes=1024- or bytes=-512`,
    );
  if (wanted.length > 1) return undefined;
  const [, from = "", to = ""] = first;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from))
    throw new DomainError("invalid", `Range '${header.slice(0, 80)}' ends before it starts`);
  return start >= size || end < start ? "unsatisfiable" : { start, end };
};
