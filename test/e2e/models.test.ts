import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createHttpClient, type HttpClient } from "../helpers/http-client.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, HOSTILE, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-e2e-models-"));
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;
let client: HttpClient;
const at = { experiment: "", run: "", second: "", logged: "" };

const column = (name: string, more = {}) => ({ type: "double", name, required: true, ...more });
const mlmodel = (inputs: object[]): Buffer =>
  Buffer.from(`artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.12.1
mlflow_version: 3.17.2
saved_input_example_info:
  artifact_path: input_example.json
  type: dataframe
signature:
  inputs: '${JSON.stringify(inputs)}'
  outputs: '[{"type": "long", "required": true}]'
  params: '[{"name": "threshold", "type": "double", "default": 0.5, "shape": null}]'
`);

const act = async (path: string, body: object): Promise<void> => {
  const answer = await client.send("POST", `/api/outpost/v1/${path}`, body);
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body.toString("utf8")}`);
};

const sow = async (): Promise<void> => {
  at.experiment = await seed.experiment("churn");
  const params = { objective: "binary", trees: "200" };
  at.run = await seed.run(at.experiment, { name: "forest", params, metrics: { auc: [0.91], loss: [0.4] } });
  at.second = await seed.run(at.experiment, {
    name: "deeper",
    params: { ...params, trees: "400" },
    metrics: { auc: [0.94], loss: [0.4] },
  });
  for (const [run, inputs] of [
    [at.run, [column("age")]],
    [at.second, [column("age"), column("tenure")]],
  ] as const) {
    await seed.artifact(at.experiment, run, "model/MLmodel", mlmodel([...inputs]));
    await seed.artifact(at.experiment, run, "model/model.pkl", Buffer.from(`weights of ${run}`));
    await seed.artifact(at.experiment, run, "model/requirements.txt", Buffer.from("scikit-learn==1.9.0\n"));
    await seed.artifact(
      at.experiment,
      run,
      "model/input_example.json",
      Buffer.from('{"columns":["age"],"data":[[42]]}'),
    );
  }
  await seed.post("runs/log-inputs", {
    run_id: at.run,
    datasets: [
      {
        dataset: { name: "customers-2026", digest: "f00dcafe", source_type: "local", source: "{}" },
        tags: [{ key: "mlflow.data.context", value: "training" }],
      },
    ],
  });
  const logged = await seed.post<{ model: { info: { model_id: string } } }>("logged-models", {
    experiment_id: at.experiment,
    name: "forest-model",
    source_run_id: at.run,
  });
  at.logged = logged.model.info.model_id;
  await seed.model("churn", "# Churn\n\nPredicts who **leaves**.");
  await seed.alias("churn", "champion", await seed.version("churn", at.experiment, at.run));
  await seed.version("churn", at.experiment, at.second);
  await seed.post("registered-models/set-tag", { name: "churn", key: "team", value: "risk" });
  const hostile = HOSTILE.replaceAll(/[/:]/g, "");
  await seed.model(hostile, `${HOSTILE}\n[click](javascript:window.harmed=1) ![x](https://evil.example/x.png)`);
  await seed.post("registered-models/set-tag", { name: hostile, key: "note", value: HOSTILE });
  await act(`registered-models/${encodeURIComponent(hostile)}/versions`, { description: HOSTILE });
  await act(`registered-models/${encodeURIComponent(hostile)}/versions/1/log`, {
    params: [{ key: "odd", value: HOSTILE }],
  });
};

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  client = createHttpClient(host.url, 4);
  surfer = await startBrowser(host.url);
  await sow();
  const upload = join(folder, "upload");
  mkdirSync(join(upload, "weights"), { recursive: true });
  writeFileSync(join(upload, "MLmodel"), mlmodel([column("age")]));
  writeFileSync(join(upload, "weights", "a.bin"), "a".repeat(1000));
});
afterAll(async () => {
  seed?.close();
  client?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const row = (page: Page, name: string): Locator => page.getByRole("treeitem", { name });
const pages: Record<string, { route: () => string; shows: string }> = {
  list: { route: () => "/models", shows: "@champion" },
  model: { route: () => "/models/churn", shows: "1.0.1" },
  version: { route: () => "/models/churn/versions/1.0.0", shows: "customers-2026" },
  "new version": { route: () => "/models/churn/versions/new", shows: "forest-model" },
  compare: { route: () => "/models/churn/compare?v=1.0.0&v=1.0.1", shows: "tenure" },
};

describe.each([
  ["light", "en"],
  ["dark", "ko"],
  ["light", "ja"],
] as const)("in %s colours and in %s", (colours, language) => {
  test.each(Object.entries(pages))("the page %s shows its data and axe finds no fault", async (_name, one) => {
    const context = await surfer.profile({ colours, language });
    const page = await surfer.open(one.route(), { context });
    await page.getByText(one.shows).filter({ visible: true }).first().waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe(language);
    expect(await violations(page)).toEqual([]);
  });
});

describe("by keyboard alone", () => {
  /** Goes on with Tab until the focus is on something of this name. */
  const tabTo = async (page: Page, name: string | RegExp): Promise<void> => {
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const { activeElement: one } = document;
        return one && one !== document.body
          ? `${one.getAttribute("aria-label") ?? ""}|${one.textContent ?? ""}|${one.id}`
          : "";
      });
      if (typeof name === "string" ? at.includes(name) : name.test(at)) return;
    }
    throw new Error(`Tab never came to ${name}`);
  };

  test("a model is made, filled, given a metric and an alias, compared, deleted and brought back", async () => {
    const page = await surfer.open("/models", { expects: [404] }); // the page asks whether the name is free
    await page.getByText("@champion").waitFor();
    await page.keyboard.press("n");
    await page.getByRole("dialog").waitFor();
    await page.getByLabel("Name", { exact: true }).focus();
    await page.keyboard.type("a/b");
    await page.getByText("cannot be in a model’s name").waitFor();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("churn");
    await page.getByText("A model named churn exists already.").waitFor();
    await page.keyboard.type("-next");
    await page.getByText("exists already").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "churn-next" }).waitFor();

    await tabTo(page, "New version");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "New version" }).waitFor();
    const semver = page.getByLabel("Semantic version");
    await semver.focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("v1.2.0");
    await page.getByText("Without the leading v.").waitFor();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("1.2.0");
    await page.getByText("Free.").waitFor();
    await page.getByLabel("Of a logged model").focus();
    await page.keyboard.press("ArrowDown");
    await page.getByLabel("Into folder").focus();
    await page.keyboard.type("../out");
    await page.getByText("it leaves its folder").waitFor();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("extra");
    // the chooser of the system is out of a page's reach: its answer is given as the browser would
    await page.setInputFiles("[data-upload=files]", join(folder, "upload", "weights", "a.bin"));
    await page.getByText("1 file to upload").waitFor();
    await tabTo(page, "Create version 1.2.0");
    await page.keyboard.press("Enter");

    await page.getByRole("heading", { level: 1, name: "churn-next 1.2.0" }).waitFor();
    await row(page, "extra").waitFor();
    await page.setInputFiles("input[webkitdirectory]", join(folder, "upload"));
    await page.getByRole("button", { name: "Upload 2 files", disabled: false }).focus();
    await page.keyboard.press("Enter");
    await row(page, "upload").waitFor();
    await page.getByRole("region", { name: "Inputs" }).getByText("age").waitFor();

    await tabTo(page, "Log metric or param");
    await page.keyboard.press("Enter");
    await page.getByLabel("Key", { exact: true }).focus();
    await page.keyboard.type("auc");
    await page.keyboard.press("Tab");
    await page.keyboard.type("0.875");
    await page.keyboard.press("Enter");
    await page.getByText("auc logged").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("region", { name: "Metrics" }).getByText("0.875").waitFor();

    await page.getByLabel("New alias").focus();
    await page.keyboard.type("v7");
    await page.getByText("stand for a version").waitFor();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("champion");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove alias champion" }).waitFor();

    await act("registered-models/churn-next/versions", { semver: "1.3.0", model_id: at.logged });
    await page.getByRole("link", { name: "Next version" }).waitFor();
    await page.locator("h1").focus();
    await page.keyboard.press("]");
    await page.getByRole("heading", { level: 1, name: "churn-next 1.3.0" }).waitFor();
    await page.goto(`${host.url}/#/models/churn-next`);
    await page.getByRole("link", { name: "1.3.0" }).waitFor();
    await page.locator("h1").focus();
    for (const key of ["j", "x", "j", "x"]) await page.keyboard.press(key);
    await page.getByText("2 chosen").waitFor();
    await page.keyboard.press("c");
    await page.getByRole("heading", { level: 1, name: "Compare versions" }).waitFor();
    await page.getByText("not in all").first().waitFor();
    expect(page.url()).toContain("v=1.2.0&v=1.3.0");

    await page.goto(`${host.url}/#/models/churn-next/versions/1.2.0`);
    await row(page, "upload").waitFor();
    await page.getByRole("tree").focus();
    await page.keyboard.type("upload");
    await page.keyboard.press("ArrowRight");
    await row(page, "MLmodel").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Delete");
    await page.getByText("Delete upload/MLmodel?").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).focus();
    await page.keyboard.press("Enter");
    await row(page, "MLmodel").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).focus();
    await page.keyboard.press("Enter");
    await row(page, "MLmodel").waitFor();

    await page.getByRole("button", { name: "Actions for 1.2.0" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Delete" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "churn-next" }).waitFor();
    await page.getByRole("link", { name: "1.2.0" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).last().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "1.2.0" }).waitFor();
  });
});

test("hostile names, cards and tags are text wherever they are shown", async () => {
  const name = encodeURIComponent(HOSTILE.replaceAll(/[/:]/g, ""));
  for (const route of ["/models", `/models/${name}`, `/models/${name}/versions/1`]) {
    const page = await surfer.open(route);
    await page.getByText("onerror=").filter({ visible: true }).first().waitFor();
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
    expect(await page.locator("a[href^='javascript:']").count()).toBe(0);
  }
});

test("what the server refuses is said and kept; nothing is lost of what was typed", async () => {
  const page = await surfer.open("/models/churn", { expects: [400, 409] });
  await page.getByRole("button", { name: "Actions for churn" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  const field = page.getByLabel("New name");
  await seed.model("taken-name");
  await field.fill("taken-name");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByText("already exists").waitFor();
  expect(await field.inputValue()).toBe("taken-name");
});

test("MLflow's own address of a comparison leads to ours", async () => {
  const query = new URLSearchParams({ name: '"churn"', runs: JSON.stringify({ [at.run]: "1", [at.second]: "2" }) });
  const page = await surfer.open(`/compare-model-versions?${query.toString()}`);
  await page.getByText("tenure").first().waitFor();
  await page.getByText("Suggested raise: major.").waitFor();
  await page.getByLabel("Only what differs").check();
  await page.getByRole("region", { name: "Params" }).getByText("objective").waitFor({ state: "detached" });
  expect(page.url()).toContain("differing=1");
});

test("a file that could not be stored says why and goes through by Retry; all files come as one zip", async () => {
  await seed.model("retried");
  await act("registered-models/retried/versions", { semver: "1.0.0" });
  const page = await surfer.open("/models/retried/versions/1", { expects: [507] });
  await page.getByText("No files yet.").waitFor();
  await page.route("**/mlflow-artifacts/**", (route) =>
    route.fulfill({ status: 507, json: { error_code: "RESOURCE_EXHAUSTED", message: "The disk is nearly full" } }),
  );
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles(join(folder, "upload", "weights", "a.bin"));
  await page.getByRole("button", { name: "Upload 1 file" }).click();
  await page.getByRole("region", { name: "Uploads" }).getByText("The disk is nearly full").waitFor();
  await page.unroute("**/mlflow-artifacts/**");
  await page.getByRole("button", { name: "Retry a.bin" }).click();
  await page.getByText("1 of 1 done").waitFor();
  await row(page, "a.bin").waitFor();
  const zip = await client.send(
    "GET",
    (await page.getByRole("link", { name: "Download all" }).getAttribute("href")) ?? "",
  );
  expect([zip.status, zip.body.subarray(0, 2).toString("latin1")]).toEqual([200, "PK"]);
});

test("a version's files are looked at, added to in folders, taken out and brought back; its run keeps its own", async () => {
  await seed.model("browsed");
  await seed.version("browsed", at.experiment, at.run);
  const page = await surfer.open("/models/browsed/versions/1");
  const preview = page.getByRole("region", { name: "Preview" });
  const digest = createHash("sha256").update("scikit-learn==1.9.0\n").digest("hex");
  await row(page, "requirements.txt").getByText(digest.slice(0, 8)).waitFor();
  await row(page, "requirements.txt").click();
  await preview.getByText("scikit-learn==1.9.0").waitFor();
  expect(page.url()).toContain("/versions/1/files/requirements.txt");
  await preview.getByRole("button", { name: "Previous file" }).click();
  await preview.getByRole("heading", { name: "model.pkl" }).waitFor();
  expect(await violations(page)).toEqual([]);

  await page.locator("input[webkitdirectory]").setInputFiles(join(folder, "upload"));
  await page.getByRole("textbox", { name: "Folder" }).fill("more");
  await page.getByRole("button", { name: "Upload 2 files" }).click();
  for (const name of ["more", "upload", "weights", "a.bin"]) await row(page, name).click();
  await preview.getByRole("heading", { name: "more/upload/weights/a.bin" }).waitFor();
  await preview.getByText("aaaa").waitFor();
  const { entries } = (await client.send("GET", `/api/outpost/v1/runs/${at.run}/artifacts?path=model`)).json() as {
    entries: { path: string }[];
  };
  expect(entries.map(({ path }) => path)).not.toContain("model/more");

  await row(page, "requirements.txt").click();
  await preview.getByText("scikit-learn==1.9.0").waitFor();
  await row(page, "more").click({ modifiers: ["ControlOrMeta"] });
  await row(page, "input_example.json").click({ modifiers: ["ControlOrMeta"] });
  await page.getByText("2 selected").waitFor();
  await page.getByRole("region", { name: "Files" }).getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").or(page.getByRole("dialog")).getByRole("button", { name: "Delete" }).click();
  await row(page, "more").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await row(page, "more").waitFor();
  await row(page, "input_example.json").waitFor();
});

test("a model that is deleted in the list comes back by Undo, with its versions", async () => {
  await seed.model("kept", "To be deleted and brought back.");
  await act("registered-models/kept/versions", {});
  const page = await surfer.open("/models?q=kept");
  await page.getByRole("button", { name: "Actions for kept" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByText("No model’s name or tag contains “kept”").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: "kept", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "kept" }).waitFor();
  await page.getByRole("link", { name: "1.0.0" }).waitFor();
});
