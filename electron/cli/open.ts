import { spawn } from "node:child_process";
import { hostOptions, print, withCommon, type CliCommand, type CommonOptions, type Terminal } from "./command.ts";
import { flagsIn, runUntilEnded, withSettings } from "./serve.ts";

interface OpenOptions extends CommonOptions, Record<string, unknown> {
  readonly browser: boolean;
}

const opener = ({ env }: Terminal): readonly string[] | undefined => {
  if (process.platform === "darwin") return ["open"];
  if (process.platform === "win32") return ["cmd", "/c", "start", ""];
  return env["DISPLAY"] !== undefined || env["WAYLAND_DISPLAY"] !== undefined ? ["xdg-open"] : undefined;
};

const show = (url: string, terminal: Terminal): void => {
  const [program, ...args] = opener(terminal) ?? [];
  if (program === undefined) return terminal.err(`outpost: no screen here: open ${url} yourself`);
  const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
  child.once("error", (error) =>
    terminal.err(`outpost: no browser could be opened (${error.message}): open ${url} yourself`),
  );
  child.unref();
};

/** `outpost open`: the page of the host that holds the folder; where none does, starts one. */
export const open: CliCommand = (program, terminal) => {
  withSettings(withCommon(program.command("open")))
    .description("show the interface in the browser; starts the host where none runs")
    .option("--no-browser", "only print the address")
    .action(async (options: OpenOptions) => {
      const settings = hostOptions(options, terminal, flagsIn(options));
      const { findHolder } = await import("../host/admin.ts");
      const holder = await findHolder(settings);
      if (holder) {
        print(terminal, options, { url: holder.url, pid: holder.pid, started: false }, () => [
          `outpost: process ${holder.pid} serves ${holder.url}`,
        ]);
        if (options.browser) show(holder.url, terminal);
        return;
      }
      process.exitCode = await runUntilEnded(settings, terminal, ({ url }) => {
        print(terminal, options, { url, pid: process.pid, started: true }, () => [`outpost: listening on ${url}`]);
        if (options.browser) show(url, terminal);
      });
    });
};
