/**
 * The real MLflow Python client against a real Outpost, each check a test of its own. With CONFORMANCE_AGAINST=mlflow
 * the same checks run against `mlflow server`: they judge the checks themselves.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import { type PythonWorker, startMlflow, startPythonWorker } from "../helpers/python.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const againstMlflow = process.env["CONFORMANCE_AGAINST"] === "mlflow";

/** What a person may rely on → the function in python/checks_*.py that proves it. */
const checks = {
  "experiments and runs": {
    "a fluent run keeps its params, metrics, tags and times": "fluent_run",
    "a failed run says so and can be resumed": "failed_and_resumed_run",
    "nested runs know their parent": "nested_runs",
    "the end of a run prints links to it and its experiment": "run_end_prints_links",
    "the printed address serves a page": "printed_link_leads_to_a_page",
    "an experiment is made, tagged, renamed, deleted and restored": "experiment_life",
    "MlflowClient makes, fills, renames, deletes and restores a run": "client_run_life",
    "NaN, the smallest and the largest number come back": "numbers_that_are_not_finite",
    "a history longer than a page comes back whole and in order": "metric_history_beyond_one_page",
    "asynchronous logging loses nothing": "asynchronous_logging",
    "system metrics arrive": "system_metrics",
    "datasets are inputs that can be searched for": "datasets_as_inputs",
  },
  search: {
    "search_runs walks the pages in order": "runs_page_by_page",
    "deleted runs show in their own view only": "runs_of_all_stages",
    "search_experiments walks the pages in order": "experiments_page_by_page",
    "a wrong filter is refused by its code": "filters_that_are_wrong",
  },
  artifacts: {
    "files go up, are listed, come down equal, are deleted": "artifacts_up_down_list_delete",
    "log_text, log_dict, log_figure, log_image, log_table": "artifacts_of_every_kind",
    "a second upload replaces the first": "artifacts_overwritten",
    "a missing artifact is an error, an outside path is refused": "artifact_that_is_not_there",
    "MLflow's own command line searches, lists, downloads, uploads": "command_line",
  },
  models: {
    "log_model → load_model by runs:/, models:/name/1, @alias, latest, stage and id": "model_under_every_address",
    "register_model and copy_model_version of a run's model": "model_registered_afterwards",
    "logged models are searched, tagged and deleted": "logged_models_searched",
    "scikit-learn autologging": "sklearn_autolog",
    "a grid search logs a run per candidate": "sklearn_grid_search",
    "a scikit-learn model is registered and predicts the same": "sklearn_model_registered",
  },
  registry: {
    "a model is made, changed, renamed, deleted, made again": "model_life",
    "versions count up and are never given again": "version_life",
    "aliases move, go, and refuse reserved words": "aliases",
    "stages move and archive": "stages",
    "search_registered_models walks the pages in order": "models_page_by_page",
    "search_model_versions walks the pages in order": "versions_page_by_page",
    "prompts are models that model searches hide": "prompts_are_hidden_models",
  },
  "many at once": {
    "8 processes logging at once lose nothing": "eight_processes_at_once",
    "one name made by many is one name, its versions each once": "one_name_made_by_many",
  },
  errors: {
    "missing things are RESOURCE_DOES_NOT_EXIST": "missing_things",
    "taken names are RESOURCE_ALREADY_EXISTS": "taken_names",
    "a param never changes": "params_never_change",
    "a deleted run refuses writes": "deleted_runs_refuse_writes",
    "a batch over the limit is refused whole": "batches_over_the_limit",
    "an unknown endpoint is 404": "unknown_endpoint",
    "/health and /version answer as MLflow does": "health_and_version",
  },
} as const;

/** Where Outpost keeps what MLflow changes or loses; nothing that MLflow could pass. */
const deviations = {
  "±Infinity comes back as it was logged": "infinities_are_kept",
  "long params and tags are kept whole": "long_values_are_kept_whole",
  "OR, NOT, parentheses, IN and 150 clauses work": "filters_beyond_mlflow",
  "models:/name/2.1.0 finds the version of that semver": "model_by_semver",
} as const;

const timeoutMs = 300_000;
const folder = mkdtempSync(join(tmpdir(), "outpost-conformance-"));
let server: ServerProcess | undefined;
let client: PythonWorker | undefined;

beforeAll(async () => {
  server = againstMlflow ? await startMlflow(folder) : await startOutpost({ dataDir: folder });
  client = startPythonWorker(join(import.meta.dirname, "python/runner.py"), { trackingUri: server.url, cwd: folder });
}, 240_000);

afterAll(async () => {
  client?.stop();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const isOutcome = (answer: unknown): answer is { error: string | null } =>
  typeof answer === "object" && answer !== null && "error" in answer;

const passes = async (name: string): Promise<void> => {
  const answer = await client?.ask({ check: name }, timeoutMs);
  if (!isOutcome(answer)) throw new Error(`no outcome of ${name}: ${JSON.stringify(answer)}`);
  if (answer.error !== null) throw new Error(answer.error);
};

for (const [area, tests] of Object.entries(checks))
  describe(area, () => {
    for (const [sentence, name] of Object.entries(tests)) test(sentence, () => passes(name), timeoutMs);
  });

describe.skipIf(againstMlflow)("where Outpost differs on purpose", () => {
  for (const [sentence, name] of Object.entries(deviations)) test(sentence, () => passes(name), timeoutMs);
});

test("every check in python/ is a test here", async () => {
  const named = [...Object.values(checks).flatMap((tests) => Object.values(tests)), ...Object.values(deviations)];
  expect(await client?.ask({ list: true }, timeoutMs)).toEqual({ checks: named.toSorted() });
});
