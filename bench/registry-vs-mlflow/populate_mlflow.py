"""Puts runs into an MLflow database, past its server, which would take minutes.

    python populate_mlflow.py URI EXPERIMENT_ID RUNS METRICS PARAMS
"""
import sys
import time
import uuid

from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric, SqlParam, SqlRun, SqlTag
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

uri, experiment, runs, metrics, params = sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:6])
now = int(time.time() * 1000)

with Session(create_engine(uri)) as session:
    for start in range(0, runs, 1000):
        ids = [uuid.uuid4().hex for _ in range(start, min(runs, start + 1000))]
        session.bulk_insert_mappings(
            SqlRun,
            [
                dict(
                    run_uuid=id, name=f"run-{start + i}", experiment_id=experiment, user_id="bench", status="FINISHED",
                    source_type="LOCAL", source_name="", entry_point_name="", start_time=now + start + i,
                    lifecycle_stage="active", artifact_uri=f"mlflow-artifacts:/{experiment}/{id}/artifacts",
                )
                for i, id in enumerate(ids)
            ],
        )
        rows = [
            dict(run_uuid=id, key=f"m{k}", value=(start + i) * (7919 + 1226 * k) % 1000003, timestamp=now, step=0, is_nan=False)
            for i, id in enumerate(ids)
            for k in range(metrics)
        ]
        session.bulk_insert_mappings(SqlMetric, rows)
        session.bulk_insert_mappings(SqlLatestMetric, rows)
        session.bulk_insert_mappings(
            SqlParam,
            [dict(run_uuid=id, key=f"p{k}", value=f"v{(start + i + k) % 10}") for i, id in enumerate(ids) for k in range(params)],
        )
        session.bulk_insert_mappings(
            SqlTag, [dict(run_uuid=id, key="mlflow.runName", value=f"run-{start + i}") for i, id in enumerate(ids)]
        )
    session.commit()

# As ours: what PostgreSQL would do by itself within a minute.
if uri.startswith("postgresql"):
    with create_engine(uri, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("vacuum (analyze)"))
