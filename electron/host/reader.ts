/**
 * Entry of what reads the database beside the host: in a thread, queries that take long; in a child process, what cannot
 * be interrupted (checks, backups), so that it can be killed.
 */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { toPlain, type ReadOutcome, type ReadRequest } from "./protocol.ts";

const serveReads = async (path: string): Promise<void> => {
  const { openReader } = await import("../store/database.ts");
  const { createReads } = await import("./reads.ts");
  const db = openReader(path);
  const reads = new Map<string, (args: never) => string>(Object.entries(createReads(db)));
  parentPort?.on("message", ({ id, name, args }: ReadRequest) => {
    const answer = (rest: ReadOutcome): void => parentPort?.postMessage({ id, ...rest });
    try {
      const read = reads.get(name);
      if (!read) throw new TypeError(`No read is called ${name}`);
      answer({ text: read(args as never) }); // the asking side of this very table gives each read its own arguments
    } catch (error) {
      answer({ error: toPlain(error) });
    }
  });
};

// Each side loads what it needs: a child process pays for its start, a thread for its memory.
if (isMainThread) (await import("./chores.ts")).serveChores();
else await serveReads((workerData as { db: string }).db);
