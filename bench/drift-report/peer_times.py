"""Times Evidently's and NannyML's dataset drift on the tables that bench.ts wrote, with their defaults.

    python peer_times.py FOLDER ROWS NUMERIC CATEGORICAL REPEATS -> JSON on stdout
"""
import contextlib
import io
import json
import logging
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

folder, rows, numeric, categorical, repeats = sys.argv[1], *map(int, sys.argv[2:6])


def table(side):
    columns = {}
    for c in range(numeric):
        columns[f"n{c}"] = np.fromfile(f"{folder}/{side}-n{c}.f64", dtype=np.float64)
    for c in range(categorical):
        codes = np.fromfile(f"{folder}/{side}-c{c}.u8", dtype=np.uint8)
        columns[f"c{c}"] = np.char.add("k", codes.astype(str)).astype(object)
    return pd.DataFrame(columns)


reference, current = table("reference"), table("current")
for frame in (reference, current):
    for c in range(categorical):
        frame[f"c{c}"] = frame[f"c{c}"].astype("object")
numbers = [f"n{c}" for c in range(numeric)]
categories = [f"c{c}" for c in range(categorical)]


def evidently():
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    before = Dataset.from_pandas(reference, data_definition=definition)
    after = Dataset.from_pandas(current, data_definition=definition)
    return Report([DataDriftPreset()]).run(after, before).dict()


def nannyml():
    import nannyml as nml

    calculator = nml.UnivariateDriftCalculator(column_names=numbers + categories, treat_as_categorical=categories)
    calculator.fit(reference)
    return calculator.calculate(current).to_df()


def best(task):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            task()
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


from importlib.metadata import version

print(
    json.dumps(
        {
            "Evidently": {"version": version("evidently"), "ms": best(evidently)},
            "NannyML": {"version": version("nannyml"), "ms": best(nannyml)},
        }
    )
)
