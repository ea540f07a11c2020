import { DomainError } from "../../../shared/errors.ts";

type TypeOf = { number: number; string: string };

/** An opaque page token that holds the sort key of the page's last row. */
export const writeToken = (values: readonly (number | string)[]): string =>
  Buffer.from(JSON.stringify(values)).toString("base64url");

/** @throws DomainError `invalid` for a token that this list did not make. */
export const readToken = <const T extends readonly (keyof TypeOf)[]>(
  token: string | undefined,
  types: T,
): { [K in keyof T]: TypeOf[T[K]] } | undefined => {
  if (token === undefined || token === "") return undefined;
  const isOurs = (raw: unknown): raw is { [K in keyof T]: TypeOf[T[K]] } =>
    Array.isArray(raw) && raw.length === types.length && types.every((type, i) => typeof raw[i] === type);
  try {
    const raw: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (isOurs(raw)) return raw;
  } catch {
    // falls through to the refusal
  }
  throw new DomainError(
    "invalid",
    "Invalid page token: it was not given out by this list. Start again from the first page.",
  );
};
