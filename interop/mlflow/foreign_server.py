"""Pytest plugin (-p foreign_server): MLflow's own tests, against another server.

MLflow's fixtures prepare a database with `initialize_backend_stores` and start MLflow's app in a
thread. Both names are replaced before any test is collected: the first only remembers where files
go, the second starts the command of FOREIGN_MLFLOW_SERVER with a fresh database and gives its URL.
"""
import os
import shlex
import subprocess
import tempfile
import time
import urllib.request

import mlflow
import mlflow.server.handlers as handlers

_wanted = {"root": "mlflow-artifacts:/"}


def initialize_backend_stores(
    backend_store_uri=None, registry_store_uri=None, default_artifact_root=None, **_
):
    _wanted["root"] = default_artifact_root or "mlflow-artifacts:/"


handlers.initialize_backend_stores = initialize_backend_stores


class ServerThread:
    def __init__(self, app, port):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        command = [
            *shlex.split(os.environ["FOREIGN_MLFLOW_SERVER"]),
            "--port", str(self.port),
            "--db", f"sqlite:{self.directory.name}/test.db",
            "--default-artifact-root", _wanted["root"],
            "--artifacts-destination", f"{self.directory.name}/artifacts",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.time() + 20
        while time.time() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=1) as response:
                    if response.status == 200:
                        # The command line client of the tests takes it from here.
                        mlflow.set_tracking_uri(self.url)
                        return self.url
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("the foreign server did not become ready")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.directory.cleanup()
        return None


def pytest_sessionstart(session):
    import tests.tracking.integration_test_utils as utils

    utils.ServerThread = ServerThread


def pytest_collection_modifyitems(items):
    # The two variants differ in MLflow's own storage, which is not used here.
    items[:] = [item for item in items if "[file" not in item.nodeid]
