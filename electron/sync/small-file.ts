/** Small files of the far side, read whole: notes and manifests. */
import { buffer } from "node:stream/consumers";
import { RemoteError } from "../remote/errors.ts";
import type { Ref } from "../remote/remote.ts";
import type { SyncContext } from "./context.ts";

/**
 * Undefined when it is not there; `corrupt` when it is longer than `maxBytes`, of which no more are read.
 * @throws RemoteError
 */
export const readSmallFile = async (
  ctx: SyncContext,
  ref: Ref,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> => {
  const tooLong = (): RemoteError => new RemoteError("corrupt", `'${path}' has more than ${maxBytes} bytes`);
  try {
    const { body, total } = await ctx.remote.getFile(ref, path, { from: 0, etag: undefined }, ctx.signal);
    let sum = 0;
    if (total !== undefined && total > maxBytes) body.destroy(tooLong());
    body.on("data", (chunk: Buffer) => {
      sum += chunk.byteLength;
      if (sum > maxBytes) body.destroy(tooLong());
    });
    return await buffer(body);
  } catch (error) {
    if (error instanceof RemoteError && error.trouble === "gone") return undefined;
    throw error;
  }
};
