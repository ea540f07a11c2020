/**
 * The structured log: pino, one JSON object a line, to a rolling file in `logs/`; warnings and errors to stderr as well,
 * in words. Every line is cleared of secrets before it is written anywhere.
 */
import { pino, type Logger } from "pino";
import { redactSecrets } from "./redact.ts";
import { createRollingFile } from "./rolling-file.ts";
import type { LogLevel } from "./settings.ts";

export type Log = Logger;

export interface HostLog {
  readonly log: Log;
  close(): void;
}

export interface LogOptions {
  readonly folder: string;
  readonly level: LogLevel;
  readonly maxBytes: number;
  readonly keep: number;
  /** Takes warnings and errors in words, one line each. */
  readonly toPerson: (line: string) => void;
}

const WARN = 40;
const ERROR = 50;

export const createLog = ({ folder, level, maxBytes, keep, toPerson }: LogOptions): HostLog => {
  let complained = false;
  const file = createRollingFile({
    folder,
    name: "outpost",
    maxBytes,
    keep,
    onError: (error) => {
      if (!complained) toPerson(`outpost: the log cannot be written: ${String(error)}`);
      complained = true;
    },
  });
  const write = (raw: string): void => {
    file.write(redactSecrets(raw));
    const { level: weight, msg } = JSON.parse(raw) as { level: number; msg?: string };
    if (weight < WARN) return;
    if (weight >= ERROR) file.flush();
    toPerson(`outpost: ${weight >= ERROR ? "error" : "warning"}: ${redactSecrets(msg ?? "see the log")}`);
  };
  const destination = { write, flush: file.flush }; // pino's `log.flush()` calls it
  const log = pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return { log, close: file.close };
};
