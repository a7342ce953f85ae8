"""The real MLflow client against a server of ours: what a Python team does, end to end.

    python client_flow.py http://127.0.0.1:5000

Prints one line per step and ends with `N passed, N failed`.
"""
import base64
import hashlib
import hmac
import json
import math
import os
import sys
import tempfile
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Feedback
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression

STEPS = []


def step(function):
    STEPS.append(function)
    return function


class State:
    pass


s = State()
X = np.arange(40, dtype=float).reshape(20, 2)
y = np.array([0, 1] * 10)


@step
def experiment():
    s.experiment = mlflow.set_experiment("interop")
    assert s.experiment.artifact_location.startswith("mlflow-artifacts:/")
    assert MlflowClient().get_experiment("0").name == "Default"


@step
def logging():
    with mlflow.start_run(run_name="first") as run:
        s.run_id = run.info.run_id
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "kind": "x"})
        for i in range(5):
            mlflow.log_metric("loss", 1 / (i + 1), step=i)
        mlflow.log_metrics({"a": 1.5, "nan": float("nan"), "inf": float("inf")})
        mlflow.set_tag("team", "é")
        mlflow.set_tags({"t1": "1", "t2": "2"})
        mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), name="train"), "training")
        with mlflow.start_run(nested=True, run_name="child") as child:
            s.child_id = child.info.run_id
    got = mlflow.get_run(s.run_id)
    assert got.info.status == "FINISHED" and got.info.run_name == "first"
    assert got.data.params == {"lr": "0.1", "depth": "3", "kind": "x"}
    assert got.data.metrics["loss"] == 0.2 and math.isnan(got.data.metrics["nan"])
    assert got.data.metrics["inf"] == float("inf")
    assert got.data.tags["team"] == "é"
    assert got.inputs.dataset_inputs[0].dataset.name == "train"
    history = MlflowClient().get_metric_history(s.run_id, "loss")
    assert [m.step for m in history] == [0, 1, 2, 3, 4]
    assert mlflow.get_run(s.child_id).data.tags["mlflow.parentRunId"] == s.run_id


@step
def artifacts():
    client = MlflowClient()
    with tempfile.TemporaryDirectory() as directory:
        os.makedirs(f"{directory}/sub/deep")
        for name, data in {"a.txt": b"a", "sub/b b.bin": os.urandom(300_000), "sub/deep/ü.txt": b"u"}.items():
            with open(f"{directory}/{name}", "wb") as file:
                file.write(data)
        client.log_artifact(s.run_id, f"{directory}/a.txt")
        client.log_artifacts(s.run_id, directory, "all")
        client.log_dict(s.run_id, {"k": 1}, "d.json")
        assert {f.path for f in client.list_artifacts(s.run_id)} == {"a.txt", "all", "d.json"}
        assert {f.path for f in client.list_artifacts(s.run_id, "all")} == {"all/a.txt", "all/sub"}
        local = mlflow.artifacts.download_artifacts(run_id=s.run_id, artifact_path="all")
        for name in ["a.txt", "sub/b b.bin", "sub/deep/ü.txt"]:
            with open(f"{directory}/{name}", "rb") as one, open(f"{local}/{name}", "rb") as two:
                assert one.read() == two.read(), name
    assert mlflow.artifacts.load_dict(f"runs:/{s.run_id}/d.json") == {"k": 1}
    with mlflow.start_run(run_id=s.run_id):
        mlflow.log_image(np.zeros((4, 4, 3), dtype=np.uint8), key="dog", step=1)
        # Images are sent by a thread of the client.
        mlflow.flush_artifact_async_logging()
    assert len(client.list_artifacts(s.run_id, "images")) == 2


@step
def registered_model():
    with mlflow.start_run():
        mlflow.log_metric("acc", 0.9)
        mlflow.log_metric("bad", float("nan"))
        model = LogisticRegression().fit(X, y)
        info = mlflow.sklearn.log_model(model, name="clf", registered_model_name="m", input_example=X[:2])
    s.model_id = info.model_id
    client = MlflowClient()
    logged = mlflow.get_logged_model(info.model_id)
    assert str(logged.status) in ("READY", "LoggedModelStatus.READY"), logged.status
    assert json.loads(logged.tags["mlflow.modelVersions"]) == [{"name": "m", "version": 1}]
    client.set_registered_model_alias("m", "champion", 1)
    assert list(mlflow.sklearn.load_model("models:/m@champion").predict(X)) == list(model.predict(X))
    assert mlflow.pyfunc.load_model("models:/m/1").metadata.model_id == info.model_id
    assert client.get_model_version_by_alias("m", "champion").version == "1"
    assert client.get_registered_model("m").aliases == {"champion": "1"}
    assert client.search_model_versions("name='m'")[0].aliases == ["champion"]


@step
def stages():
    client = MlflowClient()
    client.create_model_version("m", f"models:/{s.model_id}", model_id=s.model_id)
    client.transition_model_version_stage("m", "1", "Production")
    client.transition_model_version_stage("m", "2", "Production", archive_existing_versions=True)
    assert client.get_model_version("m", "1").current_stage == "Archived"
    assert client.get_latest_versions("m", ["Production"])[0].version == "2"
    assert mlflow.sklearn.load_model("models:/m/Production") is not None
    client.set_model_version_tag("m", "2", "k", "v")
    client.update_model_version("m", "2", description="two")
    assert client.get_model_version("m", "2").tags == {"k": "v"}


@step
def searching():
    runs = mlflow.search_runs(
        experiment_names=["interop"], filter_string="metrics.loss < 0.5 and params.lr = '0.1'", order_by=["metrics.loss DESC"]
    )
    assert list(runs["run_id"]) == [s.run_id]
    assert len(mlflow.search_runs(experiment_names=["interop"], filter_string="tags.team LIKE 'é%'")) == 1
    assert len(mlflow.search_runs(experiment_names=["interop"], filter_string="datasets.name = 'train'")) == 1
    assert [m.name for m in mlflow.search_registered_models(filter_string="name LIKE 'm%'")] == ["m"]
    assert mlflow.search_logged_models(experiment_ids=[s.experiment.experiment_id], output_format="list")[0].model_id == s.model_id
    try:
        mlflow.search_runs(experiment_names=["interop"], filter_string="metrics.loss OR 1")
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE"
    else:
        raise AssertionError("a bad filter was accepted")


@step
def autolog():
    mlflow.sklearn.autolog()
    with mlflow.start_run() as run:
        LogisticRegression(C=0.5).fit(X, y)
    mlflow.sklearn.autolog(disable=True)
    data = mlflow.get_run(run.info.run_id).data
    assert data.params["C"] == "0.5" and "training_accuracy_score" in data.metrics


@step
def evaluation_datasets():
    client = MlflowClient()
    experiment = s.experiment.experiment_id
    dataset = client.create_dataset(name="qa", experiment_id=[experiment], tags={"team": "search"})
    records = [
        {"inputs": {"question": f"what is {i}?"}, "expectations": {"answer": i}} for i in range(30)
    ]
    dataset.merge_records(records)
    dataset.merge_records([{"inputs": {"question": "what is 3?"}, "expectations": {"tone": "dry"}}])
    kept = client.get_dataset(dataset.dataset_id)
    assert kept.experiment_ids == [experiment] and len(kept.records) == 30
    merged = [r for r in kept.records if r.inputs == {"question": "what is 3?"}]
    assert [r.expectations for r in merged] == [{"answer": 3, "tone": "dry"}]
    found = client.search_datasets(
        experiment_ids=[experiment], filter_string="tags.team = 'search'"
    )
    assert [d.dataset_id for d in found] == [dataset.dataset_id]
    client.delete_dataset(dataset.dataset_id)
    assert not list(client.search_datasets(experiment_ids=[experiment]))


@step
def traces():
    client = MlflowClient()
    experiment = s.experiment.experiment_id

    @mlflow.trace(span_type="TOOL")
    def inner(number):
        return {"twice": number * 2}

    @mlflow.trace(attributes={"team": "é"})
    def outer(number):
        mlflow.update_current_trace(tags={"env": "prod"}, metadata={"mlflow.trace.session": "s1"})
        return inner(number)["twice"] + 1

    with mlflow.start_run(run_id=s.run_id):
        assert outer(20) == 41
    trace_id = mlflow.get_last_active_trace_id()
    with mlflow.start_span(name="failing") as span:
        span.set_status("ERROR")
    trace = mlflow.get_trace(trace_id)
    assert trace.info.experiment_id == experiment and trace.info.state == "OK"
    assert trace.info.execution_duration is not None and trace.info.request_preview == '{"number": 20}'
    spans = {one.name: one for one in trace.data.spans}
    assert set(spans) == {"outer", "inner"} and spans["inner"].parent_id == spans["outer"].span_id
    assert spans["inner"].span_type == "TOOL" and spans["inner"].outputs == {"twice": 40}
    assert spans["outer"].inputs == {"number": 20} and spans["outer"].attributes["team"] == "é"

    def found(filter_string, **options):
        request = {"locations": [experiment], "filter_string": filter_string, **options}
        return [one.info.trace_id for one in client.search_traces(**request)]

    assert found("status = 'OK' and tags.env = 'prod'") == [trace_id]
    assert found("metadata.mlflow.trace.session = 's1' and name = 'outer'") == [trace_id]
    assert found("status = 'ERROR'") == [span.trace_id]
    assert found(None, order_by=["timestamp ASC"]) == [trace_id, span.trace_id]
    assert found(None, run_id=s.run_id) == [trace_id]
    first = client.search_traces(locations=[experiment], max_results=1)
    rest = client.search_traces(locations=[experiment], page_token=first.token)
    assert [one.info.trace_id for one in [*first, *rest]] == [span.trace_id, trace_id]
    assert list(mlflow.search_traces(locations=[experiment])["trace_id"]) == [span.trace_id, trace_id]

    human = AssessmentSource(source_type="HUMAN", source_id="ada")
    good = mlflow.log_feedback(
        trace_id=trace_id, name="good", value=True, rationale="right", source=human, metadata={"k": "v"}
    )
    wanted = {"answer": [41, None]}
    mlflow.log_expectation(trace_id=trace_id, name="wanted", value=wanted, source=human)
    mlflow.log_feedback(trace_id=trace_id, name="judge", error=ValueError("no answer"))
    kept = {one.name: one for one in client.get_trace(trace_id).info.assessments}
    assert kept["good"].value is True and kept["good"].source.source_id == "ada"
    assert kept["wanted"].value == wanted
    assert kept["judge"].error.error_code == "ValueError" and kept["judge"].value is None
    assert found("feedback.good = 'true'") == [trace_id]
    better = mlflow.override_feedback(
        trace_id=trace_id, assessment_id=good.assessment_id, value=False, rationale="wrong", source=human
    )
    assert better.overrides == good.assessment_id and better.valid
    assert not mlflow.get_assessment(trace_id, good.assessment_id).valid
    assert found("feedback.good = 'true'") == []
    mlflow.delete_assessment(trace_id=trace_id, assessment_id=better.assessment_id)
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid
    mlflow.update_assessment(
        trace_id, good.assessment_id, Feedback(name="good", value=False, rationale="wrong", source=human)
    )
    updated = mlflow.get_assessment(trace_id, good.assessment_id)
    assert updated.value is False and updated.rationale == "wrong" and updated.metadata == {"k": "v"}

    mlflow.set_trace_tag(trace_id, "seen", "yes")
    assert client.get_trace(trace_id).info.tags["seen"] == "yes"
    mlflow.delete_trace_tag(trace_id, "seen")
    assert "seen" not in client.get_trace(trace_id).info.tags
    client.link_traces_to_run([span.trace_id], s.child_id)
    assert found(None, run_id=s.child_id) == [span.trace_id]
    try:
        found("span.name = 'inner'")
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE"
    else:
        raise AssertionError("a filter by spans was accepted")
    assert client.delete_traces(experiment, trace_ids=[span.trace_id]) == 1
    assert found(None) == [trace_id]


@step
def webhooks():
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), body.decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = MlflowClient()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    hook = client.create_webhook(
        "flow", url, ["model_version_alias.created", "model_version_tag.set"], secret="my_secret"
    )
    assert hook.secret is None and client.get_webhook(hook.webhook_id).url == url
    result = client.test_webhook(hook.webhook_id)
    assert result.success and result.response_status == 200, result.error_message
    received.clear()
    client.set_registered_model_alias("m", "hooked", 2)
    client.set_model_version_tag("m", "2", "seen", "yes")
    deadline = time.time() + 20
    while len(received) < 2 and time.time() < deadline:
        time.sleep(0.05)
    events = {}
    for headers, body in received:
        content = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body}"
        signature = hmac.new(b"my_secret", content.encode(), hashlib.sha256).digest()
        assert headers["X-MLflow-Signature"] == "v1," + base64.b64encode(signature).decode()
        told = json.loads(body)
        events[told["entity"], told["action"]] = told["data"]
    assert events == {
        ("model_version_alias", "created"): {"name": "m", "alias": "hooked", "version": "2"},
        ("model_version_tag", "set"): {"name": "m", "version": "2", "key": "seen", "value": "yes"},
    }, events
    assert [one.name for one in client.list_webhooks()] == ["flow"]
    assert str(client.update_webhook(hook.webhook_id, status="DISABLED").status) == "DISABLED"
    try:
        client.create_webhook("inside", "https://169.254.169.254/", ["model_version.created"])
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE"
    else:
        raise AssertionError("an address of the own network was accepted")
    client.delete_webhook(hook.webhook_id)
    assert list(client.list_webhooks()) == []
    client.delete_registered_model_alias("m", "hooked")
    server.shutdown()


@step
def deletion():
    client = MlflowClient()
    client.delete_registered_model_alias("m", "champion")
    client.rename_registered_model("m", "m2")
    client.delete_model_version("m2", "1")
    client.delete_registered_model("m2")
    client.delete_run(s.run_id)
    assert client.get_run(s.run_id).info.lifecycle_stage == "deleted"
    client.restore_run(s.run_id)
    client.delete_experiment(s.experiment.experiment_id)
    client.restore_experiment(s.experiment.experiment_id)


def main():
    mlflow.set_tracking_uri(sys.argv[1])
    passed = failed = 0
    for function in STEPS:
        try:
            function()
            passed += 1
            print(f"ok   {function.__name__}")
        except Exception:
            failed += 1
            print(f"FAIL {function.__name__}")
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
