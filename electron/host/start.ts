/**
 * What the composition roots call. Runs the host in a thread of its own, so that a window never waits for SQLite; starts
 * it again after a crash, on the same port; ends it in order, or hard when order takes too long.
 */
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { DomainError } from "../../shared/errors.ts";
import { entryBeside } from "./entry.ts";
import { redactSecrets } from "./redact.ts";
import { fromPlain, type FromHost, type HostOptions, type Ready, type ToHost } from "./protocol.ts";

export interface RunningHost extends Ready {
  /** Ends the host; `false` when it had to be given up in the middle of something, which only ending the process can stop. */
  close(): Promise<boolean>;
  /** Settles when the host has ended for good: with nothing after `close`, with the reason after too many crashes. */
  readonly ended: Promise<Error | undefined>;
}

export interface StartOptions extends HostOptions {
  readonly entry?: URL;
  /** Told in words of a crash and of what is done about it. */
  readonly toPerson: (line: string) => void;
  /** Told when the host is gone and is to come again. */
  readonly onCrash?: (reason: string) => void;
  /** Told when it is there again. */
  readonly onBack?: () => void;
  /** How long a stop may take before it is given up. */
  readonly stopMs?: number;
  /** Wait before the first restart; doubles with each crash. */
  readonly firstBackoffMs?: number;
}

/**
 * Room for young objects in threads to come: from V8's own one mebibyte it takes dozens of collections to grow to what
 * a start and every page of runs needs. Measured: a tenth of the CPU time of both, for 12 MiB of idle memory. And no more
 * room than that: V8 would grow it to 64 MiB, twice, under the long answers of a sync, for no less CPU time.
 */
const YOUNG_SPACE = ["--min-semi-space-size=16", "--max-semi-space-size=16"];

const CRASH_WINDOW_MS = 60_000;
const LAST_WAIT_MS = 500;
const MAX_CRASHES = 5;

/**
 * Starts the host and resolves when it answers requests.
 * @throws DomainError with one line for a person: why it cannot start and what to do.
 */
export const startHost = async (options: StartOptions): Promise<RunningHost> => {
  process.umask(0o077); // of the whole process; a thread cannot set it
  for (const flag of YOUNG_SPACE) setFlagsFromString(flag);
  const { entry = entryBeside(import.meta.url, "worker"), toPerson, stopMs = 5_000, firstBackoffMs = 100 } = options;
  const { dataDir: folder, flags, env, version } = options;
  const hostOptions: HostOptions = { dataDir: folder, flags, env, version };
  const end = Promise.withResolvers<Error | undefined>();
  let crashes: number[] = [];
  let stopping = false;
  let current = await startThread(entry, hostOptions);
  const { url, port, dataDir } = current.ready;
  // A crashed host comes back under the address that its clients know.
  const again: HostOptions = { ...hostOptions, flags: { ...hostOptions.flags, port } };

  const watch = (thread: Thread): void => {
    void thread.exited.then(async (cause) => {
      if (stopping) return;
      await revive(cause);
    });
  };

  const revive = async (cause: Error | undefined): Promise<void> => {
    const now = Date.now();
    crashes = [...crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    const reason = redactSecrets(cause?.message.split("\n")[0] ?? "its thread ended");
    if (crashes.length >= MAX_CRASHES) {
      end.resolve(
        new DomainError(
          "unavailable",
          `The host crashed ${MAX_CRASHES} times in a minute and is given up: ${reason}. See logs/outpost.log in ${dataDir}`,
          { cause },
        ),
      );
      return;
    }
    const waitMs = firstBackoffMs * 2 ** (crashes.length - 1);
    toPerson(`outpost: error: the host crashed (${reason}); starting it again in ${waitMs} ms`);
    options.onCrash?.(reason);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (stopping) return;
    try {
      current = await startThread(entry, again);
      watch(current);
      options.onBack?.();
    } catch (error) {
      await revive(error instanceof Error ? error : new Error(String(error)));
    }
  };

  const close = async (): Promise<boolean> => {
    stopping = true;
    const inOrder = await current.stop(stopMs);
    end.resolve(undefined);
    return inOrder;
  };

  watch(current);
  return { url, port, dataDir, close, ended: end.promise };
};

/** Ends a thread that has put everything down; `false` when one of its own readers is still inside a query. */
const endThread = (worker: Worker): Promise<boolean> =>
  Promise.race([
    worker.terminate().then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, LAST_WAIT_MS, false).unref()),
  ]);

interface Thread {
  readonly ready: Ready;
  /** Resolves with the cause, if there is one, when the thread is gone. */
  readonly exited: Promise<Error | undefined>;
  stop(timeoutMs: number): Promise<boolean>;
}

const startThread = async (entry: URL, options: HostOptions): Promise<Thread> => {
  const worker = new Worker(entry, { workerData: options, name: "host" });
  const ready = Promise.withResolvers<Ready>();
  const stopped = Promise.withResolvers<void>();
  let cause: Error | undefined;
  worker.on("message", (message: FromHost) => {
    if (message.type === "ready") ready.resolve({ url: message.url, port: message.port, dataDir: message.dataDir });
    else if (message.type === "stopped") stopped.resolve();
    else ready.reject((cause = fromPlain(message.error)));
  });
  worker.on("error", (error) => (cause = error instanceof Error ? error : new Error(String(error))));
  const exited = new Promise<Error | undefined>((resolve) => worker.once("exit", () => resolve(cause)));
  void exited.then(() => {
    ready.reject(cause ?? new Error("The host's thread ended before it was ready"));
    stopped.resolve();
  });
  ready.promise.catch(() => worker.terminate());

  const stop = async (timeoutMs: number): Promise<boolean> => {
    const message: ToHost = { type: "stop" };
    worker.postMessage(message);
    const timeout = new Promise<"timeout">((resolve) => setTimeout(resolve, timeoutMs, "timeout").unref());
    const gone = stopped.promise.then(() => endThread(worker));
    const inOrder = (await Promise.race([gone, timeout])) === true;
    if (!inOrder) void worker.terminate(); // ends a loop in JavaScript; a statement inside SQLite goes on
    return inOrder;
  };

  return { ready: await ready.promise, exited, stop };
};
