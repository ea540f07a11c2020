/** Finds what a remote refuses in a batch, by halving it: the rest goes through. */
import { RemoteError } from "../remote/errors.ts";

export interface Refused<T> {
  readonly item: T;
  readonly why: string;
}

/** Said of what was sent, not of who sent it: it can be one item's fault. */
const refusalOf = (error: unknown): string | undefined =>
  error instanceof RemoteError && error.trouble === "invalid" && !error.maybeDone ? error.message : undefined;

const halve = async <T>(
  items: readonly T[],
  send: (items: readonly T[]) => Promise<void>,
  known: string | undefined, // why these are refused, when that is known already
): Promise<readonly Refused<T>[]> => {
  let why = known;
  if (why === undefined) {
    try {
      await send(items);
      return [];
    } catch (error) {
      why = refusalOf(error);
      if (why === undefined) throw error;
    }
  }
  const [first] = items;
  if (items.length <= 1 || first === undefined) return items.map((item) => ({ item, why }));
  const middle = Math.ceil(items.length / 2);
  const left = await halve(items.slice(0, middle), send, undefined);
  // Where the left half is clean, the refusal was the right one's.
  const right = await halve(items.slice(middle), send, left.length === 0 ? why : undefined);
  return [...left, ...right];
};

/** Sends all; what is refused for what it says is returned, item by item. @throws whatever else `send` throws. */
export const bisect = <T>(
  items: readonly T[],
  send: (items: readonly T[]) => Promise<void>,
): Promise<readonly Refused<T>[]> => (items.length === 0 ? Promise.resolve([]) : halve(items, send, undefined));
