/** The servers that are measured side by side, each in processes of its own and on a folder of its own. */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { node24, startOutpost } from "../helpers/outpost-process.ts";
import { startMlflow } from "../helpers/python.ts";
import { type ServerProcess, startServer } from "../helpers/server-process.ts";

export type Kind = "mlflow" | "limit" | "outpost";
export const kinds: readonly Kind[] = ["mlflow", "limit", "outpost"];

export interface Target {
  readonly kind: Kind;
  readonly url: string;
  readonly pid: number;
  readonly readyMs: number;
  readonly folder: string;
  readonly stop: () => Promise<number | null>;
}

/** How `--port-from` hands out ports: one after the other; without it, any free one. */
export interface Ports {
  readonly next: () => number | undefined;
}

const starts: Record<Kind, (folder: string, port: number | undefined) => Promise<ServerProcess>> = {
  mlflow: (folder, port) => startMlflow(folder, port),
  outpost: (folder, port) => startOutpost({ dataDir: folder, ...(port === undefined ? {} : { port }) }),
  limit: (folder, port) =>
    startServer({
      command: node24,
      args: [join(import.meta.dirname, "limit.ts"), folder, String(port ?? 0)],
      timeoutMs: 30_000,
      addressIn: (output) => /^limit: (http:\S+)$/m.exec(output)?.[1],
    }),
};

/** Starts servers, and stops whatever still runs at the end. */
export const createTargets = (root: string, ports: Ports) => {
  const running = new Set<Target>();

  /** Starts a server; `name` is its folder, taken again when it is there. */
  const start = async (kind: Kind, name: string): Promise<Target> => {
    const folder = join(root, `${kind}-${name}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const server = await starts[kind](folder, ports.next());
    const target: Target = {
      kind,
      url: server.url,
      pid: server.pid,
      readyMs: server.readyMs,
      folder,
      stop: () => {
        running.delete(target);
        return server.stop();
      },
    };
    running.add(target);
    return target;
  };

  const stopAll = async (): Promise<void> => {
    await Promise.all([...running].map((target) => target.stop()));
  };

  return { start, stopAll };
};

export type Targets = ReturnType<typeof createTargets>;

/** Does a thing once for each server, for example fills it with runs; later callers get what it gave. */
export const oncePerTarget = <T, A extends unknown[]>(work: (target: Target, ...args: A) => Promise<T>) => {
  const done = new WeakMap<Target, Promise<T>>();
  return (target: Target, ...args: A): Promise<T> => {
    const known = done.get(target) ?? work(target, ...args);
    done.set(target, known);
    return known;
  };
};

/** Bytes of the database files in a folder, its log included. */
export const databaseBytes = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.db(?:-wal)?$/.test(entry.name))
    .reduce((total, entry) => total + statSync(join(folder, entry.name)).size, 0);
