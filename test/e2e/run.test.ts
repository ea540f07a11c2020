import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { runPython } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, curve, HOSTILE, type Seed } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-run-"));
const at = { experiment: "", first: "", run: "", last: "", logged: "", model: "", loggedExperiment: "" };
let host: ServerProcess;
let surfer: Surfer;
let seed: Seed;

/** A model with a signature and an example, of a dataset, as people log them. */
const SCRIPT = `
import mlflow, pandas as pd
from mlflow.models import infer_signature
frame = pd.DataFrame({"age": [30.0, 41.5], "city": ["서울", "Bonn"]})
class Constant(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [1.0] * len(model_input)
mlflow.set_experiment("logged by the client")
with mlflow.start_run(run_name="trained") as run:
    mlflow.log_input(mlflow.data.from_pandas(frame, name="customers", source="data/customers.csv"), context="training")
    info = mlflow.pyfunc.log_model(name="forest", python_model=Constant(), signature=infer_signature(frame, [1.0]), input_example=frame, pip_requirements=["mlflow"])
    mlflow.log_metric("accuracy", 0.91, model_id=info.model_id)
    print(run.info.experiment_id, run.info.run_id, info.model_id)
`;

beforeAll(async () => {
  host = await startOutpost({ dataDir: join(folder, "data") });
  seed = createSeed(host.url);
  surfer = await startBrowser(host.url);
  at.experiment = await seed.experiment("pages of runs");
  const start = Date.now() - 3_600_000;
  at.first = await seed.run(at.experiment, { name: "first", startTime: start });
  at.run = await seed.run(at.experiment, {
    name: "middle",
    startTime: start + 1000,
    params: {
      ...Object.fromEntries(Array.from({ length: 20 }, (_u, i) => [`optimizer.group${i % 2}.p${i}`, String(i)])),
      seed: "7",
      prompt: "word ".repeat(200),
    },
    tags: {
      team: "risk",
      hostile: HOSTILE,
      "mlflow.source.git.commit": "0123456789abcdef0123456789abcdef01234567",
      "mlflow.source.git.repoURL": "git@gitlab.example.com:team/churn.git",
    },
    metrics: { loss: curve(50), accuracy: [0.5, 0.9, 0.7], odd: [1, "NaN", 3] },
  });
  at.last = await seed.run(at.experiment, { name: "last", startTime: start + 2000 });
  await seed.artifact(at.experiment, at.run, "model/MLmodel", Buffer.from("flavors: {}\n"));
  const script = join(folder, "log.py");
  writeFileSync(script, SCRIPT);
  const printed = await runPython([script], { trackingUri: host.url, cwd: folder });
  const ids =
    printed
      .split("\n")
      .find((line) => /^\d+ [0-9a-f]{32} m-/.test(line))
      ?.split(" ") ?? [];
  [at.loggedExperiment = "", at.logged = "", at.model = ""] = ids;
});
afterAll(async () => {
  seed?.close();
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const route = (tab = "", run = at.run): string => `/experiments/${at.experiment}/runs/${run}${tab}`;
const card = (page: Page, name: string): Locator => page.getByRole("region", { name, exact: true }).first();

describe("a run's page", () => {
  test("folds nested params, finds them, and shows a long value whole on request", async () => {
    const page = await surfer.open(route());
    const params = card(page, "Params");
    await params.getByRole("button", { name: /^optimizer\./ }).waitFor();
    await params.getByRole("button", { name: /^group1\./ }).click(); // open at first: there are few
    expect(await params.getByText("p1", { exact: true }).count()).toBe(0);
    await params.getByRole("button", { name: "Show all" }).click();
    await params.getByRole("button", { name: "Show less" }).waitFor();
    await params.getByRole("searchbox").fill("p13");
    await params.getByText("optimizer.group1.p13").waitFor();
    await params.getByRole("button", { name: "Copy the value of optimizer.group1.p13" }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("13");
  });

  test("has each metric with its range, NaN being neither", async () => {
    const page = await surfer.open(route());
    const row = card(page, "Metrics").getByRole("row", { name: /accuracy/ });
    await expect.poll(() => row.locator("td").allTextContents()).toEqual(["accuracy", "0.7", "0.5", "0.9"]);
    const odd = card(page, "Metrics").getByRole("row", { name: /odd/ });
    await expect.poll(() => odd.locator("td").allTextContents()).toEqual(["odd", "3", "1", "3"]);
  });

  test("leads to its commit, and to the runs beside it, by keys too", async () => {
    const page = await surfer.open(route("/artifacts"));
    const href = await page.getByRole("link", { name: "01234567" }).getAttribute("href");
    expect(href).toBe("https://gitlab.example.com/team/churn/commit/0123456789abcdef0123456789abcdef01234567");
    await page.getByRole("button", { name: "Next run" }).click();
    await page.getByRole("heading", { level: 1, name: "first" }).waitFor();
    expect(page.url()).toContain("/artifacts");
    await page.goto(`${host.url}/#${route()}`);
    await page.getByRole("heading", { level: 1, name: "middle" }).waitFor();
    await page.getByRole("button", { name: "Previous run", disabled: false }).waitFor();
    await page.keyboard.press("[");
    await page.getByRole("heading", { level: 1, name: "last" }).waitFor();
    expect(await page.getByRole("button", { name: "Previous run" }).isDisabled()).toBe(true);
    await page.keyboard.press("]");
    await page.getByRole("heading", { level: 1, name: "middle" }).waitFor();
  });

  test("takes a note, tags and another name; a deleted tag comes back", async () => {
    const page = await surfer.open(route());
    await page.getByText("No note yet").waitFor();
    await page.keyboard.press("e");
    await page
      .getByRole("textbox", { name: "Note" })
      .fill("## Tried\n**less** dropout <script>window.harmed=1</script>");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("heading", { name: "Tried" }).waitFor();
    const tags = card(page, "Tags");
    await page.getByRole("button", { name: "Add to Tags" }).click();
    await page.getByRole("textbox", { name: "Key" }).fill("stage");
    await page.keyboard.press("Tab");
    await page.keyboard.type("candidate");
    await page.keyboard.press("Enter");
    await tags.getByText("candidate").waitFor();
    await tags.getByRole("button", { name: "Edit stage" }).click();
    await tags.getByRole("textbox", { name: "Value" }).fill("final");
    await tags.getByRole("button", { name: "Save" }).click();
    await tags.getByText("final").waitFor();
    await tags.getByRole("button", { name: "Delete stage" }).click();
    await expect.poll(() => tags.getByText("final").count()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await tags.getByText("final").waitFor();
    expect(await tags.getByRole("button", { name: "Edit mlflow.user" }).count()).toBe(0);
    await page.getByRole("button", { name: "More for this run" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill("renamed");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "renamed" }).waitFor();
    await seed.post("runs/update", { run_id: at.run, run_name: "middle" });
    expect(await page.evaluate(() => "harmed" in window)).toBe(false);
  });

  test("goes to the trash and comes back", async () => {
    const page = await surfer.open(route("", at.last));
    await page.getByRole("button", { name: "More for this run" }).click();
    await page.getByRole("menuitem", { name: "Delete run" }).click();
    await page.getByRole("alertdialog").or(page.getByRole("dialog")).getByRole("button", { name: "Delete" }).click();
    await page.getByText("in the trash").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => page.getByText("in the trash").count()).toBe(0);
  });

  test("registers a folder of its files as a new model, the version proposed", async () => {
    const page = await surfer.open(route());
    await page.getByRole("button", { name: "Register model" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "Model" }).fill("churn");
    await dialog.getByText("A new registered model").waitFor();
    await dialog.getByRole("textbox", { name: "Version" }).fill("one");
    await dialog.getByText("one is no semantic version").waitFor();
    await dialog.getByRole("textbox", { name: "Version" }).fill("");
    await dialog.getByText("1.0.0 comes next").waitFor();
    await dialog.getByRole("button", { name: "Register 1.0.0" }).click();
    await page.waitForURL(/#\/models\/churn\/versions\/1/);
    await page.goto(`${host.url}/#${route()}`);
    await page.getByRole("link", { name: "churn v1" }).waitFor();
    await page.getByRole("button", { name: "Register model" }).click();
    await dialog.getByRole("combobox", { name: "Model" }).fill("churn");
    await dialog.getByText("Versions so far: 1.0.0").waitFor();
    await dialog.getByText("1.0.1 comes next").waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

describe("what the client logged", () => {
  test("dataset and model show their columns, signature, example, environment and snippet", async () => {
    const page = await surfer.open(`/experiments/${at.loggedExperiment}/runs/${at.logged}`);
    const datasets = card(page, "Datasets 1");
    await datasets.getByText("customers", { exact: true }).click();
    await datasets.getByText("data/customers.csv").waitFor();
    await datasets.getByRole("row", { name: /age double/ }).waitFor();
    const models = card(page, "Logged models 1");
    await models.getByText("forest", { exact: true }).click();
    await models.getByText(`mlflow.pyfunc.load_model("models:/${at.model}")`).waitFor();
    await models.getByRole("row", { name: /city string/ }).waitFor();
    await models.getByText("Input example").click();
    await models.getByText("서울").waitFor();
    await models.getByText("Environment: requirements.txt").click();
    await models
      .getByText(/^mlflow/)
      .first()
      .waitFor();
    await models.getByRole("link", { name: "Open this model" }).click();
    await page.getByRole("heading", { level: 1, name: "forest" }).waitFor();
    await page.getByRole("treeitem", { name: "MLmodel" }).click();
    await page.waitForURL(/\/models\/m-[0-9a-f]+\/MLmodel/);
    await page.getByText("0.91").first().waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("an experiment lists its models, found by their name", async () => {
    const page = await surfer.open(`/experiments/${at.loggedExperiment}/models`);
    await page.getByRole("link", { name: "forest" }).waitFor();
    await page.getByText("accuracy 0.91").waitFor();
    await page.getByRole("searchbox", { name: "Search" }).fill("tree");
    await page.getByText("None matches “tree”").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("a model is registered from its run, by its name", async () => {
    const page = await surfer.open(`/experiments/${at.loggedExperiment}/runs/${at.logged}`);
    await page.getByRole("button", { name: "Register model" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByRole("combobox", { name: "From" }).inputValue()).toBe(at.model);
    await dialog.getByRole("combobox", { name: "Model" }).fill("forest");
    await dialog.getByRole("button", { name: "Register 1.0.0" }).click();
    await page.waitForURL(/#\/models\/forest\/versions\/1/);
    await page.goto(`${host.url}/#/experiments/${at.loggedExperiment}/models/${at.model}`);
    await page.getByRole("link", { name: "forest v1" }).waitFor();
  });
});

test.each([
  ["light", "en", "Overview"],
  ["dark", "ko", "개요"],
  ["dark", "ja", "概要"],
] as const)("the page is accessible and speaks the language: %s, %s", async (colours, language, overview) => {
  const context = await surfer.profile({ colours, language });
  for (const path of [route(), `/experiments/${at.loggedExperiment}/runs/${at.logged}`]) {
    const page = await surfer.open(path, { context });
    await page.getByRole("link", { name: overview }).waitFor();
    await page.locator("table").first().waitFor();
    expect(await violations(page), path).toEqual([]);
    await page.close();
  }
});
