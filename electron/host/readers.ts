/**
 * Reader threads: for queries that would hold the host's own thread up. At most a few, started on first use, stopped when
 * idle; a crashed one is replaced by the next query.
 */
import { Worker } from "node:worker_threads";
import { DomainError } from "../../shared/errors.ts";
import { entryBeside } from "./entry.ts";
import { fromPlain, LOADED, type ReadAnswer, type ReadRequest, type ReadText } from "./protocol.ts";

export interface ReadersOptions {
  readonly db: string;
  readonly entry?: URL;
  readonly max?: number;
  /** Queries that may wait; one more is refused. */
  readonly queueLimit?: number;
  readonly idleMs?: number;
}

interface Question {
  readonly request: ReadRequest;
  readonly resolve: (text: ReadText) => void;
  readonly reject: (error: Error) => void;
}

interface Reader {
  readonly worker: Worker;
  /** Settles when the thread may be ended: it has loaded, or is gone. */
  readonly loaded: Promise<void>;
  current: Question | undefined;
  idle: NodeJS.Timeout | undefined;
}

export type Readers = ReturnType<typeof createReaders>;

/** How long a stop waits for threads; one in the middle of a query cannot be stopped from outside. */
const CLOSE_MS = 300;
/** How long one that has only just begun may take until it can be ended. */
const LOAD_MS = 3_000;

export const createReaders = ({
  db,
  entry = entryBeside(import.meta.url, "reader"),
  max = 2,
  queueLimit = 64,
  idleMs = 60_000,
}: ReadersOptions) => {
  const readers = new Set<Reader>();
  const waiting: Question[] = [];
  let nextId = 1;
  let closed = false;

  const start = (): Reader => {
    const worker = new Worker(entry, { workerData: { db }, name: "reader" });
    const loaded = Promise.withResolvers<void>();
    const reader: Reader = { worker, loaded: loaded.promise, current: undefined, idle: undefined };
    let cause: Error | undefined;
    worker.on("message", (message: ReadAnswer | typeof LOADED) => {
      if (message === LOADED) loaded.resolve();
      else settle(reader, message);
    });
    worker.on("error", (error) => (cause = error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => {
      loaded.resolve();
      readers.delete(reader);
      clearTimeout(reader.idle);
      reader.current?.reject(
        new DomainError("unavailable", "The query's thread ended before it could answer; ask again", { cause }),
      );
      pump();
    });
    readers.add(reader);
    return reader;
  };

  const settle = (reader: Reader, answer: ReadAnswer): void => {
    const question = reader.current;
    reader.current = undefined;
    if (question?.request.id === answer.id) {
      if ("text" in answer) question.resolve(answer.text);
      else question.reject(fromPlain(answer.error));
    }
    rest(reader);
    pump();
  };

  const end = async (reader: Reader): Promise<void> => {
    await reader.loaded;
    if (closed || !reader.current) await reader.worker.terminate();
  };

  const rest = (reader: Reader): void => {
    clearTimeout(reader.idle);
    reader.idle = setTimeout(() => void end(reader), idleMs).unref();
  };

  const pump = (): void => {
    while (waiting.length > 0 && !closed) {
      const free = [...readers].find((reader) => !reader.current) ?? (readers.size < max ? start() : undefined);
      if (!free) return;
      const question = waiting.shift();
      if (!question) return;
      clearTimeout(free.idle);
      free.current = question;
      free.worker.postMessage(question.request);
    }
  };

  /**
   * Runs the read called `name` in a reader thread and gives its JSON text.
   * @throws DomainError what the read threw; `unavailable` when too many wait or the host stops.
   */
  const run = (name: string, args: unknown): Promise<ReadText> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new DomainError("unavailable", "The host is stopping"));
      if (waiting.length >= queueLimit)
        return reject(new DomainError("unavailable", "Too many long queries are waiting; ask again later"));
      waiting.push({ request: { id: nextId++, name, args }, resolve, reject });
      pump();
    });

  /** Starts the threads that are not there, so that the first query need not wait for one: somebody came who will ask. */
  const warm = (): void => {
    while (!closed && readers.size < max) rest(start());
  };

  /** Refuses what waits and ends the threads; does not wait for one that is in the middle of a query. */
  const close = async (): Promise<void> => {
    closed = true;
    for (const question of waiting.splice(0)) question.reject(new DomainError("unavailable", "The host is stopping"));
    const ended = Promise.all([...readers].map(end));
    const within = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
    await Promise.race([Promise.all([...readers].map(({ loaded }) => loaded)), within(LOAD_MS)]);
    await Promise.race([ended, within(CLOSE_MS)]);
  };

  return { run, warm, close, size: () => readers.size, waiting: () => waiting.length };
};
