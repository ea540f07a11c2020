/**
 * `node build/bench-shell.js`: the desktop app's two promises, on the stand-in for Electron: how long from its start until the
 * window shows the page over a full store, and how long the main thread is ever busy while scripts log and search.
 * `--runs 10000 --rounds 5 --seconds 15`. Electron's own start is not in it, and Playwright's work on the main thread is.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs, promisify } from "node:util";
import type { Browser } from "playwright-core";
import { runShell, type Shell } from "../../electron/shell/app.ts";
import { createSeed } from "../e2e/seed.ts";
import { createMachine, createStandIn, type StandIn } from "../shell/stand-in/stand-in.ts";
import { openBrowser } from "./interface-browser.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "15" },
  },
});
const [runs, rounds] = [Number(values.runs), Number(values.rounds)];
const AT_ONCE = 16;
const GOALS = { paintMs: 1000, delayMs: 20 };

const folder = mkdtempSync(join(tmpdir(), "outpost-bench-shell-"));

interface Up {
  readonly app: StandIn;
  readonly shell: Shell;
  readonly url: string;
  readonly paintMs: number;
}

/** Starts the app on the folder; resolves when the window shows the page with its heading. */
const start = async (browser: Browser): Promise<Up> => {
  const app = createStandIn({ browser, machine: createMachine() });
  const from = performance.now();
  const shell = await runShell(app.electron, {
    args: ["--data-dir", join(folder, "data"), "--port", "0"],
    env: { HOME: folder },
    cwd: folder,
    platform: process.platform,
    version: "0.0.0-bench",
    toPerson: (line) => console.error(line),
    kill: () => process.exit(1),
    profile: join(folder, "profile"),
    hostEntry: new URL("../../dist/worker.js", import.meta.url),
  });
  if (!shell) throw new Error("the app did not start");
  const { host } = shell.context;
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (host.state.phase === "running") resolve();
      if (host.state.phase === "failed") reject(new Error(host.state.reason));
    };
    host.onState(look);
    look();
  });
  const url = host.origin() ?? "";
  const page = await app.windows[0]?.contents.page();
  await page?.waitForURL((address) => address.origin === url);
  await page?.locator("main h1").first().waitFor();
  return { app, shell, url, paintMs: performance.now() - from };
};

const stop = async ({ app, shell }: Up): Promise<void> => {
  await shell.quitNow();
  await app.close();
};

const fill = async (url: string): Promise<void> => {
  const seed = createSeed(url);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < runs; i = next++)
      await seed.run("0", { name: `run-${i}`, params: { lr: String(i % 7) }, metrics: { loss: [1, 1 / (i + 1)] } });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  seed.close();
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

const browser = await openBrowser();
try {
  const first = await start(browser);
  await fill(first.url);
  await stop(first);

  const paints: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const up = await start(browser);
    paints.push(up.paintMs);
    await stop(up);
  }

  const up = await start(browser);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const load = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, "shell-load.ts"),
    up.url,
    values.seconds,
  ]);
  delay.disable();
  await stop(up);

  const ms = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1);
  const verdict = (isMet: boolean): string => (isMet ? "met" : "MISSED");
  console.log(`| what | measured | goal | |\n|---|---:|---:|---|`);
  console.log(
    `| start → window's page, ${runs} runs (median of ${rounds}; ${paints.map((paint) => paint.toFixed(0)).join(", ")}) | ${median(paints).toFixed(0)} ms | ≤ ${GOALS.paintMs} ms | ${verdict(median(paints) <= GOALS.paintMs)} |`,
  );
  console.log(
    `| main thread's delay, p99, 16 writers and 4 searches | ${ms(delay.percentile(99))} ms | ≤ ${GOALS.delayMs} ms | ${verdict(delay.percentile(99) / 1e6 <= GOALS.delayMs)} |`,
  );
  console.log(`| … its median and longest | ${ms(delay.percentile(50))} / ${ms(delay.max)} ms | | |`);
  console.log(`\nmeanwhile: ${load.stdout.trim()}`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
