/** Where the checkout is, and the few things every command does the same way. Runs on Node 20 without packages. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { spawn } from "node:child_process";
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

/**
 * Runs a program to its end and resolves with its exit status. Signals sent to us go on to it, so that it decides when to stop:
 * a Ctrl-C of the terminal reaches it anyway, hence only the others are passed on.
 */
export const run = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", ...options });
    const forward = (signal) => child.kill(signal);
    const stay = () => process.stdin.isTTY || child.kill("SIGINT");
    process.on("SIGTERM", forward).on("SIGHUP", forward).on("SIGINT", stay);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("SIGTERM", forward).off("SIGHUP", forward).off("SIGINT", stay);
      resolve(statusOf(code, signal));
    });
  });
