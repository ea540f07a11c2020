/**
 * Entry of what reads the database beside the host: in a thread, queries that take long; in a child process, what cannot
 * be interrupted (checks, backups), so that it can be killed.
 */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import type { CHORE } from "./helper.ts";
import { LOADED, toPlain, type ReadOutcome, type ReadRequest } from "./protocol.ts";

/** A text from here on is handed over as bytes: copying and encoding it would hold the host's thread up. */
const LONG_TEXT = 65_536;
const encoder = new TextEncoder();

const serveReads = async (path: string): Promise<void> => {
  const { openReader } = await import("../store/database.ts");
  const { createReads } = await import("./reads.ts");
  const db = openReader(path);
  const reads = new Map<string, (args: never) => string>(Object.entries(createReads(db)));
  parentPort?.on("message", ({ id, name, args }: ReadRequest) => {
    const answer = (rest: ReadOutcome): void => parentPort?.postMessage({ id, ...rest });
    const answerText = (text: string): void => {
      if (text.length < LONG_TEXT) return answer({ text });
      const bytes = encoder.encode(text);
      parentPort?.postMessage({ id, text: bytes }, [bytes.buffer]);
    };
    try {
      const read = reads.get(name);
      if (!read) throw new TypeError(`No read is called ${name}`);
      answerText(read(args as never)); // the asking side of this very table gives each read its own arguments
    } catch (error) {
      answer({ error: toPlain(error) });
    }
  });
  parentPort?.postMessage(LOADED);
};

// Each side loads what it needs: a child process pays for its start, a thread for its memory.
const purpose = workerData as { readonly db: string } | typeof CHORE | null;
if (isMainThread || purpose === null) (await import("./chores.ts")).serveChores();
else if ("chore" in purpose) (await import("./chores.ts")).serveChoresInThread();
else await serveReads(purpose.db);
