/**
 * `npm start`: everything from a fresh clone to a window. Where Electron's binary is missing, the host runs headless and its
 * page is opened in a browser, as its own window where that can be had. Arguments go on to the app, or to `outpost serve`.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureBuilt } from "./built.js";
import { findChromium } from "./chromium.js";
import { findElectron } from "./electron.js";
import { root, run, say } from "./root.js";
import { setUp } from "./setup.js";

const { platform, env } = process;

/** Nobody looks at a screen that is not there. */
const hasScreen = () => {
  if (env.CI) return false;
  return platform === "win32" || platform === "darwin" || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
};

const opener = () => {
  if (platform === "darwin") return ["open"];
  return platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
};

/** What shows the page: a window of its own by a Chromium, else the usual browser. */
const viewers = (url) => {
  const chromium = findChromium();
  return [...(chromium ? [[chromium, `--app=${url}`]] : []), [...opener(), url]];
};

/** Shows the page where there is a screen. A missing browser is no reason to stop: the address is on the terminal. */
const openPage = (url, [viewer, ...others] = viewers(url)) => {
  const [program, ...args] = viewer;
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  child.on("error", (error) => {
    if (others.length > 0) openPage(url, others);
    else say(`could not open a browser (${error.message}); open ${url} yourself`);
  });
  child.unref();
};

/** Hands the host's output on, and opens the page at the address in it. */
const watchOutput = ({ stdout }) =>
  createInterface(stdout).on("line", (line) => {
    process.stdout.write(`${line}\n`);
    const url = /^outpost: listening on (http:\S+)$/.exec(line)?.[1];
    if (url && hasScreen()) openPage(url);
  });

const startWindow = (electron, args) => {
  // Left behind by a terminal inside another Electron app, it would make this one a plain Node.
  const { ELECTRON_RUN_AS_NODE: _, ...rest } = env;
  return run(electron, [join(root, "dist", "main.js"), ...args], { env: rest });
};

const startHeadless = (node, args, reason) => {
  say(`no window (${reason}): running headless, the interface is in the browser`);
  return run(node, [join(root, "dist", "outpost.js"), "serve", ...args], {
    stdio: ["inherit", "pipe", "inherit"],
    onStart: watchOutput,
  });
};

const node = await setUp();
await ensureBuilt(node);
const args = process.argv.slice(2);
const electron = findElectron();
process.exitCode = !electron
  ? await startHeadless(node, args, "Electron's binary was not found; `npx install-electron` fetches it")
  : hasScreen()
    ? await startWindow(electron, args)
    : await startHeadless(node, args, "there is no screen");
