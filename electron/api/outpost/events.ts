/**
 * `GET /api/outpost/v1/events`: what changed, as server-sent events. A client names the last `rev` it knows (by
 * Last-Event-ID after a lost connection, or `cursor`) and gets what came after it, each object once.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import { EVENTS_PATH, type ChangeEvent } from "../../../shared/api/outpost/status.ts";

export interface EventsDeps {
  readonly changesAfter: (rev: number, limit: number) => ChangeEvent[];
  readonly rev: () => number;
  /** Calls `listener` after each commit that changed something; returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A page needs no more than about four repaints a second, however fast a script logs. */
const PAUSE_MS = 250;
const HEARTBEAT_MS = 15_000;
const BATCH = 1000;

const startFrom = (lastEventId: string | undefined, cursor: string | undefined, newest: number): number => {
  const wanted = [lastEventId, cursor].find((text) => text !== undefined && /^\d{1,15}$/.test(text));
  // A cursor from the future belongs to another data folder (a restored one): start again from now.
  return wanted === undefined || Number(wanted) > newest ? newest : Number(wanted);
};

const open = (reply: FastifyReply, rev: number) => {
  reply.hijack();
  const socket = reply.raw;
  socket.writeHead(200, {
    ...reply.getHeaders(),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    connection: "keep-alive",
    "x-accel-buffering": "no",
  } as Record<string, string>);
  socket.write(`retry: 1000\nid: ${rev}\nevent: ready\ndata: ${rev}\n\n`);
  return socket;
};

/** Mounts the stream. Its connections end with their clients, or when the server closes. */
export const mountEvents = (app: FastifyInstance, { changesAfter, rev: newest, subscribe }: EventsDeps): void => {
  const closers = new Set<() => void>();
  app.addHook("preClose", (done) => {
    for (const close of closers) close();
    done();
  });

  app.get<{ Querystring: { cursor?: string } }>(EVENTS_PATH, (request, reply) => {
    const header = request.headers["last-event-id"];
    let rev = startFrom(typeof header === "string" ? header : undefined, request.query.cursor, newest());
    const socket = open(reply, rev);
    let pause: NodeJS.Timeout | undefined;
    let stale = false;

    const send = (): void => {
      pause = undefined;
      if (socket.writableNeedDrain) return void (stale = true); // a slow reader gets the rest when it has caught up
      stale = false;
      const changes = changesAfter(rev, BATCH);
      const last = changes.at(-1);
      if (!last) return;
      rev = last.rev;
      socket.write(`id: ${rev}\ndata: ${JSON.stringify(changes)}\n\n`);
      if (changes.length === BATCH) wake();
    };
    const wake = (): void => void (pause ??= setTimeout(send, PAUSE_MS));

    const unsubscribe = subscribe(wake);
    const heartbeat = setInterval(() => socket.write(": still here\n\n"), HEARTBEAT_MS);
    const close = (): void => {
      closers.delete(close);
      unsubscribe();
      clearInterval(heartbeat);
      clearTimeout(pause);
      socket.end();
    };
    closers.add(close);
    socket.on("drain", () => stale && wake());
    socket.on("close", close);
    send();
  });
};
