"""Logs, as a script would, what GitLab can hold and what it cannot: each kind of thing once, under MLFLOW_TRACKING_URI."""
import os
import tempfile

import mlflow
import numpy
import pandas
from mlflow.models import infer_signature

LONG = "길다 " * 4000


class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2


def log_run():
    with mlflow.start_run(run_name="first name 가", description="**what** it is") as run:
        mlflow.log_params({"lr": 0.1, "한글/key": "값 😀", "long": LONG[:6000]})
        for step, value in enumerate([0.5, float("nan"), float("inf"), float("-inf"), -0.0, 1e308]):
            mlflow.log_metric("loss", value, step=step)
        mlflow.log_metric("손실", 1.5, step=2**31 + 7)
        mlflow.log_metric("same", 1.0, step=1)
        mlflow.log_metric("same", 2.0, step=1)
        mlflow.set_tags({"stage": "one", "gone": "soon", "long": LONG})
        mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0, 2.0]}), name="훈련"), context="training", tags={"split": "a"})
        with mlflow.start_run(run_name="child", nested=True):
            mlflow.log_metric("loss", 1)
            with mlflow.start_run(run_name="grandchild", nested=True):
                mlflow.log_param("deep", "yes")
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "하위/b c"))
            for path in ["plain.txt", "하위/weights.bin", "하위/b c/empty"]:
                with open(os.path.join(folder, path), "wb") as file:
                    file.write(b"" if path.endswith("empty") else path.encode() * 1000)
            mlflow.log_artifacts(folder, "out")
        sample = numpy.array([[1.0], [2.0]])
        info = mlflow.pyfunc.log_model(name="model", python_model=Doubler(), signature=infer_signature(sample, sample * 2), pip_requirements=["numpy"], registered_model_name="Doubler-1")
    return run.info.run_id, info.model_id


def change(run_id, model_id):
    client = mlflow.MlflowClient()
    client.update_run(run_id, name="second name 나")
    client.set_tag(run_id, "stage", "two")
    client.delete_tag(run_id, "gone")
    client.set_tag(run_id, "late", "")
    client.update_registered_model("Doubler-1", "두 배 *model*")
    client.set_registered_model_tag("Doubler-1", "owner", "팀")
    client.set_registered_model_alias("Doubler-1", "champion", 1)
    client.update_model_version("Doubler-1", 1, "first version")
    client.set_model_version_tag("Doubler-1", 1, "checked", "yes")
    client.create_model_version("Doubler-1", f"models:/{model_id}", run_id, tags={"gitlab.version": "2.1.0"}, model_id=model_id)
    client.set_registered_model_alias("Doubler-1", "challenger", 2)
    client.transition_model_version_stage("Doubler-1", 1, "Staging")


if __name__ == "__main__":
    mlflow.set_experiment("실험 one")
    mlflow.set_experiment_tag("mlflow.note.content", "a note")
    change(*log_run())
    with mlflow.start_run(run_name="failed"):
        mlflow.end_run("FAILED")
    mlflow.set_experiment("second")
    with mlflow.start_run(run_name="other"):
        mlflow.log_metric("loss", 0.25)
