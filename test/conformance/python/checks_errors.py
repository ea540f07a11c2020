"""What the client raises: error codes and HTTP statuses a script may depend on."""
import mlflow
import requests
from mlflow.entities import Metric, Param
from runner import check, equal, refused


@check
def missing_things(place):
    client = place.client()
    place.experiment()
    with refused("RESOURCE_DOES_NOT_EXIST", 404):
        client.get_run("0" * 32)
    with refused("RESOURCE_DOES_NOT_EXIST", 404):
        client.get_experiment("99999999")
    with refused("RESOURCE_DOES_NOT_EXIST", 404):
        client.get_registered_model(place.name)
    with refused("RESOURCE_DOES_NOT_EXIST", 404):
        client.log_metric("0" * 32, "m", 1)
    with refused("RESOURCE_DOES_NOT_EXIST", 404):
        client.get_logged_model("m-" + "0" * 32)
    equal(client.get_experiment_by_name(place.name + "-none"), None)


@check
def taken_names(place):
    client = place.client()
    client.create_experiment(place.name)
    with refused("RESOURCE_ALREADY_EXISTS", 400):
        client.create_experiment(place.name)
    client.create_registered_model(place.name)
    with refused("RESOURCE_ALREADY_EXISTS", 400):
        client.create_registered_model(place.name)


@check
def params_never_change(place):
    experiment = place.experiment()
    client = place.client()
    run = client.create_run(experiment).info.run_id
    client.log_param(run, "lr", "0.1")
    client.log_param(run, "lr", "0.1")
    with refused("INVALID_PARAMETER_VALUE", 400):
        client.log_param(run, "lr", "0.2")
    with refused("INVALID_PARAMETER_VALUE", 400):
        client.log_batch(run, metrics=[Metric("m", 1, 1, 0)], params=[Param("lr", "0.3")])
    got = client.get_run(run).data
    equal(got.params, {"lr": "0.1"})


@check
def deleted_runs_refuse_writes(place):
    experiment = place.experiment()
    client = place.client()
    run = client.create_run(experiment).info.run_id
    client.delete_run(run)
    with refused("INVALID_PARAMETER_VALUE", 400):
        client.log_metric(run, "m", 1)
    with refused("INVALID_PARAMETER_VALUE", 400):
        client.set_tag(run, "k", "v")


@check
def batches_over_the_limit(place):
    experiment = place.experiment()
    run = place.client().create_run(experiment).info.run_id
    answer = requests.post(
        f"{place.uri}/api/2.0/mlflow/runs/log-batch",
        json={"run_id": run, "metrics": [{"key": "m", "value": 1, "timestamp": i, "step": i} for i in range(1001)]},
        timeout=30,
    )
    equal((answer.status_code, answer.json()["error_code"]), (400, "INVALID_PARAMETER_VALUE"))
    equal(place.client().get_metric_history(run, "m"), [])


@check
def unknown_endpoint(place):
    answer = requests.get(f"{place.uri}/api/2.0/mlflow/no-such-thing", timeout=10)
    equal(answer.status_code, 404)


@check
def health_and_version(place):
    equal(requests.get(f"{place.uri}/health", timeout=10).text, "OK")
    equal(requests.get(f"{place.uri}/version", timeout=10).text, mlflow.__version__)
