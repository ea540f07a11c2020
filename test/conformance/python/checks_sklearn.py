"""Scikit-learn: autologging, a model logged and loaded, a parameter search."""
import mlflow
import numpy
from runner import check, equal


def _data():
    generator = numpy.random.default_rng(1)
    x = generator.normal(size=(60, 3))
    return x, (x[:, 0] + x[:, 1] > 0).astype(int)


@check
def sklearn_autolog(place):
    from sklearn.linear_model import LogisticRegression

    experiment = place.experiment()
    x, y = _data()
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as run:
            model = LogisticRegression(C=0.5).fit(x, y)
            model.score(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    got = mlflow.get_run(run.info.run_id)
    equal(got.data.params["C"], "0.5")
    assert {"training_accuracy_score", "training_f1_score", "LogisticRegression_score_X"} & set(got.data.metrics), got.data.metrics
    equal(got.data.tags["estimator_name"], "LogisticRegression")
    assert got.inputs.dataset_inputs, "the training data"
    assert got.outputs.model_outputs, "the model"
    files = {f.path for f in place.client().list_artifacts(run.info.run_id)}
    assert "training_confusion_matrix.png" in files, files
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    equal(loaded.predict(x).tolist(), model.predict(x).tolist())
    equal(len(mlflow.search_logged_models([experiment], output_format="list")), 1)


@check
def sklearn_grid_search(place):
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    experiment = place.experiment()
    x, y = _data()
    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run() as run:
            GridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=2).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    children = mlflow.search_runs([experiment], filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'")
    equal(sorted(float(a) for a in children["params.alpha"]), [0.1, 1.0, 10.0])
    assert "best_cv_score" in mlflow.get_run(run.info.run_id).data.metrics


@check
def sklearn_model_registered(place):
    from sklearn.linear_model import LogisticRegression

    place.experiment()
    x, y = _data()
    model = LogisticRegression().fit(x, y)
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, name="classifier", input_example=x[:2], registered_model_name=place.name)
    place.client().set_registered_model_alias(place.name, "best", 1)
    loaded = mlflow.pyfunc.load_model(f"models:/{place.name}@best")
    equal(loaded.predict(x).tolist(), model.predict(x).tolist())
    assert loaded.metadata.signature is not None
