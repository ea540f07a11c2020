"""The stock MLflow client against the GitLab double: what works with GitLab, and what does not. Prints one JSON object."""
import json
import os
import sys
import tempfile
import traceback

import mlflow
import requests
from mlflow.exceptions import MlflowException

URI = os.environ["MLFLOW_TRACKING_URI"]
PACKAGES = URI.replace("/ml/mlflow", "/packages/ml_models")
BEARER = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}
CHECKS = {}
client = mlflow.MlflowClient()


def check(function):
    CHECKS[function.__name__] = function
    return function


def fails(action, *parts):
    """The action must raise, and its words must hold every part."""
    try:
        action()
    except Exception as e:
        text = f"{type(e).__name__}: {e}"
        missing = [part for part in parts if part not in text]
        assert not missing, f"{missing} not in {text}"
        return
    raise AssertionError("nothing was raised")


def forget_repositories():
    """What a new process knows of a run's artifact repository: nothing."""
    from mlflow.tracking._tracking_service import utils

    utils._artifact_repos_cache.clear()
    return mlflow.MlflowClient()


def a_run(*files):
    experiment = client.create_experiment(f"e-{os.urandom(4).hex()}")
    run = client.create_run(experiment, run_name="r")
    for name in files:
        client.log_text(run.info.run_id, name, name)
    return run.info.run_id


def a_version(name, *files):
    client.create_registered_model(name)
    version = client.create_model_version(name, source="")
    for file in files:
        requests.put(f"{PACKAGES}/{version.version}/files/{file}", data=file, headers=BEARER).raise_for_status()
    return version


def read(uri):
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(uri, dst_path=folder)
        with open(path) as f:
            return f.read()


@check
def logs_a_run():
    mlflow.set_experiment("fluent")
    with mlflow.start_run(run_name="named") as run:
        mlflow.log_param("p", 1)
        mlflow.log_metric("m", 0.5, step=1)
        mlflow.log_metrics({"m": 0.25}, step=2)
        mlflow.set_tag("t", "v")
    got = client.get_run(run.info.run_id)
    assert (got.info.run_name, got.info.status) == ("named", "FINISHED"), got.info
    assert got.data.params == {"p": "1"} and got.data.metrics["m"] == 0.25 and got.data.tags["t"] == "v", got.data


@check
def uploads_files_and_folders_from_the_process_that_began_the_run():
    run = a_run("a.txt", "folder/b.txt")
    client.log_dict(run, {"x": 1}, "d.json")
    assert read(f"runs:/{run}/a.txt") == "a.txt"


@check
def lists_and_downloads_a_run_by_its_id():
    run = a_run("a.txt")
    fresh = forget_repositories()
    assert [f.path for f in fresh.list_artifacts(run)] == ["a.txt"]
    with tempfile.TemporaryDirectory() as folder:
        assert os.listdir(mlflow.artifacts.download_artifacts(run_id=run, dst_path=folder)) == ["a.txt"]


@check
def downloads_by_the_proxy_address():
    run = a_run("a.txt")
    uri = client.get_run(run).info.artifact_uri
    assert uri.startswith("mlflow-artifacts:/candidate:"), uri
    assert read(f"{uri}/a.txt") == "a.txt"


@check
def downloads_versions_by_id_alias_and_latest():
    version = a_version("named-model", "m.txt")
    for ref in (f"/{version.version}", "@1.0.0", "/latest"):
        with tempfile.TemporaryDirectory() as folder:
            got = mlflow.artifacts.download_artifacts(f"models:/named-model{ref}", dst_path=folder)
            assert os.listdir(got) == ["m.txt"], (ref, os.listdir(got))


@check
def cannot_upload_from_a_new_process_to_a_run_with_files():
    run = a_run("a.txt")
    fresh = forget_repositories()
    fails(lambda: fresh.log_text(run, "b", "b.txt"), "405")


@check
def cannot_list_a_version_by_its_run():
    version = a_version("by-run", "m.txt")
    fails(lambda: forget_repositories().list_artifacts(version.run_id), "ValueError")


@check
def cannot_list_by_address():
    run = a_run("a.txt")
    fails(lambda: mlflow.artifacts.list_artifacts(client.get_run(run).info.artifact_uri), "404")


@check
def cannot_log_a_model():
    import mlflow.pyfunc

    mlflow.set_experiment("log-model")
    with mlflow.start_run():
        fails(lambda: client.create_logged_model(client.get_experiment_by_name("log-model").experiment_id), "404")


@check
def cannot_order_a_search_of_runs():
    experiment = client.get_run(a_run()).info.experiment_id
    assert len(client.search_runs([experiment])) == 1
    fails(lambda: client.search_runs([experiment], order_by=["metrics.m DESC"]), "order_by is invalid")


@check
def cannot_search_models():
    a_version("searched")
    fails(lambda: client.search_registered_models(), "Invalid attribute key")
    assert list(client.search_registered_models("name='searched'")) == []


@check
def cannot_ask_an_empty_model_for_its_latest_version():
    client.create_registered_model("empty-model")
    fails(lambda: client.get_latest_versions("empty-model"))


@check
def a_blank_in_a_file_name_breaks_the_download_of_a_version():
    a_version("blank", "a%20b.txt")
    fails(lambda: read("models:/blank/latest"), "RESOURCE_DOES_NOT_EXIST")


@check
def reads_a_metric_history_where_there_is_one():
    run = a_run()
    client.log_metric(run, "m", 1.5, step=1)
    if sys.argv[1] == "newer":
        assert [m.value for m in client.get_metric_history(run, "m")] == [1.5]
    else:
        fails(lambda: client.get_metric_history(run, "m"), "404")


@check
def tells_a_taken_name():
    client.create_registered_model("taken")
    try:
        client.create_registered_model("taken")
    except MlflowException as e:
        assert e.error_code == "RESOURCE_ALREADY_EXISTS", e.error_code


outcomes = {}
for name in sys.argv[2:] or CHECKS:
    try:
        CHECKS[name]()
        outcomes[name] = None
    except Exception:
        outcomes[name] = traceback.format_exc()
print(json.dumps(outcomes))
