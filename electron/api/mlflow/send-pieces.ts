/** Streams a file's pieces into a response with flat memory. */
import type { FastifyReply } from "fastify";
import type { ServerResponse } from "node:http";
import { Socket } from "node:net";

/** Resolves once the socket has taken a piece: true; or once the client is gone, when no callback may come: false. */
const write = (raw: ServerResponse, piece: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    const gone = (): void => resolve(false);
    if (raw.destroyed) return gone();
    raw.once("close", gone);
    raw.write(piece, (error) => {
      raw.off("close", gone);
      resolve(!error);
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
      if (!(await write(raw, piece))) return void raw.destroy(); // going away in the middle is a client's right
      if (owned && piece.byteLength === piece.buffer.byteLength) piece.buffer.transfer(0);
    }
    raw.end();
  } catch (error) {
    onError(error);
    raw.destroy();
  }
};
