/** A machine on which a test starts the app: one Chromium, one set of locks, a folder for each test's data. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { runShell, type Shell, type ShellOptions } from "../../../electron/shell/app.ts";
import { createSeed, type Seed } from "../../e2e/seed.ts";
import { createMachine, createStandIn, type StandIn, type StandInOptions } from "./stand-in.ts";

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

const WAIT_MS = 15_000;

export interface StartOptions extends Partial<Omit<StandInOptions, "browser" | "machine">>, Partial<ShellOptions> {
  /** Name of the data folder below the test's own; the same name is the same folder. */
  readonly data?: string;
}

/** An app that was started: the shell's real code on the stand-in. */
export type StartedApp = StandIn & {
  /** What `runShell` gave; nothing where this start handed over or was refused. */
  readonly shell: Promise<Shell | undefined>;
  readonly said: readonly string[];
  readonly dataDir: string;
  /** The page of a window, the first one by default, once it shows the host's page. */
  page(index?: number): Promise<Page>;
  /** Address of the host, once it runs. */
  url(): Promise<string>;
  seed(): Promise<Seed>;
};

export type TestMachine = Awaited<ReturnType<typeof startMachine>>;

export const startMachine = async () => {
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ARGS,
  });
  const root = mkdtempSync(join(tmpdir(), "outpost-shell-"));
  let machine = createMachine();
  let apps: StartedApp[] = [];
  let closers: (() => void)[] = [];
  let number = 0;

  const start = (options: StartOptions = {}): StartedApp => {
    const { data = `data-${++number}`, ...rest } = options;
    const dataDir = join(root, data);
    const standIn = createStandIn({ ...rest, browser, machine });
    const said: string[] = [];
    const shell = runShell(standIn.electron, {
      args: ["--data-dir", dataDir, "--port", "0", ...(rest.args ?? [])],
      env: { HOME: root, ...rest.env },
      cwd: root,
      platform: "linux",
      version: "0.0.0-test",
      toPerson: (line) => said.push(line),
      kill: () => standIn.faults.push(new Error("the process had to be killed")),
      profile: join(root, `${data}-profile`),
      lookMs: 100,
      ...pick(rest),
    });
    shell.catch((error: unknown) => standIn.faults.push(error));

    const url = async (): Promise<string> => {
      const up = await shell;
      await expect.poll(() => up?.context.host.state.phase, { timeout: WAIT_MS }).toBe("running");
      return up?.context.host.origin() ?? "";
    };
    const page = async (index = 0): Promise<Page> => {
      const origin = await url();
      await expect.poll(() => standIn.windows[index]?.contents.getURL(), { timeout: WAIT_MS }).toContain(origin);
      const found = await standIn.windows[index]?.contents.page();
      if (!found) throw new Error(`no window ${index}`);
      found.setDefaultTimeout(WAIT_MS);
      await found.locator("h1").first().waitFor();
      return found;
    };
    const seed = async (): Promise<Seed> => {
      const made = createSeed(await url());
      closers.push(() => made.close());
      return made;
    };
    const app: StartedApp = { ...standIn, shell, said, dataDir, url, page, seed };
    apps.push(app);
    return app;
  };

  /** Ends what a test started, and looks whether the stand-in had anything to complain of. */
  const settle = async (): Promise<void> => {
    for (const close of closers) close();
    for (const { shell, close } of apps) {
      await (await shell.catch(() => undefined))?.quitNow();
      await close();
    }
    const faults = apps.flatMap((app) => app.faults);
    [apps, closers, machine] = [[], [], createMachine()];
    expect(faults, "what the stand-in refused").toEqual([]);
  };

  const close = async (): Promise<void> => {
    await browser.close();
    rmSync(root, { recursive: true, force: true });
  };
  return { start, settle, close, root };
};

/** The shell's own options among all. */
const pick = ({ platform, features, hostEntry, now, lookMs, kill, cwd }: StartOptions): Partial<ShellOptions> => ({
  ...(platform && { platform }),
  ...(features && { features }),
  ...(hostEntry && { hostEntry }),
  ...(now && { now }),
  ...(lookMs !== undefined && { lookMs }),
  ...(kill && { kill }),
  ...(cwd !== undefined && { cwd }),
});
