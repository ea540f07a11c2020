"""Experiments and runs: the fluent interface and MlflowClient."""
import math
import time

import mlflow
from mlflow.entities import Metric, Param, RunTag
from runner import check, equal


@check
def fluent_run(place):
    experiment = place.experiment()
    with mlflow.start_run(run_name="first", description="a note", tags={"team": "blue"}) as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "é ключ": "ü", "optimizer": "adam"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"acc": 0.9, "f1": 0.8}, step=4)
        mlflow.set_tag("stage", "test")
        mlflow.set_tags({"a/b": "1", "c.d": "2"})
    got = mlflow.get_run(run.info.run_id)
    equal(got.info.experiment_id, experiment)
    equal(got.info.run_name, "first")
    equal(got.info.status, "FINISHED")
    equal(got.info.lifecycle_stage, "active")
    equal(got.data.params, {"lr": "0.1", "depth": "3", "é ключ": "ü", "optimizer": "adam"})
    equal(got.data.metrics, {"loss": 0.2, "acc": 0.9, "f1": 0.8})
    for key, value in {"team": "blue", "stage": "test", "a/b": "1", "c.d": "2", "mlflow.note.content": "a note", "mlflow.runName": "first"}.items():
        equal(got.data.tags[key], value, key)
    assert got.info.end_time >= got.info.start_time > 1_600_000_000_000
    assert got.info.artifact_uri.startswith("mlflow-artifacts:/")
    equal([(m.step, m.value) for m in place.client().get_metric_history(run.info.run_id, "loss")], [(s, 1 / (s + 1)) for s in range(5)])


@check
def failed_and_resumed_run(place):
    place.experiment()
    try:
        with mlflow.start_run() as run:
            mlflow.log_metric("x", 1)
            raise KeyError("training broke")
    except KeyError:
        pass
    equal(mlflow.get_run(run.info.run_id).info.status, "FAILED")
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("x", 2, step=1)
    again = mlflow.get_run(run.info.run_id)
    equal(again.info.status, "FINISHED")
    equal(again.data.metrics["x"], 2.0)


@check
def nested_runs(place):
    experiment = place.experiment()
    with mlflow.start_run(run_name="parent") as parent:
        children = []
        for i in range(3):
            with mlflow.start_run(run_name=f"child-{i}", nested=True) as child:
                mlflow.log_metric("score", i)
                children.append(child.info.run_id)
    found = mlflow.search_runs([experiment], filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score ASC"])
    equal(list(found.run_id), children)
    equal(mlflow.get_parent_run(children[0]).info.run_id, parent.info.run_id)


@check
def run_end_prints_links(place):
    experiment = place.experiment()
    client = place.client()
    with mlflow.start_run(run_name="linked") as run:
        pass
    printed = place.printed.getvalue()
    assert f"{place.uri}/#/experiments/{experiment}/runs/{run.info.run_id}" in printed, printed
    assert f"{place.uri}/#/experiments/{experiment}\n" in printed, printed
    client.set_terminated(run.info.run_id, "KILLED")
    equal(client.get_run(run.info.run_id).info.status, "KILLED")


@check
def printed_link_leads_to_a_page(place):
    import requests

    answer = requests.get(place.uri + "/", timeout=10)
    equal(answer.status_code, 200)
    assert "text/html" in answer.headers["content-type"], answer.headers


@check
def experiment_life(place):
    client = place.client()
    experiment = client.create_experiment(place.name, tags={"owner": "ann"})
    got = client.get_experiment(experiment)
    equal((got.name, got.tags, got.lifecycle_stage), (place.name, {"owner": "ann"}, "active"))
    assert got.artifact_location.startswith("mlflow-artifacts:/"), got.artifact_location
    client.set_experiment_tag(experiment, "phase", "2")
    client.delete_experiment_tag(experiment, "owner")
    client.rename_experiment(experiment, place.name + "-new")
    equal(client.get_experiment_by_name(place.name), None)
    equal(client.get_experiment_by_name(place.name + "-new").tags, {"phase": "2"})
    run = client.create_run(experiment)
    client.delete_experiment(experiment)
    equal(client.get_experiment(experiment).lifecycle_stage, "deleted")
    equal(client.get_run(run.info.run_id).info.lifecycle_stage, "deleted")
    client.restore_experiment(experiment)
    equal(client.get_run(run.info.run_id).info.lifecycle_stage, "active")


@check
def client_run_life(place):
    experiment = place.experiment()
    client = place.client()
    run = client.create_run(experiment, start_time=1234, tags={"k": "v"}, run_name="by-client").info.run_id
    client.log_batch(run, metrics=[Metric("m", i, 1000 + i, i) for i in range(100)], params=[Param(f"p{i}", str(i)) for i in range(100)], tags=[RunTag(f"t{i}", str(i)) for i in range(90)])
    client.update_run(run, status="FINISHED", name="renamed")
    client.delete_tag(run, "k")
    got = client.get_run(run)
    equal((got.info.run_name, got.info.status, got.info.start_time), ("renamed", "FINISHED", 1234))
    equal(got.data.tags["mlflow.runName"], "renamed")
    equal(len(got.data.params), 100)
    assert "k" not in got.data.tags
    equal(len(client.get_metric_history(run, "m")), 100)
    client.delete_run(run)
    equal(client.get_run(run).info.lifecycle_stage, "deleted")
    equal(len(client.search_runs([experiment])), 0)
    client.restore_run(run)
    equal(len(client.search_runs([experiment])), 1)


@check
def numbers_that_are_not_finite(place):
    place.experiment()
    with mlflow.start_run() as run:
        mlflow.log_metric("nan", math.nan)
        mlflow.log_metric("tiny", 5e-324)
        mlflow.log_metric("huge", 1.7976931348623157e308)
    got = mlflow.get_run(run.info.run_id).data.metrics
    assert math.isnan(got["nan"]), got
    equal((got["tiny"], got["huge"]), (5e-324, 1.7976931348623157e308))


@check
def infinities_are_kept(place):
    place.experiment()
    with mlflow.start_run() as run:
        mlflow.log_metric("up", math.inf)
        mlflow.log_metric("down", -math.inf)
    equal(mlflow.get_run(run.info.run_id).data.metrics, {"up": math.inf, "down": -math.inf})


@check
def long_values_are_kept_whole(place):
    place.experiment()
    long = "y" * 60_000
    with mlflow.start_run() as run:
        place.client().log_param(run.info.run_id, "long", long)
        place.client().set_tag(run.info.run_id, "long", long)
    got = mlflow.get_run(run.info.run_id).data
    equal((len(got.params["long"]), len(got.tags["long"])), (60_000, 60_000))


@check
def metric_history_beyond_one_page(place):
    experiment = place.experiment()
    client = place.client()
    run = client.create_run(experiment).info.run_id
    total = 26_000  # the client asks for pages of 25,000
    for start in range(0, total, 1000):
        client.log_batch(run, metrics=[Metric("m", i, i, i) for i in range(start, start + 1000)])
    equal([m.step for m in client.get_metric_history(run, "m")], list(range(total)))


@check
def asynchronous_logging(place):
    place.experiment()
    with mlflow.start_run() as run:
        pending = [mlflow.log_metric("m", i, step=i, synchronous=False) for i in range(300)]
        pending.append(mlflow.log_params({f"p{i}": i for i in range(250)}, synchronous=False))
        pending.append(mlflow.set_tags({f"t{i}": i for i in range(30)}, synchronous=False))
        for each in pending:
            each.wait()
        mlflow.flush_async_logging()
    got = mlflow.get_run(run.info.run_id).data
    equal(sorted(m.step for m in place.client().get_metric_history(run.info.run_id, "m")), list(range(300)))
    equal(len(got.params), 250)
    equal(len([t for t in got.tags if t.startswith("t")]), 30)


@check
def system_metrics(place):
    place.experiment()
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        time.sleep(2)
    keys = mlflow.get_run(run.info.run_id).data.metrics.keys()
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= set(keys), keys


@check
def datasets_as_inputs(place):
    import pandas

    experiment = place.experiment()
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    train = mlflow.data.from_pandas(frame, name="train-set", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(train, context="training", tags={"split": "a"})
        mlflow.log_input(mlflow.data.from_pandas(frame * 2, name="eval-set"), context="eval")
        mlflow.log_metric("acc", 0.5, dataset=train)
    inputs = {i.dataset.name: i for i in mlflow.get_run(run.info.run_id).inputs.dataset_inputs}
    equal(set(inputs), {"train-set", "eval-set"})
    got = inputs["train-set"]
    equal({t.key: t.value for t in got.tags}, {"mlflow.data.context": "training", "split": "a"})
    equal(got.dataset.digest, train.digest)
    equal(mlflow.data.get_source(got.dataset).to_dict(), train.source.to_dict())
    found = mlflow.search_runs([experiment], filter_string="datasets.name = 'train-set' AND datasets.context = 'training'")
    equal(list(found.run_id), [run.info.run_id])
