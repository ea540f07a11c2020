/**
 * Who judges the GitLab double: the stock MLflow client, for what works with GitLab and for what is known to fail, and
 * python-gitlab for packages, pipelines and projects. Neither knows anything of this project.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { type GitlabDouble, startGitlabDouble } from "../doubles/gitlab/start.ts";
import { clientEnvironment, venvCommand } from "../helpers/python.ts";

/** What must hold → the function in gitlab/mlflow_client.py that proves it. */
const mlflowChecks = {
  "a run is logged and read": "logs_a_run",
  "files go up from the process that began the run": "uploads_files_and_folders_from_the_process_that_began_the_run",
  "a run's files are listed and come down": "lists_and_downloads_a_run_by_its_id",
  "files come down by the proxy's address": "downloads_by_the_proxy_address",
  "models:/ by id, by semantic version, latest": "downloads_versions_by_id_alias_and_latest",
  "a taken name is told": "tells_a_taken_name",
  "a metric's history": "reads_a_metric_history_where_there_is_one",
  "FAILS: files to a run that has some, from a new process": "cannot_upload_from_a_new_process_to_a_run_with_files",
  "FAILS: listing a version by its run": "cannot_list_a_version_by_its_run",
  "FAILS: listing by the proxy's address": "cannot_list_by_address",
  "FAILS: log_model": "cannot_log_a_model",
  "FAILS: ordering a search of runs": "cannot_order_a_search_of_runs",
  "FAILS: searching models": "cannot_search_models",
  "FAILS: the latest version of an empty model": "cannot_ask_an_empty_model_for_its_latest_version",
  "FAILS: a blank in a file's name": "a_blank_in_a_file_name_breaks_the_download_of_a_version",
} as const;

/** The same for gitlab/python_gitlab.py. */
const gitlabChecks = {
  "user, version, token, project": "knows_who_and_where",
  "401, 403 and 404 are told apart": "tells_refusals_apart",
  "packages page by page": "walks_the_pages_of_packages",
  "package files are listed and deleted": "lists_and_deletes_package_files",
  "pipelines are triggered, followed, cancelled": "triggers_and_follows_pipelines",
  "a 429 is waited for": "waits_when_told_to",
} as const;

type Outcomes = Readonly<Record<string, string | null>>;

/** Runs a script against a double of its own: the error of each check, null for one that passed. */
const judge = async (
  script: string,
  args: readonly string[],
  doubleArgs: readonly string[],
  environment: (double: GitlabDouble) => Record<string, string>,
): Promise<Outcomes> => {
  const folder = mkdtempSync(join(tmpdir(), "gitlab-judge-"));
  const double = await startGitlabDouble(doubleArgs);
  try {
    const { stdout } = await promisify(execFile)(
      venvCommand("python"),
      [join(import.meta.dirname, "gitlab", script), ...args],
      { env: environment(double), cwd: folder, timeout: 240_000, maxBuffer: 2 ** 24 },
    );
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  } finally {
    await double.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const asMlflow = (double: GitlabDouble): Record<string, string> => ({
  ...clientEnvironment(`${double.url}/api/v4/projects/team%2Fmodels/ml/mlflow`),
  MLFLOW_TRACKING_TOKEN: double.token("developer"),
});
const asGitlab = (double: GitlabDouble): Record<string, string> => ({
  ...clientEnvironment(double.url),
  GITLAB_DOUBLE_URL: double.url,
});

const older = ["logs_a_run", "reads_a_metric_history_where_there_is_one", "cannot_search_models"];

const suites = [
  ["the stock MLflow client, newer GitLab", mlflowChecks, () => judge("mlflow_client.py", ["newer"], [], asMlflow)],
  [
    "the stock MLflow client, older GitLab",
    Object.fromEntries(older.map((name) => [name, name])),
    () => judge("mlflow_client.py", ["older", ...older], ["--variant", "older"], asMlflow),
  ],
  ["python-gitlab", gitlabChecks, () => judge("python_gitlab.py", [], [], asGitlab)],
] as const;

describe.each(suites)("%s", (_name, checks, run) => {
  let outcomes: Outcomes = {};
  beforeAll(async () => {
    outcomes = await run();
  }, 250_000);
  test.each(Object.entries(checks))("%s", (_sentence, name) => {
    expect(outcomes[name]).toBeNull();
  });
  test("every check of the script is a test here", () => {
    expect(Object.keys(outcomes).toSorted()).toEqual(Object.values(checks).toSorted());
  });
});
