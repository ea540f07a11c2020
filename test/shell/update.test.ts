import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { debOf, makeKey, release } from "../electron/shell/update/packages.ts";
import { startMachine, type StartedApp, type TestMachine } from "./stand-in/machine.ts";

/** What takes a moment: longer than a busy machine needs. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 20_000 });

const PACKAGE = debOf("1.0.0");

let machine: TestMachine;

beforeAll(async () => {
  machine = await startMachine();
});
afterEach(() => machine.settle());
afterAll(() => machine?.close());

const chooseInstall = (app: StartedApp): void => {
  const help = app.applicationMenu()?.items.find(({ label }) => label === "Help");
  const item = help?.submenu?.find(({ label }) => label === "Install Update from a File…");
  if (!item?.click) throw new Error("the menu has no such item");
  item.click(item, app.windows[0]?.proxy, {});
};

const startWithPackage = async (platform?: NodeJS.Platform) => {
  const { secret, setting, key } = makeKey();
  const name = platform === "win32" ? `Outpost-1.0.0-win-${process.arch}.exe` : PACKAGE;
  const folder = release({ [name]: "bytes" }, secret);
  const file = join(folder, name);
  const app = machine.start({ env: { OUTPOST_UPDATE_KEY: setting }, ...(platform && { platform }) });
  app.dialogs.willOpen([file]);
  const page = await app.page();
  return { app, page, file, key };
};

test("a file is verified, asked about, and its copy handed to the system; a no hands over nothing", async () => {
  const { app, page, file, key } = await startWithPackage();
  chooseInstall(app);
  const first = await app.dialogs.question(/Install Outpost 1\.0\.0\?/);
  expect(first.detail).toContain(key.fingerprint);
  await page.getByRole("heading", { name: "Updates" }).waitFor();
  first.choose("Cancel");
  await page.getByRole("button", { name: "Install update from a file…" }).click();
  (await app.dialogs.question(/Install Outpost 1\.0\.0\?/)).choose("Install");
  await soon(() => app.shellPiece.paths.length).toBe(1);
  const [opened = ""] = app.shellPiece.paths;
  const shell = await app.shell;
  expect(opened.startsWith(join(shell?.context.profile ?? "?", "updates"))).toBe(true);
  expect(opened).not.toBe(file);
  expect(readFileSync(opened, "utf8")).toBe("bytes");
});

test("a changed byte is refused in words, and nothing is opened", async () => {
  const { app, page, file } = await startWithPackage();
  writeFileSync(file, "bytez");
  chooseInstall(app);
  await page.getByRole("heading", { name: "Updates" }).waitFor();
  const refusal = await app.dialogs.question(/was not installed/);
  expect(refusal.detail).toContain(`${PACKAGE} is not the file that SHA256SUMS lists`);
  refusal.choose("OK");
  expect(app.shellPiece.paths).toEqual([]);
});

test("what the system says when it does not open a package is shown", async () => {
  const { app, page } = await startWithPackage();
  app.shellPiece.willFailToOpen("no program is set for it");
  chooseInstall(app);
  await page.getByRole("heading", { name: "Updates" }).waitFor();
  (await app.dialogs.question(/Install Outpost/)).choose("Install");
  const refusal = await app.dialogs.question(/was not installed/);
  expect(refusal.detail).toContain("no program is set for it");
  refusal.choose("OK");
});

test("without a key the page says so, and a file is refused with how to set one", async () => {
  const app = machine.start();
  const page = await app.page();
  await page.goto(`${await app.url()}/#/settings/desktop`);
  await page.getByText("update_key is not set").waitFor();
  expect(await page.getByRole("button", { name: "Check now" }).count()).toBe(0);
  await page.getByRole("button", { name: "Install update from a file…" }).click();
  const refusal = await app.dialogs.question(/was not installed/);
  expect(refusal.detail).toContain("config.yaml");
  refusal.choose("OK");
});

test("on Windows the host has stopped before the installer starts, and a run that logs is asked about", async () => {
  const { app } = await startWithPackage("win32");
  const shell = await app.shell;
  const seed = await app.seed();
  await seed.run(await seed.experiment("cells"), { name: "bold-cat", status: "RUNNING" });
  chooseInstall(app);
  (await app.dialogs.question(/Install Outpost/)).choose("Install");
  (await app.dialogs.question(/still logging/)).choose("Keep running");
  chooseInstall(app);
  (await app.dialogs.question(/Install Outpost/)).choose("Install");
  const leaving = await app.dialogs.question(/still logging/);
  expect(app.shellPiece.paths).toEqual([]);
  leaving.choose("Quit");
  await soon(() => app.shellPiece.paths.length).toBe(1);
  expect(shell?.context.host.state.phase).toBe("stopped");
  expect(await app.app.exited).toBe(0);
});

/** The folder of a release behind HTTP. */
const serve = async (folder: string): Promise<string> => {
  const server = createServer(({ url = "" }, response) => response.end(readFileSync(join(folder, basename(url)))));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
};

test("a newer version on the intranet is found from the page, downloaded and installed", async () => {
  const { secret, setting } = makeKey();
  const image = `Outpost-1.0.0-linux-${process.arch === "x64" ? "x86_64" : process.arch}.AppImage`;
  const feed = await serve(release({ [image]: "image" }, secret));
  const env = { OUTPOST_UPDATE_KEY: setting, OUTPOST_UPDATE_FEED: feed, APPIMAGE: "/opt/Outpost.AppImage" };
  const app = machine.start({ env });
  const page = await app.page();
  await page.goto(`${await app.url()}/#/settings/desktop`);
  await page.getByRole("button", { name: "Check now" }).click();
  await page.getByText("Version 1.0.0 is there.").waitFor();
  await page.getByRole("button", { name: "Download and install 1.0.0" }).click();
  const question = await app.dialogs.question(/Install Outpost 1\.0\.0\?/);
  expect(question.buttons).toEqual(["Show file", "Cancel"]);
  question.choose("Show file");
  await soon(() => app.shellPiece.shown.length).toBe(1);
  expect(readFileSync(app.shellPiece.shown[0] ?? "", "utf8")).toBe("image");
});
