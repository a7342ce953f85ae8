"""Writes a team's history through the real client into an MLflow server: what importMlflow is to bring over.

    python write_history.py http://127.0.0.1:5000 [--small]

`--small` leaves out what needs scikit-learn, for the database that is committed beside the unit test.
"""
import os
import sys
import tempfile

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

SMALL = "--small" in sys.argv


def artifacts(client, owner):
    with tempfile.TemporaryDirectory() as directory:
        os.makedirs(f"{directory}/sub")
        # MLflow's own server cannot send a file of this name back: its header is ASCII.
        last = "sub/ü.txt" if SMALL else "sub/u.txt"
        for name, data in {"a.txt": b"a" * 10, "sub/b b.bin": bytes(range(256)), last: "ü".encode()}.items():
            with open(f"{directory}/{name}", "wb") as file:
                file.write(data)
        if owner.startswith("m-"):
            client.log_model_artifacts(owner, directory)
        else:
            client.log_artifacts(owner, directory, "all")


def flights(client):
    experiment = mlflow.set_experiment("flights")
    client.set_experiment_tag(experiment.experiment_id, "team", "é")
    with mlflow.start_run(run_name="first", description="the first one") as run:
        mlflow.log_params({"lr": 0.1, "kind": "x", "empty": ""})
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("loss", 1 / (i + 1), 1_700_000_000_000 + i, i) for i in range(50)]
            # Out of order: the latest is by step, then time, then value.
            + [Metric("loss", 9.0, 1_700_000_000_900, 3), Metric("acc", 0.5, 1_700_000_000_000, 0)],
            params=[Param("depth", "3")],
            tags=[RunTag("nested/tag", "v")],
        )
        mlflow.log_metrics({"nan": float("nan"), "inf": float("inf"), "minus": float("-inf"), "tiny": 5e-324})
        mlflow.log_metric("neg", -1.5, step=-2)
        data = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), name="train")
        mlflow.log_input(data, "training")
        mlflow.log_input(data, "eval", tags={"split": "b"})
        artifacts(client, run.info.run_id)
        with mlflow.start_run(nested=True, run_name="child"):
            mlflow.log_metric("loss", 0.25)
        logged = client.create_logged_model(
            experiment.experiment_id, "net", run.info.run_id, tags={"lt": "t"}, params={"w": "1"}, model_type="torch"
        )
        artifacts(client, logged.model_id)
        client.finalize_logged_model(logged.model_id, "READY")
        mlflow.log_metric("quality", 0.75, step=2, model_id=logged.model_id, dataset=data)
        mlflow.log_outputs(models=[mlflow.entities.LoggedModelOutput(logged.model_id, 2)])
    with mlflow.start_run(run_name="failed") as failed:
        pass
    client.set_terminated(failed.info.run_id, "FAILED")
    with mlflow.start_run(run_name="gone") as gone:
        mlflow.log_metric("loss", 3.0)
        artifacts(client, gone.info.run_id)
    client.delete_run(gone.info.run_id)
    return run.info.run_id, logged.model_id


def registered(client, run_id, model_id):
    client.create_registered_model("net", tags={"owner": "ada"}, description="délai")
    for source in [f"runs:/{run_id}/all", f"models:/{model_id}", f"mlflow-artifacts:/1/{run_id}/artifacts/all"]:
        client.create_model_version("net", source, run_id=run_id, tags={"from": source[:4]}, description=source[:9])
    client.create_model_version("net", f"runs:/{run_id}/all", run_id=run_id, run_link="http://tracker/run")
    client.delete_model_version("net", "2")
    client.transition_model_version_stage("net", "1", "Archived")
    client.transition_model_version_stage("net", "3", "Production")
    client.set_registered_model_alias("net", "champion", "3")
    client.set_registered_model_alias("net", "v-next", "4")
    client.create_registered_model("empty")


def removed_experiment(client):
    other = client.create_experiment("abandoned")
    run = client.create_run(other)
    client.log_metric(run.info.run_id, "m", 1.0)
    client.delete_experiment(other)


def sklearn_model():
    from sklearn.linear_model import LogisticRegression

    with mlflow.start_run(run_name="sklearn"):
        model = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
        mlflow.sklearn.log_model(model, name="clf", registered_model_name="clf", input_example=[[1.0]])
    MlflowClient().set_registered_model_alias("clf", "champion", "1")


def main():
    mlflow.set_tracking_uri(sys.argv[1])
    client = MlflowClient()
    run_id, model_id = flights(client)
    registered(client, run_id, model_id)
    removed_experiment(client)
    if not SMALL:
        sklearn_model()
    print("history written")


main()
