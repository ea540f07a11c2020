/** Which of many rows or columns of one size are in view. */
export interface Span {
  readonly first: number;
  readonly last: number; // exclusive
}

/** Those within the view and `more` on each side. */
export const spanOf = (count: number, size: number, from: number, length: number, more: number): Span => {
  const last = Math.min(count, Math.ceil((from + length) / size) + more);
  return { first: Math.max(0, Math.min(Math.floor(from / size) - more, last)), last: Math.max(0, last) };
};
