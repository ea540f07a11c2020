/** The command line: arguments in, exit code out. Everything that fails says one line on stderr, with the way out. */
import { Command, CommanderError } from "commander";
import { version } from "../host/version.ts";
import { exitCodes, sayFailure, type Terminal } from "./command.ts";
import { commands } from "./commands.ts";

const EXIT_CODES = `
Exit codes: 0 done, 1 failed (one line on stderr says why and what to do), 2 wrong usage; for remotes and syncs also 3 something
waits for a person, 4 out of reach, 130 cancelled by Ctrl-C.
Settings come from the administrators' policy of this machine, then from flags, then OUTPOST_* variables, then config.yaml in the data folder; the names are the same.`;

const createProgram = (terminal: Terminal): Command => {
  const program = new Command("outpost")
    .description("A local MLflow tracking server and model registry for one workstation")
    .version(version, "--version")
    .helpCommand(false)
    .addHelpText("after", EXIT_CODES);
  for (const register of commands) register(program, terminal);
  const strict = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      outputError: (text) => terminal.err(usageLine(text, command)),
    });
    command.commands.forEach(strict);
  };
  strict(program);
  return program;
};

/** Commander says a mistake in one to three lines; a script's log wants one. */
const usageLine = (text: string, command: Command): string => {
  const words = text
    .trim()
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ");
  const path: string[] = [];
  for (let at: Command | null = command; at; at = at.parent) path.unshift(at.name());
  return `outpost: ${words}; see ${path.join(" ")} --help`;
};

/** Runs one command line. Sets `process.exitCode` only through its result. */
export const runCli = async (args: readonly string[], terminal: Terminal): Promise<number> => {
  const program = createProgram(terminal);
  try {
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? exitCodes.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return sayFailure(terminal, error);
  }
};
