/** Streams a file's pieces into a response with flat memory. */
import type { FastifyReply } from "fastify";
import type { ServerResponse } from "node:http";
import { Socket } from "node:net";

/** Resolves when the socket has taken a piece. @throws Error when the client is gone: then no callback comes. */
const written = (raw: ServerResponse, piece: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error("the client closed the connection"));
    if (raw.destroyed) return gone();
    raw.once("close", gone);
    raw.write(piece, (error) => {
      raw.off("close", gone);
      if (error) reject(error);
      else resolve();
    });
  });

/**
 * Writes the head and then one piece after the other, each once the socket has taken the one before, and frees it then:
 * the collector would let dozens of megabytes of them lie around. A piece that cannot be read, or a client that is gone,
 * ends the connection, so that a cut-off file is never taken for a whole one.
 * A piece that shares its memory with another is left to the collector.
 */
export const sendPieces = async (
  reply: FastifyReply,
  pieces: AsyncIterable<Buffer<ArrayBuffer>>,
  onError: (error: unknown) => void,
): Promise<void> => {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>);
  const owned = raw.socket instanceof Socket; // and not a test's response, which keeps what was written
  try {
    for await (const piece of pieces) {
      await written(raw, piece);
      if (owned && piece.byteLength === piece.buffer.byteLength) piece.buffer.transfer(0);
    }
    raw.end();
  } catch (error) {
    if (!raw.destroyed) onError(error); // else the client went away, which is its right
    raw.destroy();
  }
};
