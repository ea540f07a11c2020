/** `npm start`: everything from a fresh clone to a page in the browser. Arguments go on to `outpost serve`. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureBuilt } from "./built.js";
import { root, run, say } from "./root.js";
import { setUp } from "./setup.js";

const { platform, env } = process;

const electronFolder = env.ELECTRON_OVERRIDE_DIST_PATH ?? join(root, "node_modules", "electron", "dist");
const electronNames = { win32: "electron.exe", darwin: "Electron.app/Contents/MacOS/Electron" };

/** TODO(shell): there is no window yet, so even where Electron's binary is present the host runs headless. */
const explainWindow = () => {
  const isThere = existsSync(join(electronFolder, electronNames[platform] ?? "electron"));
  const reason = isThere ? "this version has no window yet" : "Electron's binary was not found";
  say(`no window (${reason}): running headless, the interface is in the browser`);
};

const opener = () => {
  if (env.CI) return undefined;
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["cmd", "/c", "start", ""];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : undefined;
};

/** Shows the page where there is a screen. A missing opener is no reason to stop: the address is on the terminal. */
const openPage = (url) => {
  const [program, ...args] = opener() ?? [];
  if (!program) return;
  const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
  child.on("error", (error) => say(`could not open a browser (${error.message}); open ${url} yourself`));
  child.unref();
};

/** Hands the host's output on, and opens the page at the address in it. */
const watchOutput = ({ stdout }) =>
  createInterface(stdout).on("line", (line) => {
    process.stdout.write(`${line}\n`);
    const url = /^outpost: listening on (http:\S+)$/.exec(line)?.[1];
    if (url) openPage(url);
  });

const node = await setUp();
await ensureBuilt(node);
explainWindow();
const args = [join(root, "dist", "outpost.js"), "serve", ...process.argv.slice(2)];
process.exitCode = await run(node, args, { stdio: ["inherit", "pipe", "inherit"], onStart: watchOutput });
