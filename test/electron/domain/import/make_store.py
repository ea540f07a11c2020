"""Fills a tracking store with everything that an import must carry, through the real client.

Usage: make_store.py TRACKING_URI [ARTIFACT_FOLDER]. Prints the ids as JSON.
"""

import json
import sys

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param

uri = sys.argv[1]
artifacts = sys.argv[2] if len(sys.argv) > 2 else None
mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
client = MlflowClient(uri, uri)


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[str]) -> list[str]:
        return model_input


def experiment(name, tags=None):
    return client.create_experiment(name, artifact_location=f"{artifacts}/{name}" if artifacts else None, tags=tags)


def run(experiment_id, name, status="FINISHED", **kwargs):
    created = client.create_run(experiment_id, run_name=name, **kwargs)
    if status:
        client.set_terminated(created.info.run_id, status)
    return created.info.run_id


alpha = experiment("alpha", {"team": "vision", "mlflow.note.content": "# note"})
gone = experiment("gone")

first = client.create_run(alpha, run_name="first", tags={"who": "me"}, start_time=1700000000000).info.run_id
client.log_batch(
    first,
    metrics=[Metric("loss", 1.0 / (i + 1), 1700000000000 + i, i) for i in range(1000)],
    params=[Param("lr", "0.1"), Param("multi", "a\nb"), Param("null-like", "null"), Param("nested/key", "1e3")],
)
client.log_metric(first, "nan metric", float("nan"), 5, 0)
client.log_metric(first, "inf", float("inf"), 6, 1)
client.log_metric(first, "inf", float("-inf"), 7, 2)
client.log_metric(first, "nested/metric", 1e-300, 8, -3)
client.log_text(first, "hello", "notes/hello.txt")
client.log_text(first, "", "empty.txt")
client.log_text(first, "flavors: {}\n", "model/MLmodel")
dataset = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), name="train-data", source="/data/train.csv")
with mlflow.start_run(run_id=first):
    mlflow.log_input(dataset, context="training")
client.set_terminated(first, "FINISHED", 1700000100000)

running = run(alpha, "running one", status=None)
client.log_metric(running, "loss", 2.0, 10, 0)
dead = run(alpha, "deleted one", "FAILED")
client.delete_run(dead)
in_gone = run(gone, "in gone", "KILLED")
client.delete_experiment(gone)

mlflow.set_experiment(experiment_id=alpha)
with mlflow.start_run(run_name="model run") as active:
    info = mlflow.pyfunc.log_model(
        name="echo",
        python_model=Echo(),
        registered_model_name="churn",
        pip_requirements=[],
        params={"depth": "3"},
        step=4,
    )
    mlflow.log_metric("acc", 0.9, step=4, model_id=info.model_id, dataset=dataset)
client.set_logged_model_tags(info.model_id, {"k": "v"})

client.create_model_version("churn", f"runs:/{first}/model", first, tags={"t": "x"}, description="second")
client.update_registered_model("churn", "the churn model")
client.set_registered_model_tag("churn", "owner", "me")
client.set_registered_model_alias("churn", "champion", "2")
client.transition_model_version_stage("churn", "1", "Production")
client.create_registered_model("empty model")
client.create_registered_model("old")
client.create_model_version("old", f"runs:/{first}/model", first)
client.create_model_version("old", "s3://bucket/model")
client.delete_model_version("old", "1")
mlflow.register_prompt("greeting", "Hello {{name}}")


@mlflow.trace
def traced(x):
    return x


traced(1)
mlflow.flush_trace_async_logging()
print(
    json.dumps(
        {
            "first": first,
            "running": running,
            "dead": dead,
            "in_gone": in_gone,
            "model_run": active.info.run_id,
            "logged_model": info.model_id,
        }
    )
)
