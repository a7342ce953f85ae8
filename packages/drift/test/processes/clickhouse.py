"""ClickHouse in a process: reads queries as JSON lines {"sql": ...}, answers {"text": ...} or {"error": ...}."""

import json
import sys

from chdb import session

with session.Session() as engine:
    for line in sys.stdin:
        try:
            answer = {"text": str(engine.query(json.loads(line)["sql"], "JSON"))}
        except Exception as error:  # noqa: BLE001 - whatever the engine says is the answer
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
