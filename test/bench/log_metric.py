"""Logs one metric N times with the fluent API, after a few that are not measured; prints calls per second."""

import sys
import time

import mlflow

calls = int(sys.argv[1])
with mlflow.start_run():
    for step in range(20):
        mlflow.log_metric("warm-up", step, step=step)
    started = time.perf_counter()
    for step in range(calls):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    print(calls / (time.perf_counter() - started))
