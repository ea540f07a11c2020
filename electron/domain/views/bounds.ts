import { DomainError } from "../../../shared/errors.ts";

/** A page size or the like, or the usual one. @throws DomainError `invalid` outside 1 to `most`. */
export const bounded = (wanted: number | undefined, usual: number, most: number): number => {
  if (wanted === undefined) return usual;
  if (wanted < 1 || wanted > most)
    throw new DomainError("invalid", `Invalid value ${wanted} supplied: it must be at least 1 and at most ${most}.`);
  return wanted;
};

/** @throws DomainError `not_found` naming what is not there. */
export const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new DomainError("not_found", `${what} was not found. It may have been deleted.`);
  return value;
};
