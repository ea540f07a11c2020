"""Many processes log at once, and nothing is lost."""
import json
import os
import subprocess
import sys

import mlflow
from runner import check, equal

WRITER = """
import mlflow, sys
mlflow.set_experiment(sys.argv[1])
number = int(sys.argv[2])
with mlflow.start_run(run_name=f"writer-{number}") as run:
    for step in range(100):
        mlflow.log_metric("m", number * 1000 + step, step=step)
    mlflow.log_params({f"p{i}": number for i in range(20)})
    mlflow.log_text(str(number) * 10_000, f"out-{number}.txt")
    client = mlflow.MlflowClient()
    for step in range(50):
        client.log_metric(sys.argv[3], f"shared-{number}", step, step=step)
        client.log_metric(sys.argv[3], "together", number, step=step)
"""


@check
def eight_processes_at_once(place):
    experiment = place.experiment()
    client = place.client()
    shared = client.create_run(experiment, run_name="shared").info.run_id
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, place.name, str(n), shared], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for n in range(8)]
    for n, writer in enumerate(writers):
        _, errors = writer.communicate(timeout=240)
        equal(writer.returncode, 0, f"writer {n}: {errors[-2000:]}")
    runs = [r for r in client.search_runs([experiment]) if r.info.run_name.startswith("writer-")]
    equal(len(runs), 8)
    for run in runs:
        n = int(run.info.run_name.removeprefix("writer-"))
        equal([(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "m")], [(s, n * 1000.0 + s) for s in range(100)])
        equal(run.data.params, {f"p{i}": str(n) for i in range(20)})
        equal(mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/out-{n}.txt"), str(n) * 10_000)
        equal(run.info.status, "FINISHED")
    for n in range(8):
        equal([m.value for m in client.get_metric_history(shared, f"shared-{n}")], [float(s) for s in range(50)])
    equal(len(client.get_metric_history(shared, "together")), 400)


CREATOR = """
import mlflow, sys, json
client = mlflow.MlflowClient()
made = mlflow.set_experiment(sys.argv[1]).experiment_id
versions = [client.create_model_version(sys.argv[1], f"s3://bucket/{sys.argv[2]}/{i}").version for i in range(5)]
print(json.dumps([made, versions]))
"""


@check
def one_name_made_by_many(place):
    place.client().create_registered_model(place.name)
    env = dict(os.environ)
    makers = [subprocess.Popen([sys.executable, "-c", CREATOR, place.name, str(n)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) for n in range(4)]
    outcomes = []
    for maker in makers:
        out, errors = maker.communicate(timeout=180)
        equal(maker.returncode, 0, errors[-2000:])
        outcomes.append(json.loads(out.strip().splitlines()[-1]))
    equal(len({experiment for experiment, _ in outcomes}), 1, "one experiment for all")
    equal(sorted(int(v) for _, versions in outcomes for v in versions), list(range(1, 21)), "version numbers")
