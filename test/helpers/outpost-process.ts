/** A real Outpost, started as users start it, in a process of its own. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ServerProcess, startServer } from "./server-process.ts";

export const projectRoot = join(import.meta.dirname, "../..");

/** Node 24 of the project's own packages: the version that the app ships with. */
export const node24 = process.execPath;

const newest = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

/**
 * The bundle that users run, or the sources where no bundle is newer than them, so that no test judges old code.
 * OUTPOST_ENTRY names another build to judge.
 */
export const outpostEntry = (): string => {
  const named = process.env["OUTPOST_ENTRY"];
  if (named !== undefined) return named;
  const bundle = join(projectRoot, "dist/outpost.js");
  const sources = join(projectRoot, "electron/cli/main.ts");
  if (!existsSync(bundle)) return sources;
  const built = statSync(bundle).mtimeMs;
  const edited = Math.max(newest(join(projectRoot, "electron")), newest(join(projectRoot, "shared")));
  return built >= edited ? bundle : sources;
};

export interface OutpostOptions {
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port?: number;
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** `outpost serve` on the folder; resolves when it answers. */
export const startOutpost = (options: OutpostOptions): Promise<ServerProcess> =>
  startServer({
    command: node24,
    args: [
      ...(options.nodeArgs ?? []),
      outpostEntry(),
      "serve",
      "--data-dir",
      options.dataDir,
      "--port",
      String(options.port ?? 0),
    ],
    env: { NO_COLOR: "1", ...options.env },
    timeoutMs: options.timeoutMs ?? 30_000,
    addressIn: (output) => /^outpost: listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(output)?.[1],
  });
