"""Searches: filters, orders and pages as the Python client walks them."""
import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType
from runner import check, equal, refused


def _runs(place, count):
    experiment = place.experiment()
    client = place.client()
    for i in range(count):
        run = client.create_run(experiment, run_name=f"run-{i:03d}", start_time=1_000 + i).info.run_id
        client.log_batch(run, metrics=[Metric("loss", i, 1, 0)], params=[Param("fold", str(i % 3))], tags=[RunTag("kind", "even" if i % 2 == 0 else "odd")])
    return experiment, client


@check
def runs_page_by_page(place):
    experiment, client = _runs(place, 25)
    seen, token, pages = [], None, 0
    while True:
        page = client.search_runs([experiment], order_by=["metrics.loss DESC"], max_results=10, page_token=token)
        seen += [r.data.metrics["loss"] for r in page]
        pages, token = pages + 1, page.token
        if not token:
            break
    equal(seen, [float(i) for i in reversed(range(25))])
    equal(pages, 3)
    equal(len(mlflow.search_runs([experiment])), 25)  # the fluent search gathers all pages itself
    frame = mlflow.search_runs([experiment], filter_string="params.fold = '1' and tags.kind = 'odd' and metrics.loss > 3", order_by=["start_time"])
    equal(list(frame["metrics.loss"]), [7.0, 13.0, 19.0])


@check
def runs_of_all_stages(place):
    experiment, client = _runs(place, 4)
    gone = client.search_runs([experiment], filter_string="attributes.run_name = 'run-000'")[0].info.run_id
    client.delete_run(gone)
    count = lambda view: len(client.search_runs([experiment], run_view_type=view))  # noqa: E731
    equal([count(ViewType.ACTIVE_ONLY), count(ViewType.DELETED_ONLY), count(ViewType.ALL)], [3, 1, 4])
    equal(len(mlflow.search_runs(search_all_experiments=True, filter_string=f"attributes.run_id IN ('{gone}')", run_view_type=ViewType.ALL)), 1)


@check
def experiments_page_by_page(place):
    client = place.client()
    names = [f"{place.name}-{i:02d}" for i in range(12)]
    for i, name in enumerate(names):
        client.create_experiment(name, tags={"parity": str(i % 2)})
    wanted = f"name LIKE '{place.name}%'"
    first = client.search_experiments(max_results=5, filter_string=wanted, order_by=["name DESC"])
    second = client.search_experiments(max_results=5, filter_string=wanted, order_by=["name DESC"], page_token=first.token)
    equal([e.name for e in first] + [e.name for e in second], names[:1:-1])
    equal(len(mlflow.search_experiments(filter_string=f"{wanted} AND tags.parity = '1'")), 6)
    client.delete_experiment(client.get_experiment_by_name(names[0]).experiment_id)
    equal([e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY, filter_string=wanted)], [names[0]])


@check
def filters_that_are_wrong(place):
    experiment = place.experiment()
    for wrong in ["metrics.loss >", "bogus.x = 'y'", "params.a = 3", "lifecycle_stage = 'active'"]:
        with refused("INVALID_PARAMETER_VALUE", 400):
            place.client().search_runs([experiment], filter_string=wrong)


@check
def filters_beyond_mlflow(place):
    experiment, client = _runs(place, 6)
    found = client.search_runs([experiment], filter_string="(params.fold = '1' OR metrics.loss >= 5) AND NOT tags.kind = 'even'", order_by=["metrics.loss"])
    equal([r.data.metrics["loss"] for r in found], [1.0, 5.0])
    found = client.search_runs([experiment], filter_string="params.fold IN ('0', '2')", order_by=["metrics.loss"])
    equal([r.data.metrics["loss"] for r in found], [0.0, 2.0, 3.0, 5.0])
    equal(len(client.search_runs([experiment], filter_string=" AND ".join(["metrics.loss >= 0"] * 150))), 6)
