/** Where the checkout is, and the few things every command does the same way. Runs on Node 20 without packages. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { spawn } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's folder, absolute. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** sha256 of the files' bytes, lower-case hex. */
export const digestOf = (...files) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file)).update("\0");
  return hash.digest("hex");
};

/** The file's text, or undefined where there is none. */
export const readIfThere = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** Messages go to stderr: stdout belongs to the command that was asked for. */
export const say = (message) => process.stderr.write(`outpost: ${message}\n`);

/** Prints one line and leaves: for what the person at the keyboard has to put right. */
export const giveUp = (message) => {
  say(message);
  process.exit(1);
};

/** The status a shell would show: the exit code, or 128 plus the number of the signal that ended it. */
const statusOf = (code, signal) => code ?? 128 + (constants.signals[signal] ?? 0);

/** True when npm started this very script: `npm run outpost` rather than `node build/outpost.js`, or a child of another script. */
export const isRunByNpm = () =>
  process.env.npm_lifecycle_script?.includes(`build/${basename(process.argv[1] ?? "-")}`) === true;

/** A terminal's Ctrl-C reaches the whole group; the other ways to end us have to be handed on. */
const forwardSignals = (child) => {
  const forward = (signal) => child.kill(signal);
  const interrupt = () => process.stdin.isTTY || child.kill("SIGINT");
  process.on("SIGTERM", forward).on("SIGHUP", forward).on("SIGINT", interrupt);
  // npm hands a SIGTERM to the shell between us, which dies of it and tells nobody: our parent changes.
  const parent = process.ppid;
  const watch = isRunByNpm() ? setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 200) : undefined;
  return () => {
    clearInterval(watch);
    process.off("SIGTERM", forward).off("SIGHUP", forward).off("SIGINT", interrupt);
  };
};

/**
 * Runs a program to its end and resolves with its exit status. Signals sent to us go on to it: it decides when to stop.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions & { onStart?: (child: import("node:child_process").ChildProcess) => void }} options
 * @returns {Promise<number>}
 */
export const run = (program, args, { onStart, ...options } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", ...options });
    const stopForwarding = forwardSignals(child);
    onStart?.(child);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      stopForwarding();
      resolve(statusOf(code, signal));
    });
  });
