"""What the real client reads from two servers: MLflow's own, and ours after importMlflow.

    python compare_history.py dump http://127.0.0.1:5000 one.json
    python compare_history.py diff one.json two.json
"""
import hashlib
import json
import os
import sys
import tempfile

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"

import mlflow
from mlflow import MlflowClient
from mlflow.entities import ViewType

LARGEST = sys.float_info.max


def number(value):
    # MLflow reads infinities back as the largest doubles.
    return repr(float("inf") if value >= LARGEST else float("-inf") if value <= -LARGEST else value)


def files(uri):
    with tempfile.TemporaryDirectory() as directory:
        try:
            top = mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=directory)
        except Exception as error:
            return f"no files: {type(error).__name__}"
        found = {}
        for root, _, names in os.walk(top):
            for name in names:
                path = os.path.join(root, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = hashlib.sha256(file.read()).hexdigest()
        return found


def run_of(client, run):
    info = run.info
    keys = sorted(run.data.metrics)
    return {
        "info": [info.run_name, info.status, info.lifecycle_stage, info.user_id, info.start_time, info.end_time, info.artifact_uri],
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {key: number(run.data.metrics[key]) for key in keys},
        "history": {
            key: sorted([m.step, m.timestamp, number(m.value)] for m in client.get_metric_history(info.run_id, key)) for key in keys
        },
        "inputs": [
            [d.dataset.name, d.dataset.digest, d.dataset.source_type, d.dataset.source, d.dataset.schema, d.dataset.profile, {t.key: t.value for t in d.tags}]
            for d in run.inputs.dataset_inputs
        ],
        "outputs": [[m.model_id, m.step] for m in run.outputs.model_outputs],
        "files": files(info.artifact_uri) if info.lifecycle_stage == "active" else None,
    }


def version_of(client, version):
    return {
        "at": [version.creation_timestamp, version.last_updated_timestamp],
        "stage": version.current_stage,
        "source": version.source,
        "run": version.run_id,
        "link": version.run_link or "",
        "description": version.description or "",
        "tags": version.tags,
        "download": client.get_model_version_download_uri(version.name, version.version),
    }


def dump():
    client = MlflowClient()
    experiments = client.search_experiments(view_type=ViewType.ALL)
    ids = [experiment.experiment_id for experiment in experiments]
    runs = client.search_runs(ids, run_view_type=ViewType.ALL)
    models = client.search_logged_models(ids)
    return {
        "experiments": {
            e.experiment_id: [e.name, e.artifact_location, e.lifecycle_stage, e.tags, e.creation_time, e.last_update_time] for e in experiments
        },
        "runs": {run.info.run_id: run_of(client, run) for run in runs},
        "logged": {
            m.model_id: [m.name, str(m.status), m.model_type or "", m.source_run_id, m.params, m.tags, m.artifact_location, m.creation_timestamp, files(m.artifact_location)]
            + sorted([x.key, number(x.value), x.step, x.timestamp, x.run_id, x.dataset_name or ""] for x in m.metrics)
            for m in models
        },
        "models": {
            m.name: [m.description or "", m.tags, m.aliases, m.creation_timestamp] for m in client.search_registered_models(filter_string="")
        },
        "versions": {f"{v.name}/{v.version}": version_of(client, v) for v in client.search_model_versions()},
        "loaded": list(mlflow.sklearn.load_model("models:/clf@champion").predict([[0.0], [3.0]]).tolist()),
    }


def differences(one, two, path=""):
    if isinstance(one, dict) and isinstance(two, dict):
        return [d for key in sorted({*one, *two}) for d in differences(one.get(key), two.get(key), f"{path}/{key}")]
    return [] if one == two else [f"{path}: {one!r} != {two!r}"]


if sys.argv[1] == "dump":
    mlflow.set_tracking_uri(sys.argv[2])
    with open(sys.argv[3], "w") as file:
        json.dump(dump(), file)
else:
    with open(sys.argv[2]) as one, open(sys.argv[3]) as two:
        found = differences(json.load(one), json.load(two))
    print("\n".join(found))
    print(f"{len(found)} differences")
    sys.exit(1 if found else 0)
