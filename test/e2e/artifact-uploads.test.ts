import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-uploads-"));
const at = { experiment: "", up: "" };
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  at.experiment = await seed.experiment("uploads");
  at.up = await seed.run(at.experiment, { name: "up and down" });
  for (const [path, content] of Object.entries({ "kept.txt": "old", "gone.txt": "here" }))
    await seed.artifact(at.experiment, at.up, path, Buffer.from(content));
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const route = (): string => `/experiments/${at.experiment}/runs/${at.up}/artifacts`;
const row = (page: Page, name: string | RegExp): Locator => page.getByRole("treeitem", { name });

describe("uploads and deletes", () => {
  const fileInput = (page: Page): Locator => page.locator("input[type=file]").first();
  const named = (name: string, content: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
  const contentOf = async (page: Page, path: string): Promise<string> => {
    const root = `${at.experiment}/${at.up}/artifacts`;
    return (await page.request.get(`${host.url}/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`)).text();
  };

  test("files are chosen, checked and sent; what is there is only replaced when one says so", async () => {
    const page = await surfer.open(route());
    await row(page, "kept.txt").waitFor();
    await page.getByRole("button", { name: "Upload" }).click();
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("menuitem", { name: /Upload files/ }).click(),
    ]);
    await chooser.setFiles([named("kept.txt", "newer"), named("fresh.txt", "fresh"), named("bad#name.txt", "x")]);
    const dialog = page.getByRole("dialog");
    await dialog.getByText("1 name will not do").waitFor();
    await dialog.getByText("it contains '#'").waitFor();
    await dialog.getByText("1 file is already there").waitFor();
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Upload 1 file" }).click();
    await row(page, "fresh.txt").waitFor();
    expect(await contentOf(page, "kept.txt")).toBe("old");
    await fileInput(page).setInputFiles([named("kept.txt", "newer")]);
    await dialog.getByRole("radio", { name: "Replace" }).check();
    await dialog.getByRole("button", { name: "Upload 1 file" }).click();
    await expect.poll(() => contentOf(page, "kept.txt")).toBe("newer");
    await page.getByText("1 of 1 done").waitFor();
  });

  test("a whole folder goes where one says, and a folder in the way is named", async () => {
    const local = join(folder, "local");
    mkdirSync(join(local, "deep"), { recursive: true });
    writeFileSync(join(local, "one.txt"), "1");
    writeFileSync(join(local, "deep", "두.txt"), "2");
    const page = await surfer.open(route());
    await row(page, "kept.txt").waitFor();
    await page.locator("input[webkitdirectory]").setInputFiles(local);
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Folder" }).fill("../up");
    await dialog.getByText("it leaves its folder").waitFor();
    await dialog.getByRole("textbox", { name: "Folder" }).fill("in/here");
    await dialog.getByRole("button", { name: "Upload 2 files" }).click();
    await expect.poll(() => contentOf(page, "in/here/local/deep/%EB%91%90.txt")).toBe("2");
    await row(page, "in").waitFor();
    await fileInput(page).setInputFiles([named("in", "x")]);
    await dialog.getByText("in is in the way").waitFor();
    expect(await dialog.getByRole("button", { name: "Upload 0 files" }).isDisabled()).toBe(true);
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  test("a drop lands in the folder below it", async () => {
    const page = await surfer.open(route());
    await row(page, "kept.txt").waitFor();
    await seed.artifact(at.experiment, at.up, "target/a.txt", Buffer.from("a"));
    await row(page, "target").waitFor();
    await row(page, "target").evaluate((element) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["dropped"], "dropped.txt"));
      for (const type of ["dragover", "drop"])
        element.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    });
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByRole("textbox", { name: "Folder" }).inputValue()).toBe("target");
    await dialog.getByRole("button", { name: "Upload 1 file" }).click();
    await expect.poll(() => contentOf(page, "target/dropped.txt")).toBe("dropped");
  });

  test("what failed is told and tried again; what is cancelled stops", async () => {
    const context = await surfer.unwatched();
    const page = await surfer.open(route(), { context });
    await row(page, "kept.txt").waitFor();
    let breaks = true;
    await page.route("**/mlflow-artifacts/artifacts/**", (request) =>
      request.request().method() === "PUT" && breaks ? request.abort() : request.continue(),
    );
    const dialog = page.getByRole("dialog");
    await fileInput(page).setInputFiles([named("flaky.txt", "at last")]);
    await dialog.getByRole("button", { name: "Upload 1 file" }).click();
    await page.getByRole("region", { name: "Uploads" }).getByText("The connection was lost").waitFor();
    breaks = false;
    await page.getByRole("button", { name: "Retry flaky.txt" }).click();
    await expect.poll(() => contentOf(page, "flaky.txt")).toBe("at last");
    await page.route("**/artifacts/slow.txt", () => undefined); // never answered
    await fileInput(page).setInputFiles([named("slow.txt", "never")]);
    await dialog.getByRole("button", { name: "Upload 1 file" }).click();
    await page.getByRole("button", { name: "Cancel slow.txt" }).click();
    await page.getByRole("region", { name: "Uploads" }).getByText("Cancelled").waitFor();
  });

  test("what is deleted goes to the trash and comes back", async () => {
    const page = await surfer.open(route());
    await row(page, "gone.txt").waitFor();
    await page.getByRole("tree").focus();
    await page.keyboard.type("gone");
    await page.keyboard.press("Delete");
    const dialog = page.getByRole("alertdialog").or(page.getByRole("dialog"));
    await dialog.getByText("Delete gone.txt?").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => row(page, "gone.txt").count()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "gone.txt").waitFor();
    expect(await contentOf(page, "gone.txt")).toBe("here");
  });
});
