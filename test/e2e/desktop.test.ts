import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Bridge } from "../../shared/shell/bridge.ts";
import type { UpdateState } from "../../shared/shell/update.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Look, type Surfer } from "./browser.ts";
import { createSeed, curve, PNG } from "./seed.ts";
import { violations } from "./violations.ts";

/** What takes a moment: longer than a busy machine needs. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

const folder = mkdtempSync(join(tmpdir(), "outpost-desktop-"));
let host: ServerProcess;
let surfer: Surfer;
let experiment: string;
let run: string;

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  surfer = await startBrowser(host.url);
  const seed = createSeed(host.url);
  experiment = await seed.experiment("cells");
  run = await seed.run(experiment, {
    name: "bold-cat",
    metrics: Object.fromEntries(Array.from({ length: 36 }, (_unused, i) => [`loss${i}`, curve(20)])),
  });
  await seed.artifact(experiment, run, "plots/loss.png", PNG);
  await seed.artifact(experiment, run, "model/MLmodel", Buffer.from("flavors: {}\n"));
  await seed.model("detector");
  await seed.version("detector", experiment, run);
  seed.close();
});
afterAll(async () => {
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

/** What the preload exposes, as far as a page can tell: it keeps what it was asked in `asked`. */
const fakeBridge = (): void => {
  const asked: unknown[] = [];
  const listeners = new Map<string, ((value: unknown) => void)[]>();
  const preferences = {
    theme: "system",
    language: "system",
    notifications: "all",
    keep_in_tray: false,
    start_minimised: false,
  };
  let opens = false;
  let place = "session";
  let locked = false;
  let names = ["gitlab/token"];
  const secrets = () => ({ place, locked, names });
  let update: UpdateState = {
    version: "1.0.0",
    key: "SHA256:2jmj7l5rSw0yVb",
    feed: "https://packages.example/outpost/",
    found: null,
    checked: null,
    problem: null,
    work: null,
  };
  const verb =
    (name: string, answer: (input: never) => unknown) =>
    (input: unknown): Promise<unknown> => {
      asked.push([name, input]);
      return Promise.resolve().then(() => Reflect.apply(answer, undefined, [input]) as unknown);
    };
  const refuse = (message: string): never => {
    throw new Error(message);
  };
  const bridge = {
    versions: verb("versions", () => ({ outpost: "0", electron: "45.4.1", chrome: "150", node: "24" })),
    hostState: verb("hostState", () => ({
      phase: "running",
      url: location.origin,
      port: 1,
      dataDir: "/data",
      ours: true,
    })),
    restartHost: verb("restartHost", () => undefined),
    preferences: verb("preferences", () => ({ ...preferences })),
    setPreference: verb("setPreference", ({ name, value }: { name: string; value: unknown }) => ({
      ...Object.assign(preferences, { [name]: value }),
    })),
    opensAtLogin: verb("opensAtLogin", () => opens),
    setOpensAtLogin: verb("setOpensAtLogin", (on: boolean) =>
      document.title.includes("refuse") ? refuse("the system refuses") : (opens = on),
    ),
    secrets: verb("secrets", secrets),
    removeSecret: verb("removeSecret", (name: string) => ((names = names.filter((one) => one !== name)), secrets())),
    protectSecrets: verb("protectSecrets", () => ((place = "passphrase"), secrets())),
    unlockSecrets: verb("unlockSecrets", (text: string) =>
      text === "right passphrase" ? ((locked = false), secrets()) : refuse("That is not the passphrase"),
    ),
    forgetSecrets: verb("forgetSecrets", () => ((names = []), (locked = false), (place = "session"), secrets())),
    setSecret: verb("setSecret", secrets),
    hasSecret: verb("hasSecret", (name: string) => names.includes(name)),
    updateState: verb("updateState", () => update),
    checkForUpdate: verb("checkForUpdate", () => (update = { ...update, found: "2.0.0", checked: 1_790_000_000_000 })),
    installUpdate: verb("installUpdate", () => false),
    installFoundUpdate: verb("installFoundUpdate", () => false),
    cancelUpdate: verb("cancelUpdate", () => undefined),
    newWindow: verb("newWindow", () => undefined),
    openExternal: verb("openExternal", () => true),
    quit: verb("quit", () => undefined),
    showDataFolder: verb("showDataFolder", () => undefined),
    showInFolder: verb("showInFolder", () => "/home/mira/Downloads/Outpost/bold-cat"),
    printToPdf: verb("printToPdf", () => "/home/mira/Downloads/bold-cat.pdf"),
    on: (name: string, listener: (value: unknown) => void) => {
      listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      return () =>
        listeners.set(
          name,
          (listeners.get(name) ?? []).filter((one) => one !== listener),
        );
    },
    pathForFile: () => "/home/mira/mlruns",
  } satisfies Record<keyof Bridge, unknown>;
  Object.assign(window, {
    outpost: bridge,
    asked,
    tell: (name: string, value: unknown) => listeners.get(name)?.forEach((listener) => listener(value)),
    lock: () => ((place = "passphrase"), (locked = true), (names = [])),
  });
};

const openDesktop = async (route: string, look: Look = {}): Promise<Page> => {
  const context: BrowserContext = await surfer.profile(look);
  await context.addInitScript(fakeBridge);
  return surfer.open(route, { context });
};
const asked = (page: Page, name: string): Promise<unknown[]> =>
  page.evaluate(
    (wanted) =>
      (Reflect.get(window, "asked") as [string, unknown][]).filter(([one]) => one === wanted).map(([, input]) => input),
    name,
  );
const tell = (page: Page, name: string, value: unknown): Promise<void> =>
  page.evaluate(
    ([one, given]) => void Reflect.apply(Reflect.get(window, "tell") as () => void, undefined, [one, given]),
    [name, value] as const,
  );

describe("in a browser", () => {
  test("nothing of the desktop app is there", async () => {
    const page = await surfer.open("/settings/desktop");
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    await page.getByText("Language", { exact: true }).first().waitFor();
    expect(await page.getByRole("link", { name: "Desktop" }).count()).toBe(0);
    await page.goto(`${host.url}/#/experiments/${experiment}/runs/${run}/artifacts`);
    await page.getByRole("button", { name: "Download all" }).waitFor();
    expect(await page.getByRole("button", { name: "Show in folder" }).count()).toBe(0);
    await page.getByRole("button", { name: "More for this run" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).waitFor();
    expect(await page.getByRole("menuitem", { name: "Save as PDF" }).count()).toBe(0);
  });

  test("a file dropped beside a place for files does not take the page away", async () => {
    const page = await surfer.open("/models");
    const isKept = await page.evaluate(() => {
      const files = new DataTransfer();
      files.items.add(new File(["<script>window.harmed = 1</script>"], "evil.html", { type: "text/html" }));
      const drop = (type: string) =>
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true }));
      return [drop("dragover"), drop("drop")];
    });
    expect(isKept).toEqual([false, false]); // both were cancelled: the browser does nothing with the file
    expect(page.url()).toBe(`${host.url}/#/models`);
  });
});

describe.each(["light", "dark"] as const)("the settings in %s colours", (colours) => {
  test.each([
    ["en", "Desktop", "Open Outpost at login"],
    ["ko", "데스크톱", "로그인할 때 Outpost 열기"],
    ["ja", "デスクトップ", "ログイン時に Outpost を開く"],
  ] as const)("stand in %s and axe finds no fault", async (language, title, text) => {
    const page = await openDesktop("/settings/desktop", { colours, language });
    await page.getByRole("link", { name: title, exact: true }).waitFor();
    await page.getByLabel(text).waitFor();
    await page.getByText("gitlab/token").waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

test("each setting is set, and shows what is in force", async () => {
  const page = await openDesktop("/settings/desktop");
  const login = page.getByLabel("Open Outpost at login");
  await login.check();
  expect(await asked(page, "setOpensAtLogin")).toEqual([true]);
  await page.getByLabel("Start without a window").check();
  await page.getByLabel("Runs that fail or are killed").check();
  expect(await asked(page, "setPreference")).toEqual(
    expect.arrayContaining([
      { name: "start_minimised", value: true },
      { name: "notifications", value: "failures" },
    ]),
  );
  await page.getByRole("link", { name: "Appearance" }).click();
  await page.getByRole("link", { name: "Desktop", exact: true }).click();
  await page.getByText("Electron 45.4.1").waitFor();
  expect(await login.isChecked()).toBe(true);
  expect(await page.getByLabel("Runs that fail or are killed").isChecked()).toBe(true);
});

test("a setting that the system refuses is told of and goes back", async () => {
  const page = await openDesktop("/settings/desktop");
  const login = page.getByLabel("Open Outpost at login");
  await login.waitFor();
  await page.evaluate(() => (document.title = "refuse"));
  await login.click();
  await page.getByText("Changing a desktop setting failed: the system refuses").waitFor();
  await soon(() => login.isChecked()).toBe(false);
});

test("secrets: a passphrase is set, a wrong one is said, one is removed after a question", async () => {
  const page = await openDesktop("/settings/desktop");
  const field = page.getByLabel("Passphrase to keep them under");
  await field.fill("short");
  await page.getByRole("button", { name: "Set passphrase" }).click();
  await page.getByText("At least 8 characters are needed.").waitFor();
  expect(await asked(page, "protectSecrets")).toEqual([]);
  await field.fill("long enough");
  await page.getByRole("button", { name: "Set passphrase" }).click();
  await page.getByText("kept in a file under your passphrase").waitFor();
  expect(await asked(page, "protectSecrets")).toEqual(["long enough"]);

  await page.getByRole("button", { name: "Delete gitlab/token" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("Nothing is kept.").waitFor();

  await page.evaluate(() => void Reflect.apply(Reflect.get(window, "lock") as () => void, undefined, []));
  await page.getByRole("link", { name: "Appearance" }).click();
  await page.getByRole("link", { name: "Desktop", exact: true }).click();
  await page.getByLabel("Passphrase", { exact: true }).fill("wrong passphrase");
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByText("That is not the passphrase").waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel("Passphrase", { exact: true }).fill("right passphrase");
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByText("kept in a file under your passphrase").waitFor();
});

test("updates: a check finds one, its download is shown and cancelled, one is taken from a file", async () => {
  const page = await openDesktop("/settings/desktop");
  const card = page.getByRole("region", { name: "Updates" });
  await card.getByText("https://packages.example/outpost/").waitFor();
  await card.getByRole("button", { name: "Check now" }).click();
  await card.getByRole("button", { name: "Download and install 2.0.0" }).click();
  expect(await asked(page, "installFoundUpdate")).toHaveLength(1);
  await card.getByRole("button", { name: "Install update from a file…" }).click();
  expect(await asked(page, "installUpdate")).toHaveLength(1);
  await tell(page, "update", {
    version: "1.0.0",
    key: "SHA256:2jmj7l5rSw0yVb",
    feed: "https://packages.example/outpost/",
    found: "2.0.0",
    checked: 1_790_000_000_000,
    problem: null,
    work: { what: "downloading", name: "Outpost-2.0.0-linux-x64.deb", done: 4_000_000, total: 9_000_000 },
  });
  await card.getByRole("progressbar").waitFor();
  expect(await violations(page)).toEqual([]);
  await card.getByRole("button", { name: "Cancel" }).click();
  expect(await asked(page, "cancelUpdate")).toHaveLength(1);
});

test("files are shown in a folder, what is open alone or everything", async () => {
  const page = await openDesktop(`/experiments/${experiment}/runs/${run}/artifacts`);
  await page.getByRole("button", { name: "Show in folder" }).click();
  await page.getByText("Copied to /home/mira/Downloads/Outpost/bold-cat").waitFor();
  await page.goto(`${host.url}/#/experiments/${experiment}/runs/${run}/artifacts/plots/loss.png`);
  await page.getByRole("img", { name: /loss\.png/ }).waitFor();
  await page.getByRole("button", { name: "Show in folder" }).click();
  await soon(() => asked(page, "showInFolder")).toEqual(
    ["", "plots/loss.png"].map((path) => ({ owner: "run", id: run, path, name: "bold-cat" })),
  );
  expect(await violations(page)).toEqual([]);
});

test("a model version's files are shown in a folder", async () => {
  const page = await openDesktop("/models/detector/versions/1");
  await page.getByRole("button", { name: "Show in folder" }).click();
  await soon(() => asked(page, "showInFolder")).toMatchObject([{ owner: "version", id: "detector/1", path: "" }]);
});

test("a page becomes a PDF by the run's menu, by its keys, and by the app's menu", async () => {
  const page = await openDesktop(`/experiments/${experiment}/runs/${run}`);
  await page.getByRole("heading", { level: 1, name: "bold-cat" }).waitFor();
  const saved = page.getByText("Saved to /home/mira/Downloads/bold-cat.pdf");
  await page.getByRole("button", { name: "More for this run" }).click();
  await page.getByRole("menuitem", { name: "Save as PDF" }).click();
  await saved.first().waitFor();
  await page.keyboard.press("ControlOrMeta+p");
  await soon(() => saved.count()).toBe(2);
  await tell(page, "command", "print");
  await soon(() => asked(page, "printToPdf")).toEqual(
    Array.from({ length: 3 }, () => ({ name: "bold-cat", landscape: false })),
  );
});

test("a PDF holds charts that nobody had scrolled to, and the page stays where it was", async () => {
  const page = await openDesktop(`/experiments/${experiment}/runs/${run}/model-metrics`);
  await page.locator('figure[aria-busy="false"]').first().waitFor();
  const waiting = page.locator('figure[aria-busy="true"]');
  expect(await waiting.count()).toBeGreaterThan(6);
  await tell(page, "command", "print");
  await soon(() => asked(page, "printToPdf")).toHaveLength(1);
  expect(await waiting.count()).toBe(0);
  expect(await page.locator("main").evaluate((main) => main.scrollTop)).toBe(0);
});

test("the app's menu and links lead the page", async () => {
  const page = await openDesktop("/");
  await tell(page, "navigate", "/models/detector");
  await page.getByRole("heading", { level: 1, name: "detector" }).waitFor();
  await tell(page, "command", "find");
  await page.getByRole("dialog").getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  await tell(page, "command", "help");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await tell(page, "command", "settings");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
});

test("the shell hears of the language and the colours that are chosen", async () => {
  const page = await openDesktop("/settings/appearance");
  await page.getByLabel("한국어", { exact: true }).check();
  await page.getByRole("heading", { level: 1, name: "설정" }).waitFor();
  await soon(() => asked(page, "setPreference")).toContainEqual({ name: "language", value: "ko" });
});

test("a host that crashed, failed or was stopped is said, with the way out, and the page stays", async () => {
  const page = await openDesktop("/models");
  await page.getByRole("link", { name: "detector" }).first().waitFor();
  await tell(page, "hostState", { phase: "restarting", reason: "out of memory" });
  await page.getByText("The host crashed (out of memory) and is starting again.").waitFor();
  expect(await page.getByRole("link", { name: "detector" }).first().isVisible()).toBe(true);
  expect(await violations(page)).toEqual([]);
  await tell(page, "hostState", { phase: "failed", reason: "the port is taken" });
  await page.getByRole("alert").getByText("the port is taken").waitFor();
  await page.getByRole("button", { name: "Start the host" }).click();
  expect(await asked(page, "restartHost")).toHaveLength(1);
  expect(await violations(page)).toEqual([]);
  await tell(page, "hostState", { phase: "running", url: host.url, port: 1, dataDir: "/data", ours: true });
  await page.getByRole("button", { name: "Start the host" }).waitFor({ state: "detached" });
});

test("an mlruns folder dropped on the import page is named by its path", async () => {
  const page = await openDesktop("/import");
  await page.getByText("You can also drop the folder or file here.").waitFor();
  await page.locator("form").evaluate((form) => {
    const files = new DataTransfer();
    files.items.add(new File([""], "mlruns"));
    form.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
  });
  await soon(() => page.locator("form input").first().inputValue()).toBe("/home/mira/mlruns");
});
