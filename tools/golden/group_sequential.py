"""Golden values of group-sequential bounds for @mlops/abtest: Spotify confidence's solver, and scipy's multivariate normal.

python3.11 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==1.26.4 scipy==1.11.4 pandas==2.1.4
/tmp/golden/bin/pip install --no-deps spotify-confidence==4.1.0
/tmp/golden/bin/python tools/golden/group_sequential.py
"""
import importlib.util
import json
import site
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import multivariate_normal

OUT = Path(__file__).parents[2] / "packages/abtest/src/sequential/__golden__/group-sequential.json"
# The package's __init__ pulls in its charts; the solver needs none of them.
path = Path(site.getsitepackages()[0]) / "spotify_confidence/analysis/frequentist/sequential_bound_solver.py"
spec = importlib.util.spec_from_file_location("sequential_bound_solver", path)
solver = importlib.util.module_from_spec(spec)
spec.loader.exec_module(solver)

TIMES = [[0.5, 1.0], [0.2, 0.4, 0.6, 0.8, 1.0], [0.1, 0.35, 0.9, 1.0], [i / 14 for i in range(1, 15)]]


def kim_demets():
    for t in TIMES:
        for rho in (1, 2, 3):
            for alpha in (0.025, 0.05):
                found = solver.bounds(np.array(t), alpha, rho=rho, ztrun=8, sides=1)
                z = [float(v) for v in found.bounds]
                yield {"t": t, "rho": rho, "alpha": alpha, "z": z}


def within():
    """P(lower < Z_k < upper for all k): a rectangle of the multivariate normal."""
    cases = [
        ([0.5, 1.0], [2.8, 1.98], [-2.8, -1.98], 0.0),
        ([0.5, 1.0], [2.8, 1.98], [-0.5, 1.0], 2.5),
        ([0.2, 0.6, 1.0], [3.5, 2.4, 2.0], [-1.0, 0.2, 1.1], 3.0),
        ([0.1, 0.2, 0.7, 1.0], [2.3, 2.3, 2.3, 2.3], [-2.3, -2.3, -2.3, -2.3], -1.0),
    ]
    for t, upper, lower, drift in cases:
        root = np.sqrt(t)
        cov = np.minimum.outer(t, t) / np.outer(root, root)
        p = multivariate_normal.cdf(
            upper, mean=drift * root, cov=cov, lower_limit=lower, maxpts=4_000_000, abseps=1e-9, releps=1e-9
        )
        yield {"t": t, "upper": upper, "lower": lower, "drift": drift, "within": float(p)}


OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps({
    "tool": f"spotify-confidence 4.1.0 (kimDeMets), scipy {scipy.__version__} multivariate_normal (within)",
    "seed": None,
    "kimDeMetsTolerance": 5e-4,
    "withinTolerance": 2e-6,
    "kimDeMets": list(kim_demets()),
    "within": list(within()),
}, indent=1) + "\n")
