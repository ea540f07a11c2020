/** The shell's own log, `logs/shell.log` beside the host's: few lines, written without waiting. */
import { appendFile, mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { redactSecrets } from "../host/redact.ts";
import type { ShellLog } from "./context.ts";

const MOST_BYTES = 1_000_000;

export interface ShellLogFile extends ShellLog {
  flush(): Promise<void>;
}

/** `toPerson` takes warnings and errors in words, one line each. */
export const createShellLog = (
  path: string,
  { now, toPerson }: { now: () => number; toPerson: (line: string) => void },
): ShellLogFile => {
  let lines: string[] = [];
  let writing: Promise<void> | undefined;
  let complained = false;

  const write = async (): Promise<void> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > MOST_BYTES) await rename(path, path.replace(/\.log$/, ".1.log"));
    while (lines.length > 0) {
      const text = lines.join("");
      lines = [];
      await appendFile(path, text, { mode: 0o600 });
    }
  };

  const flush = async (): Promise<void> => {
    writing ??= write()
      .catch((error: unknown) => {
        lines = [];
        if (!complained) toPerson(`outpost: the shell's log cannot be written: ${String(error)}`);
        complained = true;
      })
      .finally(() => (writing = undefined));
    await writing;
    if (lines.length > 0) await flush();
  };

  const add = (level: "info" | "warning" | "error", message: string, facts: Readonly<Record<string, unknown>> = {}) => {
    const line = redactSecrets(JSON.stringify({ level, time: new Date(now()).toISOString(), msg: message, ...facts }));
    lines.push(`${line}\n`);
    if (level !== "info") toPerson(`outpost: ${level}: ${redactSecrets(message)}`);
    void flush();
  };

  return {
    info: (message, facts) => add("info", message, facts),
    warn: (message, facts) => add("warning", message, facts),
    error: (message, facts) => add("error", message, facts),
    flush,
  };
};
