"""scipy's answers to the points of a special-functions file, and their relative errors.

    python scipy_values.py points.json > scipy.json

Pinned in bench/requirements.txt. The points file has the shape
{"points": [[function, args, "decimal text"], ...]}; the output is {"version", "values": [...]},
one value per point in the same order, null where scipy has no such function.
"""

import json
import math
import sys
import warnings

import numpy as np
import scipy
from scipy import stats

warnings.filterwarnings("ignore")

DISTRIBUTIONS = {
    "normal": lambda: stats.norm(),
    "t": stats.t,
    "chi2": stats.chi2,
    "gamma": stats.gamma,
    "beta": stats.beta,
    "f": stats.f,
    "binomial": stats.binom,
    "poisson": stats.poisson,
    "kolm": lambda: stats.kstwobign(),
    "kstwo": stats.kstwo,
}
METHODS = {
    "cdf": "cdf", "sf": "sf", "logCdf": "logcdf", "logSf": "logsf", "pdf": "pdf",
    "logPdf": "logpdf", "pmf": "pmf", "logPmf": "logpmf", "quantile": "ppf", "quantileSf": "isf",
}


def value(function, args):
    distribution, method = function.split(".")
    if distribution == "hypergeometric":
        k, population, successes, draws = args
        return getattr(stats.hypergeom, METHODS[method])(k, population, successes, draws)
    if distribution not in DISTRIBUTIONS or method not in METHODS:
        return None
    x, *shapes = args
    return getattr(DISTRIBUTIONS[distribution](*shapes), METHODS[method])(x)


def main():
    points = json.load(open(sys.argv[1]))["points"]
    values = []
    for function, args, _ in points:
        v = value(function, args)
        v = None if v is None else float(v)
        values.append(v if v is None or math.isfinite(v) else str(v))
    json.dump({"version": scipy.__version__, "numpy": np.__version__, "values": values}, sys.stdout)


main()
