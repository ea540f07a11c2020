import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { readZip } from "../helpers/read-zip.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { HOSTILE_PAGE, HOSTILE_SVG, NOTEBOOK, parquet, PDF, wav, webm } from "./artifact-files.ts";
import { startBrowser, type Look, type Surfer } from "./browser.ts";
import { createSeed, PNG, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-files-"));
const at = { experiment: "", run: "", many: "", live: "" };
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;

const CSV = `name,age,note\n${Array.from({ length: 1500 }, (_u, i) => `n${String(i).padStart(4, "0")},${i % 90},${i % 3 ? "x" : ""}`).join("\n")}\n`;
const CONFIG = { model: { layers: [64, 32], act: "relu" }, seed: "9007199254740993", tags: { "한국어 키": true } };

const sow = async (): Promise<void> => {
  at.experiment = await seed.experiment("files");
  at.run = await seed.run(at.experiment, { name: "with files" });
  const put = (path: string, content: string | Buffer) =>
    seed.artifact(at.experiment, at.run, path, Buffer.from(content));
  await put("model/MLmodel", "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n");
  await put("model/model.pkl", Buffer.from([128, 4, 0, 0, 1, 2, 3]));
  await put("plots/a.png", PNG);
  await put("plots/b.png", PNG);
  await put("plots/roc.svg", HOSTILE_SVG);
  await put("data/people.csv", CSV);
  await put("data/people.parquet", parquet());
  await put("data/config.json", JSON.stringify(CONFIG).replace('"9007199254740993"', "9007199254740993"));
  await put("text/train.py", "import mlflow\n\ndef train(x):\n    # comment\n    return x < 3 and '<b>'\n");
  await put("text/readme.md", "# Title\n\nSome *text* <script>window.harmed=1</script> [bad](javascript:alert(1))\n");
  await put(
    "text/big.txt",
    Array.from({ length: 20_000 }, (_u, i) => `epoch ${i} loss ${(1 / (i + 1)).toFixed(5)}`).join("\n"),
  );
  await put("text/unknown.weird", "plain words\n");
  await put("media/tone.wav", wav());
  await put("report.pdf", PDF);
  await put("fake.pdf", "<script>parent.harmed=1</script>");
  await put("report.html", HOSTILE_PAGE);
  await put("look.ipynb", NOTEBOOK);
  at.many = await seed.run(at.experiment, { name: "many" });
  await Promise.all(
    Array.from({ length: 400 }, (_u, i) =>
      seed.artifact(at.experiment, at.many, `steps/file-${String(i).padStart(3, "0")}.txt`, Buffer.from(String(i))),
    ),
  );
  at.live = await seed.run(at.experiment, { name: "live", status: "RUNNING" });
  await seed.artifact(at.experiment, at.live, "train.log", Buffer.from("epoch 0\n"));
};

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  await sow();
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const files = (path = "", run = at.run): string =>
  `/experiments/${at.experiment}/runs/${run}/artifacts${path === "" ? "" : `/${path}`}`;
const openFile = (path: string, look?: Look): Promise<Page> => surfer.open(files(path), look);
const preview = (page: Page): Locator => page.getByRole("region", { name: "Preview" });
const row = (page: Page, name: string | RegExp): Locator => page.getByRole("treeitem", { name });
const unharmed = async (page: Page): Promise<void> => expect(await page.evaluate(() => "harmed" in window)).toBe(false);

describe("the tree", () => {
  test("is walked by keyboard alone, and shows what one comes to", async () => {
    const page = await surfer.open(files());
    const tree = page.getByRole("tree", { name: "Files" });
    await row(page, "data").waitFor();
    await tree.focus();
    const active = async (): Promise<string> => {
      const id = await tree.getAttribute("aria-activedescendant");
      return (await page.locator(`[id="${id}"] .name`).textContent()) ?? "";
    };
    expect(await active()).toBe("data");
    await page.keyboard.press("ArrowRight");
    await row(page, "config.json").waitFor();
    await page.keyboard.press("ArrowRight");
    expect(await active()).toBe("config.json");
    await preview(page).getByRole("heading", { name: "data/config.json" }).waitFor(); // passed on the way, and shown
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => row(page, "config.json").count()).toBe(0);
    await page.keyboard.press("End");
    expect(await active()).toBe("report.pdf");
    await page.keyboard.type("pl");
    expect(await active()).toBe("plots");
    await page.keyboard.press("ArrowRight");
    await row(page, "b.png").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/plots\/a\.png/);
    expect(await row(page, "plots").getAttribute("aria-expanded")).toBe("true");
    expect(await row(page, "a.png").getAttribute("aria-level")).toBe("2");
    await page.keyboard.press("]");
    await page.waitForURL(/plots\/b\.png/);
    await page.keyboard.press("[");
    await page.waitForURL(/plots\/a\.png/);
    await page.reload();
    await preview(page).getByRole("heading", { name: "plots/a.png" }).waitFor();
    expect(await row(page, "a.png").getAttribute("aria-current")).toBe("true");
  });

  test("of hundreds of files keeps few rows in the page and reaches the last", async () => {
    const page = await surfer.open(files("steps/file-399.txt", at.many));
    await preview(page).getByText("399").first().waitFor();
    await row(page, "file-399.txt").waitFor();
    expect(await page.getByRole("treeitem").count()).toBeLessThan(80);
    expect(await row(page, "file-399.txt").getAttribute("aria-setsize")).toBe("400");
    await page.getByRole("tree").focus();
    await page.keyboard.press("Home");
    await row(page, "steps").waitFor();
  });

  test.each([
    ["light", "en", "Files"],
    ["dark", "ko", "파일"],
    ["dark", "ja", "ファイル"],
  ] as const)("is accessible and speaks the language: %s, %s", async (colours, language, name) => {
    const context = await surfer.profile({ colours, language });
    for (const path of [
      "",
      "data/people.csv",
      "data/config.json",
      "text/train.py",
      "plots/a.png",
      "look.ipynb",
      "data/people.parquet",
    ]) {
      const page = await surfer.open(files(path), { context });
      await page.getByRole("tree", { name }).waitFor();
      if (path !== "") await page.getByRole("heading", { level: 2, name: path }).waitFor();
      await page.waitForTimeout(300);
      expect(await violations(page, { without: "iframe" }), path).toEqual([]);
      await page.close();
    }
  });
});

describe("previews", () => {
  test("images fit or have their own size; the arrows go to the next one", async () => {
    const page = await openFile("plots/a.png");
    const image = preview(page).getByRole("img", { name: "plots/a.png" });
    await expect.poll(() => image.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth)).toBe(2);
    await preview(page).getByText("2 × 2 px").waitFor();
    await preview(page).getByRole("button", { name: "100%" }).click();
    await preview(page).focus();
    await page.keyboard.press("ArrowRight");
    await preview(page).getByRole("img", { name: "plots/b.png" }).waitFor();
  });

  test("a tone and a film play, by ranges", async () => {
    const page = await openFile("media/tone.wav");
    const audio = preview(page).locator("audio");
    await expect.poll(() => audio.evaluate((a: HTMLAudioElement) => a.duration)).toBeCloseTo(1, 1);
    await seed.artifact(at.experiment, at.run, "media/film.webm", await webm(page));
    await page.goto(`${host.url}/#${files("media/film.webm")}`);
    const video = preview(page).locator("video");
    await expect.poll(() => video.evaluate((v: HTMLVideoElement) => v.videoWidth)).toBe(64);
  });

  test("a CSV is a table of its first 1,000 rows, sorted by what one clicks, with what can be said of a column", async () => {
    const page = await openFile("data/people.csv");
    await preview(page).getByText("The first 1,000 rows").waitFor();
    const header = preview(page).getByRole("columnheader", { name: /age/ });
    expect(await header.textContent()).toContain("0 – 89");
    expect(await preview(page).getByRole("columnheader", { name: /note/ }).textContent()).toContain("334 missing");
    await header.getByRole("button").click();
    await header.getByRole("button").click();
    expect(await header.getAttribute("aria-sort")).toBe("descending");
    expect(await preview(page).locator("tbody tr").first().locator("td").nth(2).textContent()).toBe("89");
  });

  test("a Parquet file is read in ranges, by the columns and rows that are shown", async () => {
    const context = await surfer.profile();
    const ranges: string[] = [];
    context.on("request", (request) => {
      if (request.url().endsWith("people.parquet")) ranges.push(request.headers()["range"] ?? "whole");
    });
    const page = await surfer.open(files("data/people.parquet"), { context });
    await preview(page).getByText("Rows 1 to 200 of 100,000").waitFor();
    await preview(page).getByRole("cell", { name: "서울" }).first().waitFor();
    await preview(page).getByRole("button", { name: "Next rows" }).click();
    await preview(page).getByText("Rows 201 to 400 of 100,000").waitFor();
    await preview(page).getByRole("button", { name: "3 of 3 columns" }).click();
    await preview(page).getByRole("checkbox", { name: /city/ }).uncheck();
    await expect.poll(() => preview(page).getByRole("columnheader", { name: /city/ }).count()).toBe(0);
    expect(ranges.length).toBeGreaterThan(1);
    expect(ranges).not.toContain("whole");
  });

  test("JSON and YAML are trees with a search; no digit is lost", async () => {
    const page = await openFile("data/config.json");
    await preview(page).getByText("9007199254740993").waitFor();
    await preview(page)
      .getByRole("button", { name: /^layers/ })
      .click();
    await preview(page).getByText("64").waitFor();
    await preview(page).getByRole("searchbox").fill("relu");
    await preview(page).getByText("model.act").waitFor();
    await preview(page).getByRole("button", { name: "Text" }).click();
    await preview(page).getByText('{"model"').first().waitFor();
    expect(page.url()).toContain("as=text");
    await page.goto(`${host.url}/#${files("model/MLmodel")}`);
    await preview(page)
      .getByRole("button", { name: /python_function/ })
      .waitFor();
  });

  test("text by its head and in whole, with colours and a search; a binary says what it is", async () => {
    const page = await openFile("text/big.txt");
    await preview(page)
      .getByText(/The first 66 kB of/)
      .waitFor();
    await preview(page).getByRole("button", { name: "Load all" }).click();
    await preview(page).getByRole("searchbox").fill("epoch 19999");
    await preview(page).getByText("1 of 1").waitFor();
    await preview(page).getByText("epoch 19999 loss").waitFor();
    expect(await preview(page).locator(".line").count()).toBeLessThan(1500);
    await page.goto(`${host.url}/#${files("text/train.py")}`);
    await preview(page).locator(".hljs-keyword", { hasText: "import" }).waitFor();
    expect(await preview(page).locator(".line").nth(4).textContent()).toBe("    return x < 3 and '<b>'\n");
    await page.goto(`${host.url}/#${files("text/unknown.weird")}`);
    await preview(page).getByText("plain words").waitFor();
    await page.goto(`${host.url}/#${files("model/model.pkl")}`);
    await preview(page).getByText("This is no text").waitFor();
    await page.goto(`${host.url}/#${files("text/readme.md")}`);
    await preview(page).getByRole("heading", { name: "Title" }).waitFor();
    await unharmed(page);
  });

  test("a log of a running run is followed to its end", async () => {
    const page = await surfer.open(files("train.log", at.live));
    await preview(page).getByText("epoch 0").waitFor();
    const more = Array.from({ length: 6000 }, (_u, i) => `epoch ${i} of the log`).join("\n");
    await seed.artifact(at.experiment, at.live, "train.log", Buffer.from(more));
    await preview(page).getByText("epoch 5999 of the log").waitFor();
    expect(await preview(page).getByRole("button", { name: "Follow" }).getAttribute("aria-pressed")).toBe("true");
  });

  test("a notebook has its text, code and outputs; its HTML runs in a frame that reaches nothing", async () => {
    const page = await openFile("look.ipynb");
    await preview(page).getByRole("heading", { name: "Churn" }).waitFor();
    await preview(page).getByText("done", { exact: false }).first().waitFor();
    await preview(page).getByText("ValueError: no").waitFor();
    const frame = preview(page).frameLocator("iframe");
    await frame.getByText("42").waitFor();
    await unharmed(page);
  });

  test("a PDF is shown by the browser, and only when it is one", async () => {
    const page = await openFile("report.pdf");
    await preview(page).locator("iframe[title='report.pdf']").waitFor();
    await page.goto(`${host.url}/#${files("fake.pdf")}`);
    await preview(page).getByText("not those of a PDF").waitFor();
    expect(await preview(page).locator("iframe").count()).toBe(0);
    await unharmed(page);
  });
});

describe("hostile files", () => {
  /** What the browser says of attempts that it stopped is what is hoped for here. */
  const openHostile = async (path: string): Promise<{ page: Page; elsewhere: string[] }> => {
    const context = await surfer.unwatched();
    const elsewhere: string[] = [];
    context.on("request", (request) => {
      if (!request.url().startsWith(host.url) && /^(?:https?|ws):/.test(request.url())) elsewhere.push(request.url());
    });
    context.on("requestfailed", (request) => {
      if (request.failure()?.errorText === "csp") elsewhere.splice(elsewhere.indexOf(request.url()), 1);
    });
    const page = await surfer.open(path, { context });
    return { page, elsewhere };
  };

  test("a page may run and reach nothing: not its parent, the API, storage, the network, another page", async () => {
    const { page, elsewhere } = await openHostile(files("report.html"));
    const frame = preview(page).frameLocator("iframe");
    const log = frame.locator("#log");
    await expect.poll(() => log.textContent()).toContain("away: refused");
    const notes = Object.fromEntries(
      ((await log.textContent()) ?? "")
        .trim()
        .split("\n")
        .map((line) => line.split(": ") as [string, string]),
    );
    expect(notes).toMatchObject({
      script: "done", // reports with plots work
      parent: "SecurityError",
      cookie: "SecurityError",
      storage: "SecurityError",
      top: "SecurityError",
      popup: "Blocked",
      worker: "refused",
      origin: "null",
      fetch: "refused",
      away: "refused",
    });
    await page.waitForTimeout(4000); // its refresh to another host
    expect(elsewhere.filter((url) => !url.includes("favicon"))).toEqual([]);
    await unharmed(page);
    expect(page.url()).toContain(at.run);
    expect(
      (
        await seed.post<{ experiments: { name: string }[] }>("experiments/search", { max_results: 100 })
      ).experiments.map(({ name }) => name),
    ).not.toContain("stolen");
  });

  test("an SVG is an image first, and a sandboxed page on request", async () => {
    const { page, elsewhere } = await openHostile(files("plots/roc.svg"));
    const image = preview(page).getByRole("img", { name: "plots/roc.svg" });
    await expect.poll(() => image.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth)).toBe(40);
    await preview(page).getByRole("button", { name: "Page" }).click();
    await preview(page).frameLocator("iframe").locator("svg[data-ended=SecurityError]").waitFor();
    await unharmed(page);
    expect(elsewhere).toEqual([]);
  });

  test("an address typed into the browser does not make a page of it", async () => {
    const { page } = await openHostile(files());
    const answer = await page.goto(
      `${host.url}/api/outpost/v1/preview/${at.experiment}/${at.run}/artifacts/report.html`,
    );
    expect(answer?.status()).toBe(403);
  });
});

describe("downloads", () => {
  const zipOf = async (page: Page, act: () => Promise<void>): Promise<{ name: string; files: Map<string, Buffer> }> => {
    const [download] = await Promise.all([page.waitForEvent("download"), act()]);
    return { name: download.suggestedFilename(), files: readZip(readFileSync(await download.path())) };
  };

  test("one file, chosen ones, or all of them", async () => {
    const page = await openFile("model/model.pkl");
    const [one] = await Promise.all([
      page.waitForEvent("download"),
      preview(page).getByRole("link", { name: "Download" }).click(),
    ]);
    expect(one.suggestedFilename()).toBe("model.pkl");
    const all = await zipOf(page, () => page.getByRole("button", { name: "Download all" }).click());
    expect(all.name).toBe("with files.zip");
    expect(all.files.get("plots/a.png")?.equals(PNG)).toBe(true);
    await page.getByRole("tree").focus();
    await page.keyboard.press("Home");
    await page.keyboard.type("model");
    await page.keyboard.press("Space");
    await page.keyboard.type("plots");
    await page.keyboard.press("Space");
    await page.getByText("2 selected").waitFor();
    const some = await zipOf(page, () =>
      page.getByRole("region", { name: "Files" }).getByRole("button", { name: "Download" }).click(),
    );
    expect([...some.files.keys()].toSorted()).toEqual([
      "model/MLmodel",
      "model/model.pkl",
      "plots/a.png",
      "plots/b.png",
      "plots/roc.svg",
    ]);
  });

  test("hundreds of chosen files, whose names no address could hold", async () => {
    const page = await surfer.open(files("steps/file-000.txt", at.many));
    await row(page, "file-000.txt").waitFor();
    await page.getByRole("tree").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Control+a");
    await page.getByText("400 selected").waitFor();
    const some = await zipOf(page, () =>
      page.getByRole("region", { name: "Files" }).getByRole("button", { name: "Download" }).click(),
    );
    expect(some.files.size).toBe(400);
  });
});
