import { startHost, type RunningHost } from "../host/start.ts";
import { flagOf, schemaOf, settingNames, type SettingName } from "../host/settings.ts";
import type { HostOptions } from "../host/protocol.ts";
import {
  exitCodes,
  hostOptions,
  print,
  withCommon,
  type CliCommand,
  type CommonOptions,
  type Terminal,
} from "./command.ts";
import type { Command } from "commander";

/** Adds one flag for each setting, under the setting's name. */
export const withSettings = (command: Command): Command => {
  for (const name of settingNames) {
    const { type, description, default: preset } = schemaOf(name);
    const value = type === "boolean" ? " [yes|no]" : type === "array" ? " <list>" : " <value>";
    const shown = preset === undefined || typeof preset === "object" ? "" : ` (default: ${preset})`;
    command.option(`${flagOf(name)}${value}`, description + shown);
  }
  return command;
};

const camel = (name: string): string => name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/** Settings by name from commander's camel-cased options. */
export const flagsIn = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    settingNames.flatMap((name): [SettingName, unknown][] => {
      const value = options[camel(name)];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Starts the host, tells of it, and waits: for a signal, or the end of a host that crashed too often. Gives the exit code. */
export const runUntilEnded = async (
  options: HostOptions,
  terminal: Terminal,
  onReady: (host: RunningHost) => void,
): Promise<number> => {
  // Listening for signals comes first: one may arrive the moment after the host has said that it is ready.
  const signalled = new Promise<undefined>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(undefined));
  });
  const host = await startHost({ ...options, toPerson: terminal.err });
  onReady(host);
  const reason = await Promise.race([host.ended, signalled]);
  const inOrder = await host.close();
  if (reason) throw reason;
  if (!inOrder) {
    terminal.err(
      "outpost: warning: something under way did not end in time and is cut off; nothing that was acknowledged is lost",
    );
    process.kill(process.pid, "SIGKILL"); // process.exit would wait for the thread that cannot be stopped
  }
  return exitCodes.ok;
};

/** `outpost serve`: the host in the foreground, until a signal. */
export const serve: CliCommand = (program, terminal) => {
  withSettings(withCommon(program.command("serve")))
    .description("run the host in the foreground, until Ctrl-C or SIGTERM")
    .addHelpText(
      "after",
      "\nWhen it answers it prints one line to stdout, `outpost: listening on http://127.0.0.1:PORT`; warnings go to stderr, the log to the data folder.",
    )
    .action(async (options: CommonOptions & Record<string, unknown>) => {
      const settings = hostOptions(options, terminal, flagsIn(options));
      process.exitCode = await runUntilEnded(settings, terminal, ({ url, port, dataDir }) =>
        print(terminal, options, { url, port, data_dir: dataDir }, () => [`outpost: listening on ${url}`]),
      );
    });
};
