"""Times group-sequential bounds by recursive integration in numpy and scipy; prints JSON {looks: [seconds, last z]}.

300 Gauss-Legendre nodes a look and Brent's method for each bound. Pinned in bench/requirements.txt.
"""

import json
import sys
import time

import numpy as np
import scipy
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import norm

NODES, WEIGHTS = np.polynomial.legendre.leggauss(300)


def bounds(looks, alpha):
    t = np.arange(1, looks + 1) / looks
    spent = alpha * t**2
    z = [norm.isf(spent[0])]
    score, mass = np.zeros(1), np.ones(1)
    for k in range(1, looks):
        step = t[k - 1] - (t[k - 2] if k > 1 else 0)
        low, high = -9 * np.sqrt(t[k - 1]), z[-1] * np.sqrt(t[k - 1])
        nodes = low + (NODES + 1) * (high - low) / 2
        weights = WEIGHTS * (high - low) / 2
        kernel = np.exp(-0.5 * (nodes[:, None] - score[None, :]) ** 2 / step) / np.sqrt(2 * np.pi * step)
        score, mass = nodes, weights * (kernel @ mass)
        sd = np.sqrt(t[k] - t[k - 1])
        root = np.sqrt(t[k])
        left = spent[k] - spent[k - 1]
        z.append(brentq(lambda b: mass @ ndtr((score - b * root) / sd) - left, 0, 9, xtol=1e-12))
    return z


out = {}
for looks in (int(arg) for arg in sys.argv[2:]):
    best = float("inf")
    for _ in range(int(sys.argv[1])):
        start = time.process_time()
        z = bounds(looks, 0.025)
        best = min(best, time.process_time() - start)
    out[str(looks)] = [best, z[-1]]
print(json.dumps({"version": f"numpy {np.__version__}, scipy {scipy.__version__}", "looks": out}))
