"""Times scipy and numpy on the samples written by bench.ts; prints JSON {task: [milliseconds, value]}.

Pinned in bench/requirements.txt.
"""

import json
import sys
import time

import numpy as np
import scipy
from scipy import stats

x = np.fromfile(sys.argv[1])
y = np.fromfile(sys.argv[2])
repeats = int(sys.argv[3])


def psi():
    edges = np.quantile(x, np.arange(1, 10) / 10)
    inner = np.concatenate(([-np.inf], edges, [np.inf]))
    r = np.histogram(x, inner)[0] / len(x)
    c = np.histogram(y, inner)[0] / len(y)
    r, c = np.maximum(r, 1e-4), np.maximum(c, 1e-4)
    return float(np.sum((c - r) * np.log(c / r)))


TASKS = {
    "KS test with p-value": lambda: stats.ks_2samp(x, y).statistic,
    "Mann-Whitney with p-value": lambda: stats.mannwhitneyu(x, y).statistic,
    "Welch t with p-value": lambda: stats.ttest_ind(x, y, equal_var=False).statistic,
    "PSI, deciles of the reference": psi,
    "Wasserstein-1": lambda: stats.wasserstein_distance(x, y),
    "deciles": lambda: np.quantile(x, np.arange(1, 10) / 10)[4],
}

out = {}
for name, task in TASKS.items():
    value, best = task(), float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        best = min(best, time.perf_counter() - start)
    out[name] = [best * 1000, float(value)]
print(json.dumps({"version": f"scipy {scipy.__version__}, numpy {np.__version__}", "tasks": out}))
