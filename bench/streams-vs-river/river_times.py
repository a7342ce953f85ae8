"""Times river's drift detectors on the streams written by bench.ts; prints JSON {detector: [seconds, drifts]}.

Pinned in bench/requirements.txt.
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from river import drift
from river.drift import binary

numbers = np.fromfile(sys.argv[1]).tolist()
errors = [int(x) for x in np.fromfile(sys.argv[2])]
repeats, short = int(sys.argv[3]), int(sys.argv[4])

TASKS = {
    "ADWIN": (drift.ADWIN, numbers),
    "Page-Hinkley": (drift.PageHinkley, numbers),
    "DDM": (binary.DDM, errors),
    "EDDM": (binary.EDDM, errors),
    "HDDM-A": (binary.HDDMA, errors),
    "HDDM-W": (binary.HDDMW, errors),
    "FHDDM": (binary.FHDDM, errors),
    "KSWIN": (lambda: drift.KSWIN(alpha=1e-4, seed=1), numbers[:short]),
}

out = {}
for name, (make, values) in TASKS.items():
    best = float("inf")
    began = time.perf_counter()
    # The slow ones are not repeated for minutes.
    for repeat in range(repeats):
        if repeat > 0 and time.perf_counter() - began > 10:
            break
        detector = make()
        update = detector.update
        start = time.perf_counter()
        for x in values:
            update(x)
        best = min(best, time.perf_counter() - start)
    # Counted apart, so that looking at the flag costs the peer nothing.
    detector, drifts = make(), 0
    for x in values:
        detector.update(x)
        drifts += detector.drift_detected
    out[name] = [best, drifts]
print(json.dumps({"version": f"river {version('river')}", "tasks": out}))
