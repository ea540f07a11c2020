"""Files of a run: up, down, listed, deleted; and the log_* functions that write them."""
import glob
import json
import os
import subprocess
import sys

import mlflow
import requests
from runner import check, equal


@check
def artifacts_up_down_list_delete(place):
    place.experiment()
    client = place.client()
    big = os.urandom(3 * 1024 * 1024 + 17)
    place.file("tree/a.txt", "hello")
    place.file("tree/sub/b.bin", big)
    place.file("tree/sub/empty", b"")
    place.file("tree/sub/ünï côdé.json", "{}")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(place.path("tree"), "data")
        mlflow.log_artifact(place.path("tree/a.txt"))
    run_id = run.info.run_id
    equal([(f.path, f.is_dir, f.file_size) for f in client.list_artifacts(run_id)], [("a.txt", False, 5), ("data", True, None)])
    equal([(f.path, f.file_size) for f in client.list_artifacts(run_id, "data/sub")], [("data/sub/b.bin", len(big)), ("data/sub/empty", None), ("data/sub/ünï côdé.json", 2)])
    equal(client.list_artifacts(run_id, "data/a.txt"), [])
    down = mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=place.path("down"))
    for name, content in {"a.txt": b"hello", "data/sub/b.bin": big, "data/sub/empty": b"", "data/sub/ünï côdé.json": b"{}"}.items():
        with open(os.path.join(down, name), "rb") as f:
            equal(f.read() == content, True, name)
    equal(mlflow.artifacts.load_text(f"runs:/{run_id}/a.txt"), "hello")
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("data/sub")
    equal([f.path for f in client.list_artifacts(run_id, "data")], ["data/a.txt"])


@check
def artifacts_of_every_kind(place):
    import numpy
    import pandas
    from matplotlib import pyplot

    place.experiment()
    client = place.client()
    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    with mlflow.start_run() as run:
        mlflow.log_text("grüße", "notes/text.txt")
        mlflow.log_dict({"a": [1, 2]}, "d.json")
        mlflow.log_dict({"a": [1, 2]}, "d.yaml")
        mlflow.log_figure(figure, "plots/figure.png")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), "plots/image.png")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), key="sample", step=1)
        mlflow.log_table({"q": ["one", "two"], "n": [1, 2]}, "table.json")
        mlflow.log_table({"q": ["three"], "n": [3]}, "table.json")
    pyplot.close(figure)
    run_id = run.info.run_id
    equal({f.path for f in client.list_artifacts(run_id)}, {"notes", "d.json", "d.yaml", "plots", "images", "table.json"})
    equal(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/text.txt"), "grüße")
    equal(mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/d.json"), {"a": [1, 2]})
    equal(mlflow.artifacts.load_image(f"{run.info.artifact_uri}/plots/image.png").size, (4, 4))
    table = mlflow.load_table("table.json", run_ids=[run_id])
    pandas.testing.assert_series_equal(table["n"], pandas.Series([1, 2, 3], name="n"))
    assert json.loads(mlflow.get_run(run_id).data.tags["mlflow.loggedArtifacts"]), "the table's tag"
    equal(len(client.list_artifacts(run_id, "images")) >= 2, True, "image and its thumbnail")


@check
def artifacts_overwritten(place):
    place.experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("first, and longer", "x.txt")
        mlflow.log_text("second", "x.txt")
    equal(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/x.txt"), "second")
    equal([(f.path, f.file_size) for f in place.client().list_artifacts(run.info.run_id)], [("x.txt", 6)])


@check
def artifact_that_is_not_there(place):
    place.experiment()
    with mlflow.start_run() as run:
        pass
    equal(place.client().list_artifacts(run.info.run_id), [])
    try:
        mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="nope.txt", dst_path=place.folder)
    except Exception as e:
        assert "404" in str(e) or "No such" in str(e) or "not exist" in str(e) or "nope.txt" in str(e), e
    else:
        raise AssertionError("a missing artifact was downloaded")
    try:
        place.client().list_artifacts(run.info.run_id, "../..")
    except requests.HTTPError as e:
        equal((e.response.status_code, e.response.json()["error_code"]), (400, "INVALID_PARAMETER_VALUE"))
    else:
        raise AssertionError("a path outside the run was listed")


@check
def command_line(place):
    experiment = place.experiment()
    with mlflow.start_run() as run:
        mlflow.log_text("by command", "deep/file.txt")
    def cli(*args):
        done = subprocess.run([sys.executable, "-m", "mlflow", *args], capture_output=True, text=True, timeout=120)
        equal(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout
    assert place.name in cli("experiments", "search"), "experiments search"
    assert run.info.run_id in cli("runs", "list", "--experiment-id", experiment), "runs list"
    assert "deep" in cli("artifacts", "list", "--run-id", run.info.run_id), "artifacts list"
    cli("artifacts", "download", "--run-id", run.info.run_id, "--artifact-path", "deep/file.txt", "--dst-path", place.folder)
    (found,) = glob.glob(place.path("**/file.txt"), recursive=True)
    with open(found) as f:
        equal(f.read(), "by command")
    cli("artifacts", "log-artifact", "--run-id", run.info.run_id, "--local-file", place.file("up.txt", "up"))
    equal(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/up.txt"), "up")
