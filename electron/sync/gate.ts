/** Where a sync rests while it is paused, and where it ends when it is cancelled. */
import { RemoteError } from "../remote/errors.ts";

export type Gate = ReturnType<typeof createGate>;

export const createGate = () => {
  let closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  const assertGoing = (signal: AbortSignal): void => {
    if (signal.aborted) throw new RemoteError("cancelled", "Cancelled: what was done is kept, the next sync goes on");
  };

  return {
    close: (): void => {
      if (closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      closed = { opened: promise, open: resolve };
    },
    open: (): void => {
      closed?.open();
      closed = undefined;
    },
    isClosed: (): boolean => closed !== undefined,
    /** Between two pieces of work. @throws RemoteError `cancelled`. */
    turn: async (signal: AbortSignal): Promise<void> => {
      assertGoing(signal);
      if (!closed) return;
      const { promise: aborted, resolve } = Promise.withResolvers<void>();
      const listen = (): void => resolve();
      signal.addEventListener("abort", listen, { once: true });
      await Promise.race([closed.opened, aborted]);
      signal.removeEventListener("abort", listen);
      assertGoing(signal);
    },
  };
};
