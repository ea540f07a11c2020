"""What a first user does, through the real MLflow client: log, read back, register. Fails loudly; prints the client's version."""

import os
import sys
import tempfile

import mlflow

uri = os.environ["MLFLOW_TRACKING_URI"]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment("smoke")
with mlflow.start_run(run_name="first") as run:
    mlflow.log_params({"lr": 0.1, "layers": 3})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_text("kept as it was", "notes/a.txt")

client = mlflow.MlflowClient()
read = client.get_run(run.info.run_id)
assert read.info.status == "FINISHED", read.info.status
assert read.data.params == {"lr": "0.1", "layers": "3"}, read.data.params
assert len(client.get_metric_history(run.info.run_id, "loss")) == 5
assert [found.info.run_id for found in client.search_runs(["0", read.info.experiment_id], "metrics.loss < 0.5")] == [run.info.run_id]
with tempfile.TemporaryDirectory() as folder:
    with open(client.download_artifacts(run.info.run_id, "notes/a.txt", folder), encoding="utf-8") as file:
        assert file.read() == "kept as it was"
client.create_registered_model("smoke-model")
version = client.create_model_version("smoke-model", f"runs:/{run.info.run_id}/notes", run.info.run_id)
assert version.version in (1, "1"), version.version
sys.stdout.write(f"mlflow {mlflow.__version__}\n")
