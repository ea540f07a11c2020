/** What every command is made of: where it writes, what it knows of the process, how its options and errors look. */
import type { Command } from "commander";
import { DomainError } from "../../shared/errors.ts";
import type { Admin } from "../host/admin.ts";
import type { HostOptions } from "../host/protocol.ts";
import { version } from "../host/version.ts";

/** The process as a command sees it; a test passes its own. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One file of this folder: adds its command, with its help, to the program. */
export type CliCommand = (program: Command, terminal: Terminal) => void;

/** `attention`: something waits for a person; `offline`: a remote is out of reach; `cancelled`: as after SIGINT. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, attention: 3, offline: 4, cancelled: 130 } as const;

export interface CommonOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** The options that all commands share. */
export const withCommon = (command: Command): Command =>
  command
    .option("--data-dir <dir>", "the data folder (default: OUTPOST_DATA_DIR, or the usual place of this system)")
    .option("--json", "print one JSON object instead of words");

/** What the host needs to know from a command line. */
export const hostOptions = (
  options: CommonOptions,
  terminal: Terminal,
  flags: Readonly<Record<string, unknown>> = {},
): HostOptions => ({
  dataDir: options.dataDir,
  flags,
  env: terminal.env,
  version,
});

/** Prints a result: as JSON for scripts, else in the given words. */
export const print = (
  terminal: Terminal,
  options: CommonOptions,
  result: unknown,
  words: () => readonly string[],
): void => {
  if (options.json) terminal.out(JSON.stringify(result));
  else for (const line of words()) terminal.out(line);
};

/** Opens the way to the store for as long as `use` runs. */
export const withAdmin = async <T>(
  options: CommonOptions & { readonly create?: boolean },
  terminal: Terminal,
  use: (admin: Admin) => Promise<T>,
): Promise<T> => {
  // Only commands that work on a store pay for what works on it; `serve` hands that to a thread.
  const { openAdmin } = await import("../host/admin.ts");
  const admin = await openAdmin(hostOptions(options, terminal), {
    toPerson: terminal.err,
    create: options.create ?? false,
  });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
};

/** A failure that is not the user's mistake on the command line: one line, exit code 1. */
export const sayFailure = (terminal: Terminal, error: unknown): number => {
  const message = error instanceof Error ? error.message : String(error);
  const line =
    error instanceof DomainError ? message.replaceAll(/\s+/g, " ") : `internal error: ${message.split("\n")[0] ?? ""}`;
  terminal.err(`outpost: ${line}`);
  return exitCodes.failed;
};

/** `12.3 MB`, for people. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
