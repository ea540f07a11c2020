"""Runs checks by name against the server of MLFLOW_TRACKING_URI: one JSON request per line in, one JSON answer per line out."""
import contextlib
import io
import json
import os
import sys
import tempfile
import time
import traceback
import uuid

CHECKS = {}


class Place:
    """What one check works in: names nobody else uses and a folder of its own."""

    def __init__(self, name, folder):
        self.uri = os.environ["MLFLOW_TRACKING_URI"]
        self.name = f"{name}-{uuid.uuid4().hex[:8]}"
        self.folder = folder
        self.printed = io.StringIO()

    def experiment(self):
        """A fresh experiment, made the active one; returns its id."""
        import mlflow

        mlflow.set_tracking_uri(self.uri)
        while mlflow.active_run():
            mlflow.end_run()
        return mlflow.set_experiment(self.name).experiment_id

    def client(self):
        import mlflow

        return mlflow.MlflowClient(self.uri)

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, content):
        """A file of the given bytes or text in this check's folder; returns its path."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return path


def check(function):
    """Makes a function a check, callable by its name."""
    CHECKS[function.__name__] = function
    return function


def equal(got, want, what="value"):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


@contextlib.contextmanager
def refused(code, status=None):
    """The body must raise MLflow's exception with this error code (and HTTP status)."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as e:
        equal(e.error_code, code, "error code")
        if status is not None:
            equal(e.get_http_status_code(), status, "HTTP status")
    else:
        raise AssertionError(f"not refused; expected {code}")


def run(name):
    started = time.time()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(name, folder)
        try:
            with contextlib.redirect_stdout(place.printed), contextlib.redirect_stderr(place.printed):
                CHECKS[name](place)
            error = None
        except BaseException:
            error = traceback.format_exc() + "\nprinted:\n" + place.printed.getvalue()[-4000:]
    return {"check": name, "error": error, "seconds": round(time.time() - started, 2)}


def main():
    import checks_artifacts, checks_errors, checks_models, checks_parallel, checks_registry, checks_search, checks_sklearn, checks_tracking  # noqa: E401, F401

    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")  # what a check prints must not look like an answer
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"checks": sorted(CHECKS)} if request.get("list") else run(request["check"])
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    sys.modules["runner"] = sys.modules["__main__"]
    main()
