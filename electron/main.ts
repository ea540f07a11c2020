/** Composition root with a window: Electron's own pieces, handed to the shell. */
import electron from "electron";
import { keepCompiled } from "./host/compile-cache.ts";
import { takeEnvironment } from "./host/environment.ts";

keepCompiled(import.meta.url);
const [{ runShell }, { version }] = await Promise.all([import("./shell/app.ts"), import("./host/version.ts")]);
const toPerson = (line: string): void => void process.stderr.write(`${line}\n`);

// Not awaited here: Electron becomes ready only after this module has been evaluated.
const started = runShell(electron, {
  args: process.argv.slice(electron.app.isPackaged ? 1 : 2),
  env: takeEnvironment(process.env),
  cwd: process.cwd(),
  platform: process.platform,
  version,
  toPerson,
  kill: () => process.kill(process.pid, "SIGKILL"),
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => void started.then((shell) => shell?.quitNow()));
started.catch((error: unknown) => {
  toPerson(`outpost: error: the desktop app cannot start: ${error instanceof Error ? error.message : String(error)}`);
  electron.app.exit(1);
});
