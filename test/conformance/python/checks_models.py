"""Models of MLflow 3: logged, registered, found again under every kind of address."""
import mlflow
import numpy
from mlflow.models import infer_signature
from runner import check, equal


class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2


def _log(name="model", **options):
    sample = numpy.array([[1.0], [2.0]])
    return mlflow.pyfunc.log_model(name=name, python_model=Doubler(), signature=infer_signature(sample, sample * 2), pip_requirements=["numpy"], **options)


def _doubles(uri):
    got = mlflow.pyfunc.load_model(uri).predict(numpy.array([[3.0]]))
    equal(numpy.asarray(got).tolist(), [[6.0]], uri)


@check
def model_under_every_address(place):
    place.experiment()
    client = place.client()
    with mlflow.start_run() as run:
        info = _log(registered_model_name=place.name)
        mlflow.log_metric("acc", 0.75, model_id=info.model_id)
    client.set_registered_model_alias(place.name, "champion", 1)
    client.transition_model_version_stage(place.name, 1, "Staging")
    for uri in [info.model_uri, f"runs:/{run.info.run_id}/model", f"models:/{place.name}/1", f"models:/{place.name}@champion", f"models:/{place.name}/latest", f"models:/{place.name}/Staging", f"models:/{info.model_id}"]:
        _doubles(uri)
    version = client.get_model_version(place.name, 1)
    equal((version.run_id, version.source, version.status), (run.info.run_id, f"models:/{info.model_id}", "READY"))
    equal([m.model_id for m in mlflow.get_run(run.info.run_id).outputs.model_outputs], [info.model_id])
    mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{place.name}/1", dst_path=place.path("down"))


@check
def model_by_semver(place):
    place.experiment()
    with mlflow.start_run():
        _log(registered_model_name=place.name)
    with mlflow.start_run():
        second = _log()
    client = place.client()
    client.create_model_version(place.name, f"models:/{second.model_id}", model_id=second.model_id, tags={"gitlab.version": "2.1.0"})
    _doubles(f"models:/{place.name}/2.1.0")
    equal([int(v.version) for v in client.get_latest_versions(place.name, ["2.1.0"])], [2])


@check
def model_registered_afterwards(place):
    place.experiment()
    with mlflow.start_run() as run:
        _log()
    version = mlflow.register_model(f"runs:/{run.info.run_id}/model", place.name, tags={"k": "v"})
    equal((int(version.version), version.status), (1, "READY"))
    _doubles(f"models:/{place.name}/1")
    copied = place.client().copy_model_version(f"models:/{place.name}/1", place.name + "-copy")
    equal(int(copied.version), 1)
    _doubles(f"models:/{place.name}-copy/1")


@check
def logged_models_searched(place):
    experiment = place.experiment()
    ids = []
    for i in range(3):
        with mlflow.start_run():
            model = mlflow.create_external_model(name=f"external-{i}", params={"depth": str(i)}, tags={"kind": "x"}, model_type="agent")
            mlflow.log_metric("score", i, model_id=model.model_id)
            ids.append(model.model_id)
    found = mlflow.search_logged_models([experiment], filter_string="metrics.score >= 1 AND params.depth != '7'", order_by=[{"field_name": "metrics.score", "ascending": False}], output_format="list")
    equal([m.model_id for m in found], [ids[2], ids[1]])
    first = place.client().search_logged_models([experiment], max_results=2)
    rest = place.client().search_logged_models([experiment], max_results=2, page_token=first.token)
    equal(sorted(m.model_id for m in [*first, *rest]), sorted(ids))
    got = mlflow.get_logged_model(ids[1])
    equal((got.name, got.params, got.model_type), ("external-1", {"depth": "1"}, "agent"))
    mlflow.set_logged_model_tags(ids[1], {"fresh": "yes"})
    mlflow.delete_logged_model_tag(ids[1], "kind")
    tags = mlflow.get_logged_model(ids[1]).tags
    equal((tags.get("fresh"), "kind" in tags), ("yes", False))
    place.client().delete_logged_model(ids[0])
    equal(len(place.client().search_logged_models([experiment])), 2)
